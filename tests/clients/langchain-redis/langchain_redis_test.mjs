#!/usr/bin/env node
// LangChain's vector store on Redis (@langchain/redis), as programs that retrieve documents use it. The embeddings are made up: a few words,
// a dimension each.
import { Document } from "@langchain/core/documents";
import { Embeddings } from "@langchain/core/embeddings";
import { RedisVectorStore } from "@langchain/redis";
import { createClient } from "redis";

import { assert, host, port, run, test } from "../../lib/kvorum_test.mjs";

const WORDS = ["cat", "dog", "car", "train", "soup", "bread", "rain", "sun"];

class WordEmbeddings extends Embeddings {
  constructor() {
    super({});
  }
  async embedQuery(text) {
    const vector = WORDS.map((word) => text.toLowerCase().split(/\W+/).filter((each) => each === word).length + 0.01);
    return vector;
  }
  async embedDocuments(texts) {
    return Promise.all(texts.map((text) => this.embedQuery(text)));
  }
}

const DOCUMENTS = [
  ["A cat and a dog", { kind: "animals", "source-file": "a:1" }],
  ["The train and the car", { kind: "travel", "source-file": "b:2" }],
  ["Soup with bread, bread and bread", { kind: "food", "source-file": "c:3" }],
  ["A dog in the rain", { kind: "animals", "source-file": "d:4" }],
].map(([pageContent, metadata]) => new Document({ pageContent, metadata }));

async function withClient(body) {
  const client = createClient({ socket: { host, port } });
  client.on("error", () => {});
  await client.connect();
  try {
    for (const name of await client.ft._list()) await client.ft.dropIndex(name);
    await client.flushAll();
    await body(client);
  } finally {
    await client.quit();
  }
}

const contents = (documents) => documents.map(({ pageContent }) => pageContent);

for (const ALGORITHM of ["HNSW", "FLAT"]) {
  test(`documents are found by similarity, ${ALGORITHM}`, () =>
    withClient(async (redisClient) => {
      const store = await RedisVectorStore.fromDocuments(DOCUMENTS, new WordEmbeddings(), {
        redisClient,
        indexName: "docs",
        indexOptions: { ALGORITHM, DISTANCE_METRIC: "COSINE" },
      });
      assert.ok(await store.checkIndexExists());
      assert.deepEqual(contents(await store.similaritySearch("dog", 2)).sort(), ["A cat and a dog", "A dog in the rain"]);
      const [[bread, distance]] = await store.similaritySearchWithScore("soup bread bread bread", 1);
      assert.equal(bread.pageContent, "Soup with bread, bread and bread");
      assert.deepEqual(bread.metadata, { kind: "food", "source-file": "c:3" });
      assert.ok(Math.abs(distance) < 1e-5, String(distance));
      assert.equal((await store.similaritySearch("rain", 10)).length, 4);
      // By metadata. The store escapes quotes, colons and dashes in its JSON and in filters, which keeps a name and its value one word.
      const travel = '"kind":"travel"';
      assert.deepEqual(contents(await store.similaritySearch("dog", 3, [travel])), ["The train and the car"]);
      assert.deepEqual(contents(await store.similaritySearch("dog", 3, [travel, '"source-file":"c:3"'])).sort(), ["Soup with bread, bread and bread", "The train and the car"]);
      assert.deepEqual(await store.similaritySearch("dog", 3, ["travel"]), []);
      // More of them, one gone, as a retriever.
      await store.addDocuments([new Document({ pageContent: "sun sun sun", metadata: {} })], { keys: ["doc:docs:mine"] });
      assert.deepEqual(contents(await store.asRetriever(1).invoke("sun")), ["sun sun sun"]);
      await store.delete({ ids: ["mine"] });
      assert.notDeepEqual(contents(await store.asRetriever(1).invoke("sun")), ["sun sun sun"]);
      await store.delete({ deleteAll: true });
      assert.equal(await store.checkIndexExists(), false);
      assert.deepEqual(await redisClient.keys("doc:docs:*"), []);
    }));
}

test("fields of the metadata", () =>
  withClient(async (redisClient) => {
    const store = new RedisVectorStore(new WordEmbeddings(), {
      redisClient,
      indexName: "shop",
      customSchema: { price: { type: "NUMERIC", SORTABLE: true }, kind: { type: "TAG" }, about: { type: "TEXT" } },
    });
    await store.addDocuments([
      new Document({ pageContent: "bread", metadata: { price: 2, kind: "food", about: "baked every morning" } }),
      new Document({ pageContent: "soup bread", metadata: { price: 7, kind: "food", about: "hot" } }),
      new Document({ pageContent: "car", metadata: { price: 9000, kind: "travel", about: "red" } }),
    ]);
    const query = await store.embeddings.embedQuery("bread");
    const find = async (filter) => contents((await store.similaritySearchVectorWithScoreAndMetadata(query, 3, filter)).map(([document]) => document));
    assert.deepEqual(await find({}), ["bread", "soup bread", "car"]);
    assert.deepEqual(await find({ kind: "travel" }), ["car"]);
    assert.deepEqual(await find({ price: { min: 5, max: 100 } }), ["soup bread"]);
    assert.deepEqual(await find({ price: { min: 5 } }), ["soup bread", "car"]);
    assert.deepEqual(await find({ about: "morning" }), ["bread"]);
  }));

await run();
