#include "experiment/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace kvorum {
namespace {

constexpr const char* kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{0}</title>
<style>
:root {{ color-scheme: light dark; --ink: light-dark(#1c2430, #e6e9ee); --dim: light-dark(#5b6673, #9aa4b0);
  --line: light-dark(#d9dee4, #39424d); --page: light-dark(#ffffff, #14181d); --bad: light-dark(#b3261e, #ff8a80); }}
body {{ font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--page); margin: 2rem auto; padding: 0 1.5rem; max-width: 100rem; }}
h1 {{ font-size: 1.5rem; margin: 0 }} h2 {{ font-size: 1.1rem; margin: 2.2rem 0 .6rem }}
p.dim, .dim {{ color: var(--dim) }} .scroll {{ overflow-x: auto }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .86rem }}
th, td {{ padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }}
th {{ cursor: pointer; position: sticky; top: 0; background: var(--page) }} td.word, th.word {{ text-align: left }}
td.best {{ font-weight: 700 }} td.bad {{ color: var(--bad); white-space: normal; text-align: left }}
svg text {{ fill: var(--ink); font-size: 12px }} svg .grid {{ stroke: var(--line) }} svg .axis {{ fill: var(--dim); font-size: 11px }}
.key {{ display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin: 0 .35rem 0 1rem; vertical-align: -1px }}
</style></head><body>
<h1>{0}</h1><p class="dim">{1}</p>
)";

constexpr const char* kSorting = R"(<script>
for (const th of document.querySelectorAll("th")) th.onclick = () => {
  const i = th.cellIndex, body = th.closest("table").tBodies[0], up = th.dataset.up !== "1";
  th.dataset.up = up ? "1" : "0";
  const value = row => { const t = row.cells[i] ? row.cells[i].textContent : "", n = parseFloat(t); return isNaN(n) ? t : n; };
  [...body.rows].sort((a, b) => { const x = value(a), y = value(b); return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1); })
    .forEach(row => body.append(row));
};
</script></body></html>
)";

