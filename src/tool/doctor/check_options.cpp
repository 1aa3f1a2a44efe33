// WEIR_* variables, judged by the parser that libweir.so has.
#include "core/config/config.hpp"
#include "tool/doctor/checks.hpp"
#include "tool/doctor/settings.hpp"

namespace weir::tool {

void check_options(const Subject& subject, Findings& out) {
  config::Config config;
  for (const std::string& entry : subject.command.environment) {
    char line[1024];
    std::string_view text = config::complaint(config::apply(config, entry), entry, line);
    if (text.starts_with("weir: ")) text.remove_prefix(6);
    if (text.empty()) continue;
    out.push_back({.id = "option",
                   .severity = Severity::Warning,
                   .topic = Topic::Surroundings,
                   .allows = Verdict::Yes,
                   .text = std::string{text},
                   .advice = "weir options lists what there is."});
  }
  if (settings_of(subject.command.environment).record == config::RecordMode::Off)
    out.push_back({.id = "record_off",
                   .severity = Severity::Warning,
                   .topic = Topic::Surroundings,
                   .allows = Verdict::Partly,
                   .text = "WEIR_RECORD=off: no host allocation is recorded.",
                   .advice = "Unset WEIR_RECORD, or set it to exact or sampled."});
}

}  // namespace weir::tool
