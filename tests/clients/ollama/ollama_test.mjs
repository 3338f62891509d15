#!/usr/bin/env node
// kvorum-test: no-server timeout=120
// The server that stands for Ollama in our tests (lib/model_server.py), under Ollama's own client: what the two agree on is what
// src/llm is tested against.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { Ollama } from "ollama";

import { assert, next, run, test } from "../../lib/kvorum_test.mjs";

const program = fileURLToPath(new URL("../../lib/model_server.py", import.meta.url));
const server = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
const [line] = await next(createInterface({ input: server.stdout }), "line");
const ollama = new Ollama({ host: `http://127.0.0.1:${line.split(" ")[1]}` });
const messages = [{ role: "user", content: "How?" }];

test("embeds texts, in their order", async () => {
  const { embeddings, model } = await ollama.embed({ model: "ok", input: ["one", "three little pigs"], truncate: false });
  assert.equal(model, "ok");
  assert.deepEqual(embeddings.map((vector) => vector[0]), [3, 17]);
  assert.equal((await ollama.embed({ model: "ok", input: "one" })).embeddings.length, 1);
});

test("refuses a text that is too long, unless it may be cut", async () => {
  const input = "x".repeat(20000);
  await assert.rejects(ollama.embed({ model: "ok", input, truncate: false }), /exceeds the context length/);
  await ollama.embed({ model: "ok", input, truncate: true });
});

test("streams an answer", async () => {
  for (const model of ["ok", "byte-by-byte"]) {
    const parts = [];
    for await (const part of await ollama.chat({ model, messages, stream: true, options: { num_ctx: 2048, temperature: 0 } })) {
      parts.push(part);
    }
    assert.equal(parts.map((part) => part.message.content).join(""), "Trees keep their balance by rotätions.");
    assert.equal(parts.at(-1).done, true);
    assert.equal(parts.at(-1).done_reason, "stop");
    assert.equal(parts.at(-1).prompt_eval_count, 11);
  }
});

test("gives an answer in one piece", async () => {
  const answer = await ollama.chat({ model: "ok", messages, stream: false });
  assert.equal(answer.message.content, "Trees keep their balance by rotätions.");
});

test("says what it was asked", async () => {
  const answer = await ollama.chat({ model: "tells", messages, options: { num_ctx: 4096 } });
  assert.deepEqual(JSON.parse(answer.message.content).options, { num_ctx: 4096 });
});

test("shows the context length", async () => {
  const shown = await ollama.show({ model: "ok" });
  assert.equal(shown.model_info["test.context_length"], 4096);
});

test("errors have status and words", async () => {
  await assert.rejects(ollama.chat({ model: "missing", messages }), { status_code: 404, error: /not found, try pulling it first/ });
  await assert.rejects(ollama.embed({ model: "busy-always", input: "x" }), { status_code: 503 });
  await assert.rejects(ollama.chat({ model: "ok", messages: [{ role: "nobody", content: "x" }] }), /no such role/);
});

test("an answer that breaks off is an error", async () => {
  for (const model of ["ends-in-the-middle", "error-in-the-middle", "cuts-in-the-middle"]) {
    const read = async () => {
      for await (const part of await ollama.chat({ model, messages, stream: true })) void part;
    };
    await assert.rejects(read, undefined, model);
  }
});

test("an answer that falls silent can be given up, with what has come", async () => {
  const stream = await ollama.chat({ model: "silent-in-the-middle", messages, stream: true });
  const parts = [];
  const read = async () => {
    for await (const part of stream) {
      parts.push(part.message.content);
      // Nothing more comes, and the connection stays open.
      if (parts.length === 2) setImmediate(() => stream.abort());
    }
  };
  await assert.rejects(read, { name: "AbortError" });
  assert.equal(parts.join(""), "Trees keep ");
});

await run();
