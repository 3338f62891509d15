// FT.INFO.
#include <algorithm>
#include <string>
#include <vector>

#include "commands/table.h"
#include "search/value.h"
#include "shard/search_commands.h"
#include "shard/shard.h"

namespace kvorum {
namespace {

constexpr double kMegabyte = 1 << 20;

class InfoReply {
 public:
  InfoReply(Context& ctx, const SearchService::NamedIndex& named)
      : reply_(ctx.reply), search_(SearchOf(ctx)), named_(named), index_(*named.index), schema_(index_.schema()) {}

  void Write() {
    const ReplyWriter::Deferred place = reply_.Defer();
    Name("index_name");
    reply_.Bulk(index_.name());
    Name("index_options");
    WriteOptions();
    Name("index_definition");
    WriteDefinition();
    Name("attributes");
    reply_.Array(schema_.fields.size());
    for (const Field& field : schema_.fields) WriteField(field);
    WriteCounts();
    WriteSizes();
    WriteStates();
    if (schema_.stop_words) {
      Name("stopwords_list");
      reply_.Array(schema_.stop_words->size());
      for (const std::string& word : *schema_.stop_words) reply_.Bulk(word);
    }
    reply_.SetDeferredMap(place, pairs_);
  }

 private:
  void Name(std::string_view name) {
    ++pairs_;
    reply_.Bulk(name);
  }
  // Numbers as texts in RESP2, where clients expect them so.
  void Count(std::string_view name, uint64_t value) {
    Name(name);
    reply_.resp() == 3 ? reply_.Integer(static_cast<int64_t>(value)) : reply_.Bulk(std::to_string(value));
  }
  void Real(std::string_view name, double value) {
    Name(name);
    reply_.resp() == 3 ? reply_.Double(value) : reply_.Bulk(NumberText(value));
  }
  void Integer(std::string_view name, uint64_t value) {
    Name(name);
    reply_.Integer(static_cast<int64_t>(value));
  }

  void WriteOptions() {
    std::vector<std::string_view> options;
    if (schema_.no_frequencies) options.emplace_back("NOFREQS");
    if (schema_.no_fields) options.emplace_back("NOFIELDS");
    if (schema_.no_offsets) options.emplace_back("NOOFFSETS");
    if (schema_.no_highlight) options.emplace_back("NOHL");
    if (schema_.max_text_fields) options.emplace_back("MAXTEXTFIELDS");
    reply_.Array(options.size());
    for (std::string_view option : options) reply_.Bulk(option);
  }

  void WriteDefinition() {
    const std::pair<std::string_view, const std::string*> texts[] = {{"filter", &schema_.filter},
                                                                     {"language_field", &schema_.language_field},
                                                                     {"score_field", &schema_.score_field},
                                                                     {"payload_field", &schema_.payload_field}};
    size_t pairs = 3 + size_t{schema_.has_language};
    for (const auto& [name, text] : texts) pairs += !text->empty();
    reply_.Map(pairs);
    // Clients find the first two by their places.
    reply_.Bulk("key_type");
    reply_.Bulk(schema_.source == Schema::Source::kHash ? "HASH" : "JSON");
    reply_.Bulk("prefixes");
    reply_.Array(schema_.prefixes.size());
    for (const std::string& prefix : schema_.prefixes) reply_.Bulk(prefix);
    for (const auto& [name, text] : texts) {
      if (text->empty()) continue;
      reply_.Bulk(name);
      reply_.Bulk(*text);
    }
    if (schema_.has_language) {
      reply_.Bulk("default_language");
      reply_.Bulk(LanguageName(schema_.language));
    }
    reply_.Bulk("default_score");
    reply_.resp() == 3 ? reply_.Double(schema_.score) : reply_.Bulk(NumberText(schema_.score));
  }

  // Names with values, then words that stand alone: flat in RESP2, a map with "flags" in RESP3.
  void WriteField(const Field& field) {
    std::vector<std::pair<std::string, std::string>> pairs = {
        {"identifier", field.identifier}, {"attribute", field.name}, {"type", std::string(FieldTypeName(field.type))}};
    std::vector<std::string> flags;
    if (field.type == FieldType::kText) pairs.emplace_back("WEIGHT", NumberText(field.weight));
    if (field.type == FieldType::kTag)
      pairs.emplace_back("SEPARATOR", field.separator == 0 ? "" : std::string(1, field.separator));
    if (!field.phonetic.empty()) pairs.emplace_back("PHONETIC", field.phonetic);
    if (field.type == FieldType::kVector) AddVector(field.vector, &pairs);
    if (field.case_sensitive) flags.emplace_back("CASESENSITIVE");
    if (field.sortable) flags.emplace_back("SORTABLE");
    if (field.sortable && field.unnormalized) flags.emplace_back("UNF");
    if (field.no_stem) flags.emplace_back("NOSTEM");
    if (field.no_index) flags.emplace_back("NOINDEX");
    if (field.with_suffixes) flags.emplace_back("WITHSUFFIXTRIE");
    if (field.index_empty) flags.emplace_back("INDEXEMPTY");
    if (field.index_missing) flags.emplace_back("INDEXMISSING");
    if (reply_.resp() == 3) {
      reply_.Map(pairs.size() + 1);
    } else {
      reply_.Array(2 * pairs.size() + flags.size());
    }
    for (const auto& [name, value] : pairs) {
      reply_.Bulk(name);
      reply_.Bulk(value);
    }
    if (reply_.resp() == 3) {
      reply_.Bulk("flags");
      reply_.Array(flags.size());
    }
    for (const std::string& flag : flags) reply_.Bulk(flag);
  }