// Told apart also by those who see few colours (Okabe and Ito 2008).
constexpr const char* kColours[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999933"};

constexpr int kLabelWidth = 380;
constexpr int kPlotWidth = 620;
constexpr int kRowHeight = 22;
constexpr int kAxisHeight = 24;
constexpr double kMiB = 1 << 20;

const char* Colour(size_t i) { return kColours[i % std::size(kColours)]; }

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

struct Series {
  std::string name;
  std::function<double(const ConfigurationResult&)> value;
};

std::string Legend(std::span<const Series> series) {
  std::string html = "<p>";
  for (size_t i = 0; i < series.size(); ++i) {
    html += fmt::format("<span class=\"key\" style=\"background:{}\"></span>{}", Colour(i), Escaped(series[i].name));
  }
  return html + "</p>\n";
}

// 1, 2 or 5 times a power of ten, so that the axis has four to ten steps.
double AxisStep(double largest) {
  double step = 1e-6;
  for (size_t i = 0; largest / step > 8; ++i) step *= i % 3 == 1 ? 2.5 : 2;
  return step;
}

std::string Axis(double largest, double height, const char* unit) {
  std::string svg;
  const double step = AxisStep(largest);
  for (double at = 0; at <= largest * 1.0001; at += step) {
    const double x = kLabelWidth + at / largest * kPlotWidth;
    svg += fmt::format("<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"0\" y2=\"{1}\"/>", x, height);
    svg += fmt::format("<text class=\"axis\" text-anchor=\"middle\" x=\"{:.1f}\" y=\"{}\">{:.4g}{}</text>\n", x,
                       height + 15, at, unit);
  }
  return svg;
}

std::string RowLabel(const std::string& label, double middle) {
  return fmt::format("<text text-anchor=\"end\" x=\"{}\" y=\"{}\">{}</text>", kLabelWidth - 8, middle + 4,
                     Escaped(label));
}

// Of a long name its end, which is what tells names apart.
std::string Shortened(const std::string& name, size_t most) {
  if (name.size() <= most) return name;
  size_t from = name.size() - most;
  while (from < name.size() && (static_cast<uint8_t>(name[from]) & 0xC0) == 0x80) ++from;
  return "…" + name.substr(from);
}

// A model's file without its folders.
std::string ShortEmbedder(const std::string& name) {
  const size_t slash = name.starts_with("file:") ? name.rfind('/') : name.npos;
  return Shortened(slash == name.npos ? name : name.substr(slash + 1), 26);
}

struct Axes {
  std::vector<std::string> common;              // what all configurations have
  std::vector<size_t> varying;                  // columns in which some differ
  std::vector<std::vector<std::string>> words;  // of each configuration, a word a column
  std::vector<std::string> labels;              // of each, what sets it apart
};

constexpr const char* kAxisNames[] = {"chunks by", "size/overlap", "embedder", "index", "retrieval", "model"};

// A configuration's settings, as words.
std::vector<std::string> Words(const ExperimentConfiguration& c) {
  return {c.chunk_by,
          fmt::format("{}/{}", c.chunk_size, c.overlap),
          ShortEmbedder(c.embedder),
          c.index,
          c.retrieval,
          Shortened(c.model, 26)};
}

Axes NameAxes(std::span<const ConfigurationResult> results) {
  Axes axes;
  std::vector<std::vector<std::string>>& rows = axes.words;
  rows.reserve(results.size());
  for (const ConfigurationResult& result : results) rows.push_back(Words(result.configuration));
  axes.labels.resize(rows.size());
  for (size_t column = 0; !rows.empty() && column < rows[0].size(); ++column) {
    const bool is_common =
        std::all_of(rows.begin(), rows.end(), [&](const auto& row) { return row[column] == rows[0][column]; });
    if (is_common && rows.size() > 1) {
      axes.common.push_back(fmt::format("{} {}", kAxisNames[column], rows[0][column]));
      continue;
    }
    axes.varying.push_back(column);
    for (size_t i = 0; i < rows.size(); ++i) axes.labels[i] += (axes.labels[i].empty() ? "" : ", ") + rows[i][column];
  }
  return axes;
}

std::string Svg(double height, const std::string& content) {
  return fmt::format(
      "<div class=\"scroll\"><svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "role=\"img\">\n{2}</svg></div>\n",
      kLabelWidth + kPlotWidth + 40, height + kAxisHeight, content);
}

// A row a configuration, its series as parts of one bar.
std::string StackedBars(std::span<const ConfigurationResult> results, const Axes& axes, std::span<const Series> series,
                        const char* unit) {
  double largest = 0;
  for (const ConfigurationResult& result : results) {
    double sum = 0;
    for (const Series& one : series) sum += one.value(result);
    largest = std::max(largest, sum);
  }
  if (largest == 0) return "<p class=\"dim\">Nothing was measured.</p>\n";
  const double height = static_cast<double>(results.size()) * kRowHeight;
  std::string svg = Axis(largest, height, unit);
  for (size_t row = 0; row < results.size(); ++row) {
    const double top = static_cast<double>(row) * kRowHeight;
    svg += RowLabel(axes.labels[row], top + kRowHeight / 2.0);
    double at = kLabelWidth;
    for (size_t i = 0; i < series.size(); ++i) {
      const double value = series[i].value(results[row]);
      const double width = value / largest * kPlotWidth;
      svg += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{}\" width=\"{:.2f}\" height=\"{}\" fill=\"{}\"><title>{}: {:.4g}{}</title></rect>\n",
          at, top + 4, width, kRowHeight - 8, Colour(i), Escaped(series[i].name), value, unit);
      at += width;
    }
  }
  return Legend(series) + Svg(height, svg);
}

