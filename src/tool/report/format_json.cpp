// JSON, schema weir-report/1. Written as it comes, so a report's size costs no memory. Always valid UTF-8.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "tool/report/format.hpp"

namespace weir::tool {
namespace {

class JsonSink : public Sink {
 public:
  explicit JsonSink(std::ostream& out) : out_{out} {}

  void begin_object() override { open('{'); }
  void end_object() override { close('}'); }
  void begin_list() override { open('['); }
  void end_list() override { close(']'); }
  void key(std::string_view name) override {
    separate();
    quote(name);
    out_ << ": ";
    after_key_ = true;
  }
  void null() override { scalar("null"); }
  void text(std::string_view value) override {
    separate();
    quote(value);
  }
  void number(std::uint64_t value) override { scalar(fmt::format_int{value}.c_str()); }
  void number(std::int64_t value) override { scalar(fmt::format_int{value}.c_str()); }
  void number(double value) override { scalar(std::isfinite(value) ? nlohmann::json(value).dump() : "null"); }
  void flag(bool value) override { scalar(value ? "true" : "false"); }

 private:
  static bool is_plain(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }
  void quote(std::string_view text) {
    if (std::all_of(text.begin(), text.end(), is_plain)) {
      out_ << '"' << text << '"';
      return;
    }
    out_ << nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  void scalar(std::string_view text) {
    separate();
    out_ << text;
  }
  void open(char bracket) {
    separate();
    out_ << bracket;
    ++depth_;
    first_ = true;
  }
  void close(char bracket) {
    --depth_;
    if (!first_) new_line();
    out_ << bracket;
    first_ = false;
  }
  /// What stands before the next value or key.
  void separate() {
    if (after_key_) {
      after_key_ = false;
      return;
    }
    if (!first_) out_ << ',';
    if (depth_ != 0) new_line();
    first_ = false;
  }
  /// A person can find their way by lines; below this depth (a call site's frames) lines would only cost.
  static constexpr int kDeepestLine = 3;
  void new_line() {
    if (depth_ > kDeepestLine) return;
    out_ << '\n';
    for (int i = 0; i != depth_; ++i) out_ << ' ';
  }

  std::ostream& out_;
  int depth_ = 0;
  bool first_ = true;
  bool after_key_ = false;
};

}  // namespace

void format_json(const std::vector<NamedSection>& sections, const ReportOptions& options, std::ostream& out) {
  write_json(options.schema, sections, out);
}

void write_json(std::string_view schema, const std::vector<NamedSection>& sections, std::ostream& out) {
  JsonSink sink{out};
  sink.begin_object();
  sink.member("schema", schema);
  for (const NamedSection& each : sections) {
    sink.key(each.name);
    each.section.data(sink);
  }
  sink.end_object();
  out << '\n';
}

}  // namespace weir::tool
