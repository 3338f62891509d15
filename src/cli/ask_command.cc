#include "cli/ask_command.h"

#include <algorithm>
#include <cstdio>

#include "ask/answer.h"
#include "ask/embedders.h"
#include "ask/model_answer.h"
#include "cli/examples.h"
#include "cli/line_input.h"
#include "cli/store.h"
#include "embedding/static_embedder.h"
#include "retrieval/extract.h"

namespace kvorum {
namespace {

constexpr char kFooter[] = R"(
The answer is made of sentences of the documents, with the number of where each stands. "Not in your documents" means that no
sentence found answers the question. With --model a language model writes it from the passages found.

  kvorum ask "How does the AVL tree maintain balance?"
  kvorum ask
      asks for questions until the input ends
  kvorum ask "What is a quorum?" --model ollama:llama3.2
  kvorum ask "What is a quorum?" --model openai:gpt-4o-mini@http://localhost:8000/v1
      any server that speaks OpenAI's protocol; its key is in OPENAI_API_KEY
  kvorum ask "What is a quorum?" --json
      an object on a line, for programs
  kvorum ask "What is a quorum?" --passages --neighbours 1
      the passages themselves, each with the one before and the one behind

The exit status is 0 when the questions were asked, answered or not ("found" in --json tells), and 1 when one could not be.)";

constexpr char kUsualIndex[] = "documents";
// More than any model reads, and less than overflows anything.
constexpr int kMostTokens = 100'000'000;

struct Options {
  StoreOptions store;
  std::string question;
  bool has_question = false;
  std::string index;  // empty: kUsualIndex, or the examples where there is none
  size_t sources = 3;
  size_t neighbours = 0;
  std::string model;  // empty: sentences of the documents
  ModelAccess model_access;
  std::string embedder_url;
  PromptLimits limits;
  bool shows_passages = false;
  bool is_json = false;
};

// To people, or, under --json, to the program that asked.
void PrintError(const Options& options, const std::string& question, const std::string& error) {
  if (options.is_json) {
    std::printf("%s\n", ErrorJson(question, error).c_str());
    std::fflush(stdout);
  } else {
    std::fprintf(stderr, "kvorum ask: %s\n", error.c_str());
  }
}

class Asker {
 public:
  Asker(const Options& options, Retriever* retriever)
      : options_(options), retriever_(retriever), builtin_(MakeBuiltInEmbedder()), extractor_(builtin_.get()) {
    retriever_->SetExtractor(&extractor_);
  }

  void SetModel(ModelAnswerer* model) { model_ = model; }

  bool Ask(const std::string& question) {
    Findings findings;
    if (!retriever_->Find(question, {}, &findings)) return Fail(question, retriever_->error());
    if (model_ && !findings.chunks.empty()) return AskModel(question, std::move(findings.chunks));
    const Answer answer = ComposeAnswer(std::move(findings), options_.sources);
    std::vector<std::string> passages;
    if (options_.shows_passages) {
      for (const FoundChunk& chunk : answer.citations) {
        if (!AddPassage(chunk, &passages)) return Fail(question, retriever_->error());
      }
    }
    if (options_.is_json) {
      std::printf("%s\n", AnswerJson(question, answer, passages).c_str());
    } else {
      std::fputs(AnswerText(answer).c_str(), stdout);
      for (size_t i = 0; i < passages.size(); ++i) PrintPassage(i + 1, answer.citations[i], passages[i]);
    }
    std::fflush(stdout);
    return true;
  }

 private:
  bool Fail(const std::string& question, const std::string& error) {
    PrintError(options_, question, error);
    return false;
  }

  bool AskModel(const std::string& question, std::vector<FoundChunk> chunks) {
    ModelAnswer answer;
    const ModelError error = model_->Answer(
        question, std::move(chunks),
        [this](std::string_view text) {
          if (options_.is_json) return;
          std::fputs(Printable(text).c_str(), stdout);
          std::fflush(stdout);
        },
        &answer);
    if (!options_.is_json && !answer.text.empty()) std::printf("\n");
    std::fflush(stdout);  // before an error
    if (error) return Fail(question, error.text());
    std::vector<std::string> passages;
    if (options_.shows_passages) {
      for (size_t number : answer.cited) {
        if (!AddPassage(answer.passages[number - 1], &passages)) return Fail(question, retriever_->error());
      }
    }
    if (options_.is_json) {
      std::printf("%s\n", ModelAnswerJson(question, options_.model, answer, passages).c_str());
    } else {
      if (!answer.cited.empty()) std::printf("\n%s", CitedPassagesText(answer).c_str());
      for (size_t i = 0; i < passages.size(); ++i)
        PrintPassage(answer.cited[i], answer.passages[answer.cited[i] - 1], passages[i]);
      if (!answer.note.empty()) std::fprintf(stderr, "(%s)\n", answer.note.substr(0, answer.note.size() - 1).c_str());
    }
    std::fflush(stdout);
    return true;
  }

  // The chunk with its neighbours, a line each.
  bool AddPassage(const FoundChunk& chunk, std::vector<std::string>* passages) {
    std::vector<FoundChunk> around;
    if (!retriever_->FindNeighbours(chunk, options_.neighbours, &around)) return false;
    std::string& text = passages->emplace_back();
    for (const FoundChunk& one : around) text += (text.empty() ? "" : "\n") + one.text;
    return true;
  }

  static void PrintPassage(size_t number, const FoundChunk& chunk, const std::string& text) {
    std::printf("\n%s\n%s\n", CitationText(number, chunk).c_str(), Printable(text).c_str());
  }