// A row a configuration, a dot a series, from 0 to `largest`; none where it failed.
std::string Dots(std::span<const ConfigurationResult> results, const Axes& axes, std::span<const Series> series,
                 double largest, const char* unit) {
  const double height = static_cast<double>(results.size()) * kRowHeight;
  std::string svg = Axis(largest, height, unit);
  for (size_t row = 0; row < results.size(); ++row) {
    const double middle = (static_cast<double>(row) + 0.5) * kRowHeight;
    svg += RowLabel(axes.labels[row], middle);
    if (!results[row].failure.empty()) continue;
    for (size_t i = 0; i < series.size(); ++i) {
      const double value = series[i].value(results[row]);
      svg += fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{}\" r=\"5\" fill=\"{}\" fill-opacity=\".85\"><title>{}: "
          "{:.4g}{}</title></circle>\n",
          kLabelWidth + value / largest * kPlotWidth, middle, Colour(i), Escaped(series[i].name), value, unit);
    }
  }
  return Svg(height, svg);
}

std::vector<Series> QualitySeries() {
  return {{"recall@1", [](const auto& r) { return r.quality.recall_at_1; }},
          {"recall@5", [](const auto& r) { return r.quality.recall_at_5; }},
          {"MRR", [](const auto& r) { return r.quality.mean_reciprocal_rank; }},
          {"answers right", [](const auto& r) { return r.quality.answers_right; }},
          {"tokens: recall", [](const auto& r) { return r.quality.tokens.recall; }},
          {"precision", [](const auto& r) { return r.quality.tokens.precision; }},
          {"IoU", [](const auto& r) { return r.quality.tokens.iou; }}};
}

// How many of them, from the first, are plotted together; the rest is small where chunks are large, and has a scale of its own.
constexpr size_t kFullScale = 5;

// The figures of one configuration, in the order of the headings.
std::vector<std::string> Figures(const ConfigurationResult& result, std::span<const std::string> stages) {
  std::vector<std::string> cells{fmt::format("{}", result.chunks)};
  for (const Series& one : QualitySeries()) {
    cells.push_back(result.quality.questions == 0 ? "" : fmt::format("{:.3f}", one.value(result)));
  }
  for (const std::string& stage : stages) cells.push_back(fmt::format("{:.2f}", StageSeconds(result, stage)));
  cells.push_back(fmt::format("{:.2f}", result.median_retrieval_ms));
  cells.push_back(fmt::format("{:.2f}", result.median_answer_ms));
  cells.push_back(fmt::format("{:.1f}", static_cast<double>(result.server_bytes) / kMiB));
  cells.push_back(fmt::format("{:.1f}", static_cast<double>(result.ingest_peak_bytes) / kMiB));
  cells.push_back(fmt::format("{:.1f}", static_cast<double>(result.ask_peak_bytes) / kMiB));
  return cells;
}

