#include "server/config.h"

#include <algorithm>
#include <cctype>

#include "base/check.h"
#include "base/glob.h"

namespace kvorum {
namespace {

// Insertions, deletions and replacements of letters that make one of the other (Levenshtein 1966).
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::string SetFailed(std::string_view name, const std::string& why) {
  return "ERR CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " + why;
}

}  // namespace

Config::Config(Settings& settings) {
  AddDirectives(*this, settings);
  AddPersistenceDirectives(*this, settings);
  AddLaterDirectives(*this, settings);
  for (const auto& directive : directives_) {
    CHECK(by_name_.emplace(directive->name(), directive.get()).second);
    if (!directive->alias().empty()) CHECK(by_name_.emplace(directive->alias(), directive.get()).second);
    directive->KeepDefault();
  }
}

Directive* Config::Find(std::string_view name) const {
  auto it = by_name_.find(LowerCase(name));
  return it == by_name_.end() ? nullptr : it->second;
}

std::string_view Config::Nearest(std::string_view name) const {
  const std::string lower = LowerCase(name);
  std::string_view nearest;
  size_t best = std::max<size_t>(2, name.size() / 3) + 1;
  for (const auto& [known, directive] : by_name_) {
    // Their lengths alone are that far apart.
    if (known.size() > lower.size() + best || lower.size() > known.size() + best) continue;
    const size_t distance = EditDistance(lower, known);
    // Of equally near ones the first by name, so that the answer does not depend on the map's order.
    if (distance > best || (distance == best && (nearest.empty() || known > nearest))) continue;
    if (directive->Is(directive::kHidden)) continue;
    best = distance;
    nearest = known;
  }
  return nearest;
}

std::vector<std::string> Config::Notes() const {
  std::vector<std::string> notes;
  for (const auto& directive : directives_) {
    std::string note = directive->NoteText();
    if (!note.empty()) notes.push_back(std::move(note));
  }
  return notes;
}

std::vector<std::pair<std::string_view, std::string>> Config::Match(std::span<const std::string_view> patterns) const {
  std::vector<std::pair<std::string_view, std::string>> matches;
  for (const auto& directive : directives_) {
    for (std::string_view name : {directive->name(), directive->alias()}) {
      if (name.empty()) continue;
      const auto shown = std::find_if(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
        return directive->Is(directive::kHidden) ? SameWord(pattern, name) : GlobMatchIgnoringCase(pattern, name);
      });
      if (shown == patterns.end()) continue;
      // As Redis does it: a name comes back in the case in which it was asked for.
      matches.emplace_back(SameWord(*shown, name) ? *shown : name, directive->Get());
    }
  }
  return matches;
}

bool Config::Change(std::span<const std::string_view> names_and_values, bool may_protected, Server& server,
                    std::string* error) {
  struct Step {
    Directive* directive;
    std::string_view name;
    std::string value;
    std::string old;
  };
  std::vector<Step> steps;
  for (size_t i = 0; i + 1 < names_and_values.size(); i += 2) {
    const std::string_view name = names_and_values[i];
    Directive* directive = Find(name);
    if (directive == nullptr) {
      *error = "ERR Unknown option or number of arguments for CONFIG SET - '" + std::string(name) + "'";
      return false;
    }
    std::string why;
    if (directive->Is(directive::kImmutable)) {
      why = "can't set immutable config";
    } else if (directive->Is(directive::kProtected) && !may_protected) {
      why = "can't set protected config";
    } else if (std::any_of(steps.begin(), steps.end(), [&](const Step& s) { return s.directive == directive; }) &&
               (directive->alias().empty() || std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
                  return step.directive == directive && SameWord(step.name, name);
                }))) {
      why = "duplicate parameter";
    }
    if (!why.empty()) {
      *error = SetFailed(name, why);
      return false;
    }
    steps.push_back({directive, name, std::string(names_and_values[i + 1]), {}});
  }

  auto take_back = [](std::span<Step> done) {
    std::string ignored;
    for (size_t i = done.size(); i-- > 0;) CHECK(done[i].directive->Set({&done[i].old, 1}, &ignored));
  };
  for (size_t i = 0; i < steps.size(); ++i) {
    Step& step = steps[i];
    step.old = step.directive->Get();
    std::string why;
    if (!step.directive->Assign({&step.value, 1}, false, &why)) {
      take_back(std::span(steps).first(i));
      *error = SetFailed(step.name, why);
      return false;
    }
  }
  std::vector<Directive::ApplyFunction> applied;
  for (const Step& step : steps) {
    const auto apply = step.directive->apply();
    const bool is_same = !step.directive->Is(directive::kHidesSome) && step.directive->Get() == step.old;
    if (apply == nullptr || is_same || std::find(applied.begin(), applied.end(), apply) != applied.end()) {
      continue;
    }
    std::string why;
    if (apply(server, &why)) {
      applied.push_back(apply);
      continue;
    }
    take_back(steps);
    for (auto again : applied) (void)again(server, &why);
    *error = SetFailed(step.name, why);
    return false;
  }
  return true;
}

}  // namespace kvorum
