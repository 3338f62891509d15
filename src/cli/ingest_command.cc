#include "cli/ingest_command.h"

#include <cstdio>
#include <map>

#include "ask/embedders.h"
#include "ask/index_settings.h"
#include "ask/ingester.h"
#include "cli/progress.h"
#include "cli/store.h"

namespace kvorum {
namespace {

constexpr char kFooter[] = R"(
PDF, PPTX, DOCX, HTML, Markdown, plain text in any encoding, and dictd's dictionaries (.index beside .dict or .dict.dz).
Of a folder all files count, at any depth, that have the name of such a document; a file that is named is read whatever its name.

Run it again after documents have changed: files that hold the same as before are left alone. What cannot be read is
named in the end with the reason, and does not keep the rest from being read. An ingest that was interrupted goes on
where it was when it is started again.

  kvorum ingest ~/papers
      into the index 'documents' of the server on this machine's port 6379; where none runs, of one of its own
  kvorum ingest ~/papers --data ~/papers-index
      ... which keeps the documents in this folder
  kvorum ingest notes.md manual.pdf --index work --port 7000
  kvorum ingest ~/papers --remove-missing
      also forgets the documents that are gone from ~/papers
  kvorum ingest ~/papers --by tokens --size 200 --overlap 40
  kvorum ingest ~/papers --index papers --embedder ollama:nomic-embed-text
      vectors by a model of Ollama's; `ollama pull nomic-embed-text` fetches it
  kvorum ingest ~/papers --index papers --embedder openai:bge-m3@http://localhost:8000/v1
      by any server that speaks OpenAI's protocol; its key is in OPENAI_API_KEY
  kvorum ingest ~/papers --index papers --embedder builtin --start-over
      another embedder for an index that exists: it is made anew

The exit status is 0 when all went well, 2 when some documents could not be read (the rest is in the index), 1 when it failed.)";

// The exit status where all went well but for documents that could not be read, or not to the end.
constexpr int kSomeNotRead = 2;
// Larger than any unit of a document.
constexpr int kLargestChunk = 1'000'000'000;

struct Options {
  StoreOptions store;
  std::vector<std::string> paths;
  std::string embedder;  // empty: the index's own, or else the built-in one
  ModelAccess access;
  IngestOptions ingest;
};

void PrintSummary(const IngestCounts& counts, const FileList& list, double seconds) {
  std::printf("%s in %.1f s: %llu added, %llu changed, %llu unchanged, %llu removed, %zu not read; %s from %s\n",
              CountText(counts.files, "file").c_str(), seconds, static_cast<unsigned long long>(counts.added),
              static_cast<unsigned long long>(counts.changed), static_cast<unsigned long long>(counts.unchanged),
              static_cast<unsigned long long>(counts.removed), counts.problems.size(),
              CountText(counts.chunks, "chunk").c_str(), CountText(counts.units, "unit").c_str());
  if (list.others > 0) {
    std::printf("%s whose names are none of a document's: left out\n", CountText(list.others, "file").c_str());
  }
  if (list.links > 0) {
    std::printf("%s to folders, or to nothing: not followed; name one to have it read\n",
                CountText(list.links, "link").c_str());
  }
  if (counts.not_indexed > 0) {
    std::printf(
        "%s could not be indexed by the server, so they are not found: %s\n"
        "The next ingest tries these documents again. If the index has been made in another way since, --start-over "
        "makes "
        "it anew.\n",
        CountText(counts.not_indexed, "chunk").c_str(), counts.why_not_indexed.c_str());
  }
  if (!counts.problems.empty()) std::printf("\nNot read, or not to the end:\n");
  for (const FileProblem& problem : counts.problems)
    std::printf("  %s %s\n", problem.path.c_str(), problem.reason.c_str());
}

// What an index was made with makes its other vectors too, unless something else is asked for. Empty, or the error.
std::string FindEmbedder(const Options& options, RespClient* client, std::unique_ptr<Embedder>* embedder,
                         std::string* url) {
  std::string name = options.embedder;
  ModelAccess access = options.access;
  if (name.empty()) {
    IndexSettings settings;
    std::string error = ReadIndexSettings(IndexKeys(options.ingest.index), client, &settings);
    if (!error.empty() && !options.ingest.starts_over) return error;
    name = settings.exists ? settings.embedder : "builtin";
    if (name.starts_with("builtin") && options.ingest.starts_over) name = "builtin";  // of this version
    if (access.url.empty()) access.url = settings.embedder_url;
  }
  return MakeEmbedder(name, access, embedder, url).text();
}

int Ingest(const Options& options) {
  auto fail = [](const std::string& text) {
    std::fprintf(stderr, "kvorum ingest: %s\n", text.c_str());
    return 1;
  };
  if (const std::string wrong = CheckChunkOptions(options.ingest.chunks); !wrong.empty()) return fail(wrong);
  // First: a path that was mistyped is no reason to delete an index, nor to make one.
  const FileList list = ListFiles(options.paths);
  if (list.files.empty() && !options.ingest.removes_missing) {
    for (const FileProblem& problem : list.problems) (void)fail(problem.path + " " + problem.reason);
    if (!list.problems.empty()) return 1;
    const std::string links =
        list.links == 0 ? "" : " (" + CountText(list.links, "link") + " to folders, or to nothing: not followed)";
    return fail("there are no documents in what was named: " + options.paths[0] +
                (options.paths.size() > 1 ? " ..." : "") + links);
  }
  Store store;
  if (std::string error = store.Open(options.store); !error.empty()) return fail(error);
  if (!store.note().empty()) std::fprintf(stderr, "(%s)\n", store.note().c_str());
  RespClient* const client = store.client();
  std::unique_ptr<Embedder> embedder;
  IngestOptions ingest = options.ingest;
  if (std::string error = FindEmbedder(options, client, &embedder, &ingest.embedder_url); !error.empty())
    return fail(error);
  Ingester ingester(ingest, client, embedder.get());
  if (!ingester.Open()) return fail(ingester.error());
  Progress progress("reading", 0);
  ingester.on_progress = [&](const IngestCounts& counts) {
    progress.ShowText(std::to_string(counts.files) + " of " + CountText(list.files.size(), "file") + "  " +
                      CountText(counts.chunks, "chunk"));
  };
  const bool good = ingester.Run(list);
  progress.Clear();
  if (!good) {
    (void)fail(ingester.error());
    std::fprintf(stderr, "Stopped after %s; the same command goes on there.\n",
                 CountText(ingester.counts().files, "file").c_str());
    return 1;
  }
  PrintSummary(ingester.counts(), list, progress.seconds());
  if (ingester.counts().problems.empty() && ingester.counts().not_indexed == 0) return 0;
  return list.files.empty() ? 1 : kSomeNotRead;
}

}  // namespace