std::string Table(std::span<const ConfigurationResult> results, const Axes& axes, std::span<const std::string> stages) {
  std::string html = "<div class=\"scroll\"><table><thead><tr>";
  for (const size_t column : axes.varying) html += fmt::format("<th class=\"word\">{}</th>", kAxisNames[column]);
  std::vector<std::string> headings{"chunks"};
  for (const Series& one : QualitySeries()) headings.push_back(one.name);
  for (const std::string& stage : stages) headings.push_back(stage + ", s");
  headings.insert(headings.end(), {"retrieval, ms", "answer, ms", "server, MiB", "ingest peak, MiB", "ask peak, MiB"});
  for (const std::string& heading : headings) html += fmt::format("<th>{}</th>", Escaped(heading));
  html += "</tr></thead><tbody>\n";
  std::vector<double> best;
  for (const Series& one : QualitySeries()) {
    double most = 0;
    for (const ConfigurationResult& result : results) most = std::max(most, one.value(result));
    best.push_back(most);
  }
  for (size_t row = 0; row < results.size(); ++row) {
    const ConfigurationResult& result = results[row];
    html += fmt::format("<tr title=\"{}\">", Escaped(Describe(result.configuration)));
    for (const size_t column : axes.varying) {
      html += fmt::format("<td class=\"word\">{}</td>", Escaped(axes.words[row][column]));
    }
    if (!result.failure.empty()) {
      html += fmt::format("<td class=\"bad\" colspan=\"{}\">{}</td></tr>\n", headings.size(), Escaped(result.failure));
      continue;
    }
    const std::vector<std::string> cells = Figures(result, stages);
    const std::vector<Series> quality = QualitySeries();
    for (size_t i = 0; i < cells.size(); ++i) {
      const bool is_best = i >= 1 && i <= quality.size() && !cells[i].empty() && best[i - 1] > 0 &&
                           quality[i - 1].value(result) == best[i - 1];
      html += fmt::format("<td{}>{}</td>", is_best ? " class=\"best\"" : "", cells[i]);
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string QualityPlots(std::span<const ConfigurationResult> results, const Axes& axes) {
  const std::vector<Series> all = QualitySeries();
  const std::span<const Series> full = std::span(all).first(kFullScale);
  const std::span<const Series> small = std::span(all).subspan(kFullScale);
  double largest = 1e-3;
  for (const ConfigurationResult& result : results) {
    for (const Series& one : small) largest = std::max(largest, one.value(result));
  }
  return "<h2>Quality</h2>\n" + Legend(full) + Dots(results, axes, full, 1, "") +
         "<h2>Precision and IoU of tokens</h2>\n" + Legend(small) + Dots(results, axes, small, largest, "");
}

std::string TimePlot(std::span<const ConfigurationResult> results, const Axes& axes,
                     std::span<const std::string> stages) {
  std::vector<Series> seconds;
  seconds.reserve(stages.size());
  for (const std::string& stage : stages) {
    seconds.push_back({stage, [stage](const ConfigurationResult& result) { return StageSeconds(result, stage); }});
  }
  return "<h2>Time by stage</h2>\n<p class=\"dim\">ingest: reading, cutting, storing and indexing, without what "
         "embedding takes; retrieve and answer: all questions together.</p>\n" +
         StackedBars(results, axes, seconds, " s");
}

std::string MemoryPlots(std::span<const ConfigurationResult> results, const Axes& axes) {
  const Series server[] = {
      {"documents and index in the server", [](const auto& r) { return static_cast<double>(r.server_bytes) / kMiB; }}};
  const Series peaks[] = {
      {"while documents were put in", [](const auto& r) { return static_cast<double>(r.ingest_peak_bytes) / kMiB; }},
      {"while questions were asked", [](const auto& r) { return static_cast<double>(r.ask_peak_bytes) / kMiB; }}};
  double largest = 1;
  for (const ConfigurationResult& result : results) {
    for (const Series& one : peaks) largest = std::max(largest, one.value(result));
  }
  return "<h2>Memory</h2>\n" + StackedBars(results, axes, server, " MiB") + "<h2>Peak memory of this program</h2>\n" +
         Legend(peaks) + Dots(results, axes, peaks, largest, " MiB");
}

}  // namespace

std::string ResultsPage(const std::string& title, const std::string& when,
                        std::span<const ConfigurationResult> results) {
  const std::vector<std::string> stages = StageNames(results);
  const Axes axes = NameAxes(results);
  size_t questions = 0;
  for (const ConfigurationResult& result : results) questions = std::max(questions, result.quality.questions);
  std::string html = fmt::format(fmt::runtime(kHead), Escaped(title), Escaped(when));
  html += fmt::format(
      "<p>{} configuration{}{}. The best of each measure is bold; a click on a heading sorts.</p>\n", results.size(),
      results.size() == 1 ? "" : "s",
      questions == 0 ? "" : fmt::format(", {} question{} with known answers", questions, questions == 1 ? "" : "s"));
  if (!axes.common.empty()) {
    html += fmt::format("<p>All have: {}. A row is named by what sets it apart.</p>\n",
                        Escaped(fmt::format("{}", fmt::join(axes.common, ", "))));
  }
  html += Table(results, axes, stages);
  if (questions > 0) html += QualityPlots(results, axes);
  return html + TimePlot(results, axes, stages) + MemoryPlots(results, axes) + kSorting;
}

}  // namespace kvorum
