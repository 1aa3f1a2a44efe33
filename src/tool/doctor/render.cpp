// A diagnosis as text and as JSON.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tool/doctor/doctor.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {
namespace {

constexpr std::string_view kVerdicts[] = {"yes", "partly", "no"};
constexpr std::string_view kSeverities[] = {"info", "warning", "error"};
constexpr std::string_view kTopics[] = {"Start", "Memory",  "Call stacks", "Libraries",
                                        "CUDA",  "Profile", "Surroundings"};

template <class Enum>
std::string_view word(const auto& words, Enum value) {
  return words[static_cast<std::size_t>(value)];
}

std::string marker(Severity severity, bool unicode) {
  if (severity == Severity::Error) return unicode ? "✗" : "x";
  return severity == Severity::Warning ? "!" : "-";
}

/// Lines of at most `width` columns, the first behind `head`, the others as far in.
std::string paragraph(const std::string& head, std::size_t indent, std::string_view text, std::size_t width) {
  std::string out = head;
  std::size_t column = indent;
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!first && column + 1 + one.size() > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
      first = true;
    }
    if (!first) out += ' ';
    column += one.size() + (first ? 0 : 1);
    out += one;
    first = false;
  }
  return out + "\n";
}

std::string path_to_program(const Diagnosis& diagnosis, bool unicode) {
  std::string out;
  for (const std::string& step : diagnosis.chain)
    out += (out.empty() ? "" : unicode ? " → " : " -> ") + printable(step);
  return out;
}

}  // namespace

std::string diagnosis_text(const Diagnosis& diagnosis, const DiagnosisStyle& style) {
  std::string out = fmt::format("weir can record this program: {}\n", word(kVerdicts, diagnosis.verdict));
  out += "  " + path_to_program(diagnosis, style.unicode) + "\n";
  if (diagnosis.findings.empty()) out += "Nothing stands in the way.\n";
  const Finding* before = nullptr;
  for (const Finding& finding : diagnosis.findings) {
    if (before == nullptr || before->topic != finding.topic)
      out += fmt::format("\n{}\n", word(kTopics, finding.topic));
    before = &finding;
    out += paragraph("  " + marker(finding.severity, style.unicode) + " ", 4, printable(finding.text),
                     style.width);
    if (!finding.advice.empty())
      out += paragraph(style.unicode ? "    → " : "    -> ", style.unicode ? 6 : 7, printable(finding.advice),
                       style.width);
  }
  return out;
}

std::string diagnosis_json(const Diagnosis& diagnosis) {
  using Json = nlohmann::ordered_json;
  Json findings = Json::array();
  for (const Finding& finding : diagnosis.findings) {
    Json one;
    one["id"] = finding.id;
    one["severity"] = word(kSeverities, finding.severity);
    one["text"] = finding.text;
    one["advice"] = finding.advice.empty() ? Json(nullptr) : Json(finding.advice);
    findings.push_back(std::move(one));
  }
  Json out;
  out["schema"] = "weir-doctor/1";
  out["verdict"] = word(kVerdicts, diagnosis.verdict);
  out["program"] = diagnosis.program;
  out["findings"] = std::move(findings);
  // Names of files need not be UTF-8.
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weir::tool
