// Any bytes as an experiment's file: an error, or a plan within the limits, whose names of files are such, and whose page holds no
// mark-up that the file has brought. The first zero byte ends the file, the rest is the file of questions that it may name.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "experiment/page.h"
#include "experiment/plan.h"

namespace {

using namespace kvorum;

struct OneFile final : PlanFiles {
  std::string_view content;
  std::string Read(const std::string& path, std::string* into) override {
    CHECK(!path.empty());
    into->assign(content);
    return {};
  }
};

void CheckPlan(const ExperimentPlan& plan) {
  CHECK(!plan.configurations.empty() && plan.configurations.size() <= kMaxConfigurations);
  CHECK(!plan.questions.empty() && plan.top > 0 && !plan.output.empty());
  CHECK(!plan.documents.empty() || !plan.inline_documents.empty());
  for (const ExperimentQuestion& question : plan.questions) CHECK(!question.text.empty());
  ConfigurationResult result;
  result.configuration = plan.configurations.back();
  result.failure = Describe(result.configuration);
  result.log_file = LogFileName(result.configuration);
  CHECK(result.log_file.find_first_of("/\\:\"<>|\n") == std::string::npos && result.log_file.front() != '.');
  result.configuration.embedder += "<fuzz>";
  CHECK(ResultsPage(plan.questions[0].text, "today", {&result, 1}).find("<fuzz>") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view json = bytes.substr(0, bytes.find('\0'));
  OneFile files;
  files.content = bytes.substr(std::min(size, json.size() + 1));
  ExperimentPlan plan;
  if (ParsePlan(json, "folder", files, &plan).empty()) CheckPlan(plan);
  return 0;
}