int IngestMain(int argc, char** argv) {
  Options options;
  CLI::App app("Puts documents into an index, for `kvorum ask`.", "kvorum ingest");
  app.add_option("PATH", options.paths, "Files and folders")->required();
  AddStoreOptions(app, &options.store);
  app.add_option("--index", options.ingest.index, "The index's name")->capture_default_str();
  app.add_option("--embedder", options.embedder,
                 "What makes vectors of texts: builtin, none (search by words alone), file:PATH (made by "
                 "tools/train_embedder), ollama:MODEL or "
                 "openai:MODEL, and @URL behind it where the model runs elsewhere than usual. Without it what the "
                 "index was made with, or builtin");
  app.add_option("--embedder-url", options.access.url, "The same as @URL behind the embedder");
  AddModelOptions(app, &options.access);
  const std::map<std::string, ChunkBy> kinds = {
      {"structure", ChunkBy::kStructure}, {"characters", ChunkBy::kCharacters}, {"tokens", ChunkBy::kTokens}};
  std::string by = "structure";
  app.add_option("--by", by, "How texts are cut: structure (paragraphs, then sentences), characters or tokens")
      ->check(CLI::IsMember({"structure", "characters", "tokens"}))
      ->capture_default_str();
  app.add_option("--size", options.ingest.chunks.size, "Characters, or tokens, of a chunk at most")
      ->capture_default_str()
      ->check(CLI::Range(1, kLargestChunk));
  app.add_option("--overlap", options.ingest.chunks.overlap,
                 "How many of them a chunk repeats of the one before; below --size")
      ->capture_default_str()
      ->check(CLI::Range(0, kLargestChunk));
  app.add_flag("--remove-missing", options.ingest.removes_missing,
               "Forget documents that are gone from the paths given");
  app.add_flag("--start-over", options.ingest.starts_over, "Delete the index first");
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  options.ingest.chunks.by = kinds.at(by);
  if (const std::string wrong = CheckStoreOptions(app, &options.store); !wrong.empty())
    return std::fprintf(stderr, "kvorum ingest: %s\n", wrong.c_str()), 1;
  return Ingest(options);
}

}  // namespace kvorum