  const Options& options_;
  Retriever* retriever_;
  std::unique_ptr<StaticEmbedder> builtin_;
  AnswerExtractor extractor_;
  ModelAnswerer* model_ = nullptr;
};

// Question after question, until the input ends; one that fails does not keep the others from being asked. False: one has failed.
bool AskInteractively(Asker& asker) {
  bool is_good = true;
  LineInput input;
  for (std::string line; input.Read("? ", &line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos && !asker.Ask(line)) is_good = false;
    if (input.is_terminal()) std::fputs("\n", stdout);
    std::fflush(stdout);
  }
  if (input.is_terminal()) std::fputs("\n", stdout);
  return is_good;
}

// Empty, or the error. *index is then the one to ask.
std::string FindIndex(const Options& options, Store* store, std::string* index) {
  if (index->empty()) *index = kUsualIndex;
  bool is_there = false;
  if (std::string error = store->OpenWith(*index, options.store, &is_there); !error.empty()) return error;
  std::string note = store->note();
  if (!is_there && !options.store.folder.empty() && !IsDataFolder(options.store.folder))
    return "there are no documents in " + options.store.folder + "; `kvorum ingest PATH... --data " +
           options.store.folder + "` puts some there";
  if (!is_there) {
    const std::string examples = ExamplesFolder();
    if (!options.index.empty() || examples.empty())
      return "there is no index '" + *index + "'; `kvorum ingest PATH...` makes one of your documents";
    *index = kExamplesIndex;
    if (std::string error = IngestExamples(examples, store->client()); !error.empty()) return error;
    note =
        "you have no documents yet, so these are the examples in " + examples + "; `kvorum ingest PATH...` takes yours";
  }
  if (!note.empty()) std::fprintf(stderr, "(%s)\n", note.c_str());
  return {};
}

int Run(const Options& options) {
  auto fail = [&options](const std::string& text) {
    PrintError(options, options.question, text);
    return 1;
  };
  ModelServerSettings settings;
  if (!options.model.empty()) {
    if (ModelError error = ParseModelName(options.model, options.model_access, &settings)) return fail(error.text());
    if (options.limits.answer_tokens >= options.limits.context_tokens)
      return fail("--answer-tokens is not below --context, which holds the passages too");
  }
  Store store;
  std::string index = options.index;
  if (std::string error = FindIndex(options, &store, &index); !error.empty()) return fail(error);
  Retriever retriever(index, store.client());
  if (!retriever.Open()) return fail(retriever.error());
  std::unique_ptr<Embedder> embedder;
  ModelAccess embedder_access = options.model_access;
  embedder_access.url = options.embedder_url.empty() ? retriever.embedder_url() : options.embedder_url;
  std::string url;
  if (EmbedError error = MakeEmbedder(retriever.embedder_identity(), embedder_access, &embedder, &url))
    return fail(error.text());
  if (!retriever.SetEmbedder(embedder.get())) return fail(retriever.error());
  Asker asker(options, &retriever);
  ModelAnswerer model(settings, options.limits);
  if (!options.model.empty()) asker.SetModel(&model);
  const bool good = options.has_question ? asker.Ask(options.question) : AskInteractively(asker);
  return good ? 0 : 1;
}

}  // namespace

int AskMain(int argc, char** argv) {
  Options options;
  CLI::App app("Answers questions from the documents that `kvorum ingest` was given.", "kvorum ask");
  std::vector<std::string> words;
  app.add_option("QUESTION", words, "The question; without one they are read from the input, a line each");
  AddStoreOptions(app, &options.store);
  app.add_option("--index", options.index, "The index's name")->default_str(kUsualIndex);
  app.add_option("--sources", options.sources, "Passages cited at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 10));
  app.add_option(
      "--model", options.model,
      "A language model that answers: ollama:NAME or openai:NAME, and @URL where it runs elsewhere than usual");
  AddModelOptions(app, &options.model_access);
  app.add_option("--model-url", options.model_access.url, "The same as @URL behind the model");
  app.add_option("--embedder-url", options.embedder_url,
                 "Where the index's embedder runs now; otherwise where it ran when the index was made");
  app.add_option("--context", options.limits.context_tokens,
                 "The model's context in tokens: passages, question and answer")
      ->capture_default_str()
      ->check(CLI::Range(1, kMostTokens));
  app.add_option("--answer-tokens", options.limits.answer_tokens, "Tokens of an answer at most")
      ->capture_default_str()
      ->check(CLI::Range(1, kMostTokens));
  CLI::Option* passages = app.add_flag("--passages", options.shows_passages, "Show the passages that are cited, too");
  app.add_option("--neighbours", options.neighbours, "... each with so many before and behind it in its document")
      ->check(CLI::Range(0, 100))
      ->needs(passages);
  app.add_flag("--json", options.is_json, "An object on a line; one with \"error\" for what failed");
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const auto is_json = [](std::string_view word) { return word == "--json"; };
    // A program that asked for JSON gets it. (Help is no error.)
    if (error.get_exit_code() != 0 && std::any_of(argv, argv + argc, is_json)) {
      options.is_json = true;
      PrintError(options, {}, error.what());
      return 1;
    }
    return app.exit(error) == 0 ? 0 : 1;
  }
  for (const std::string& word : words) options.question += (options.question.empty() ? "" : " ") + word;
  options.has_question = !words.empty();
  if (options.has_question && options.question.find_first_not_of(" \t\r\n") == std::string::npos) {
    PrintError(options, options.question, "the question is empty");
    return 1;
  }
  if (const std::string wrong = CheckStoreOptions(app, &options.store); !wrong.empty()) {
    PrintError(options, options.question, wrong);
    return 1;
  }
  return Run(options);
}

}  // namespace kvorum