  static void AddVector(const VectorOptions& vector, std::vector<std::pair<std::string, std::string>>* pairs) {
    pairs->emplace_back("algorithm", VectorAlgorithmName(vector.algorithm));
    pairs->emplace_back("data_type", VectorElementName(vector.element));
    pairs->emplace_back("dim", std::to_string(vector.dimensions));
    pairs->emplace_back("distance_metric", VectorMetricName(vector.metric));
    if (vector.algorithm != VectorOptions::Algorithm::kHnsw) return;
    pairs->emplace_back("M", std::to_string(vector.m));
    pairs->emplace_back("ef_construction", std::to_string(vector.build_width));
    pairs->emplace_back("ef_runtime", std::to_string(vector.search_width));
    pairs->emplace_back("epsilon", NumberText(vector.epsilon));
  }

  void WriteCounts() {
    const uint64_t records = index_.records();
    const double documents = static_cast<double>(std::max<size_t>(index_.size(), 1));
    const SearchIndex::Memory memory = index_.MemoryUsage();
    Count("num_docs", index_.size());
    Count("max_doc_id", index_.last_id());
    Count("num_terms", index_.text().terms().size());
    Count("num_records", records);
    Real("records_per_doc_avg", static_cast<double>(records) / documents);
    Real("bytes_per_record_avg", records == 0 ? 0 : static_cast<double>(memory.text) / static_cast<double>(records));
  }

  void WriteSizes() {
    const SearchIndex::Memory memory = index_.MemoryUsage();
    Real("inverted_sz_mb", static_cast<double>(memory.text) / kMegabyte);
    Real("vector_index_sz_mb", static_cast<double>(memory.vectors) / kMegabyte);
    Real("doc_table_size_mb", static_cast<double>(memory.documents) / kMegabyte);
    Real("sortable_values_size_mb", static_cast<double>(memory.sort_values) / kMegabyte);
    Real("tag_overhead_sz_mb", static_cast<double>(memory.tags) / kMegabyte);
    Real("numeric_sz_mb", static_cast<double>(memory.numbers + memory.places) / kMegabyte);
    Real("total_index_memory_sz_mb", static_cast<double>(memory.total()) / kMegabyte);
  }

  // Searches find them already; their places in the graph are still to be found.
  bool HasPendingVectors() const {
    return std::any_of(schema_.fields.begin(), schema_.fields.end(), [this](const Field& field) {
      const FieldVectors* vectors = field.type == FieldType::kVector ? index_.vectors(field) : nullptr;
      return vectors != nullptr && (vectors->pending() > 0 || vectors->is_adopting());
    });
  }

  void WriteStates() {
    Count("hash_indexing_failures", index_.failures().count);
    Count("indexing", named_.is_scanning || HasPendingVectors() ? 1 : 0);
    const double known = static_cast<double>(named_.scanned) + 1;
    Real("percent_indexed", named_.is_scanning ? known / (known + static_cast<double>(kKeysASlice)) : 1);
    Integer("number_of_uses", named_.uses);
    Integer("cleaning", 0);
    Name("cursor_stats");
    reply_.Map(2);
    reply_.Bulk("index_capacity");
    reply_.Integer(static_cast<int64_t>(kMaxSearchCursors));
    reply_.Bulk("index_total");
    reply_.Integer(static_cast<int64_t>(search_.CursorsOf(index_.name())));
    Name("Index Errors");
    WriteFailures(index_.failures());
    Name("field statistics");
    reply_.Array(schema_.fields.size());
    for (const Field& field : schema_.fields) {
      reply_.Map(3);
      reply_.Bulk("identifier");
      reply_.Bulk(field.identifier);
      reply_.Bulk("attribute");
      reply_.Bulk(field.name);
      reply_.Bulk("Index Errors");
      WriteFailures(index_.failures(field));
    }
  }

  void WriteFailures(const SearchIndex::Failures& failures) {
    reply_.Map(3);
    reply_.Bulk("indexing failures");
    reply_.Integer(static_cast<int64_t>(failures.count));
    reply_.Bulk("last indexing error");
    reply_.Bulk(failures.last_error);
    reply_.Bulk("last indexing error key");
    reply_.Bulk(failures.last_key);
  }

  ReplyWriter& reply_;
  const SearchService& search_;
  const SearchService::NamedIndex& named_;
  const SearchIndex& index_;
  const Schema& schema_;
  size_t pairs_ = 0;
};

void Info(Context& ctx) {
  const SearchService::NamedIndex* index = FindIndex(ctx, ctx.args[1]);
  if (index != nullptr) InfoReply(ctx, *index).Write();
}

}  // namespace

void RegisterSearchInfoCommand(CommandTable& table) { table.Bind("ft.info", Info); }

}  // namespace kvorum
