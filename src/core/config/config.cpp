// The parser of options, and the sentences about bad ones.
#include "core/config/config.hpp"

#include "core/base/slice.hpp"

namespace weir::config {
namespace {

constexpr std::string_view kPrefix = "WEIR_";

constexpr OptionRow kRows[] = {
#define OPTION(type, name, fallback, shown, values, help) {#name, shown, values, help, false},
#define RESERVED(name, shown, help) {#name, shown, "", help, true},
#include "core/config/options.inc"
#undef OPTION
#undef RESERVED
};

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i != a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

/// Decimal digits at the front of `text`, which is shortened by them. False: none, or too large.
bool take_number(std::string_view& text, std::uint64_t& out) noexcept {
  if (text.empty() || text[0] < '0' || text[0] > '9') return false;
  out = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    if (__builtin_mul_overflow(out, 10U, &out)) return false;
    if (__builtin_add_overflow(out, static_cast<std::uint64_t>(text[0] - '0'), &out)) return false;
    text.remove_prefix(1);
  }
  return true;
}

}  // namespace

bool parse_bytes(std::string_view text, std::uint64_t least, std::uint64_t most,
                 std::uint64_t& out) noexcept {
  std::uint64_t bytes;
  if (!take_number(text, bytes)) return false;
  unsigned shift = 0;
  if (!text.empty()) {
    const char unit = lower(text[0]);
    shift = unit == 'k' ? 10 : unit == 'm' ? 20 : unit == 'g' ? 30 : unit == 't' ? 40 : 0;
    if (shift != 0) text.remove_prefix(1);
  }
  if (shift != 0 && same_ignoring_case(text, "ib")) text = {};
  if (!text.empty() || bytes > (~std::uint64_t{0} >> shift)) return false;
  bytes <<= shift;
  if (bytes < least || bytes > most) return false;
  out = bytes;
  return true;
}

namespace {

bool parse(std::string_view text, Pattern& out) noexcept {
  if (text.empty() || text.size() > sizeof(out.text)) return false;
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (text[i] != '%') continue;
    if (++i == text.size() || std::string_view{"pehrn%"}.find(text[i]) == std::string_view::npos)
      return false;
  }
  out = Pattern{text};
  return true;
}

struct Word {
  std::string_view text;
  std::uint32_t value;
};

template <class Enum, std::size_t N>
bool parse_word(std::string_view text, const Word (&words)[N], Enum& out) noexcept {
  for (const Word& word : words) {
    if (!same_ignoring_case(text, word.text)) continue;
    out = static_cast<Enum>(word.value);
    return true;
  }
  return false;
}

bool parse(std::string_view text, RecordMode& out) noexcept {
  constexpr Word kWords[] = {{"exact", 0}, {"sampled", 1}, {"off", 2}};
  return parse_word(text, kWords, out);
}

bool parse(std::string_view text, Follow& out) noexcept {
  constexpr Word kWords[] = {{"none", 0}, {"fork", 1}, {"exec", 2}, {"all", 3}};
  return parse_word(text, kWords, out);
}

bool parse(std::string_view text, Deepbind& out) noexcept {
  constexpr Word kWords[] = {{"hook", 0}, {"strip", 1}, {"keep", 2}};
  return parse_word(text, kWords, out);
}

bool parse(std::string_view text, Switch& out) noexcept {
  constexpr Word kWords[] = {{"0", 0},  {"1", 1},   {"off", 0},   {"on", 1},
                             {"no", 0}, {"yes", 1}, {"false", 0}, {"true", 1}};
  return parse_word(text, kWords, out.on);
}

bool parse(std::string_view text, Depth& out) noexcept {
  std::uint64_t frames;
  if (!take_number(text, frames) || !text.empty() || frames < 1 || frames > 256) return false;
  out.frames = static_cast<std::uint32_t>(frames);
  return true;
}

bool parse(std::string_view text, ByteCount& out) noexcept {
  return parse_bytes(text, 1U << 20, 1ULL << 40, out.bytes);
}

bool parse(std::string_view text, SampleEvery& out) noexcept {
  return parse_bytes(text, 1, 1U << 30, out.bytes);
}

bool parse(std::string_view text, DevicePool& out) noexcept {
  constexpr Word kWords[] = {{"off", 0}, {"bucket", 1}, {"pow2", 2}, {"slab", 3}};
  return parse_word(text, kWords, out);
}

bool parse(std::string_view text, DeviceFree& out) noexcept {
  constexpr Word kWords[] = {{"strict", 0}, {"deferred", 1}};
  return parse_word(text, kWords, out);
}

bool parse(std::string_view text, Share& out) noexcept {
  if (!text.ends_with('%')) {
    std::uint64_t bytes = 0;
    if (!parse_bytes(text, 0, 1ULL << 50, bytes)) return false;
    out = {bytes, 0};
    return true;
  }
  std::uint64_t percent = 0;
  if (!take_number(text, percent) || text != "%" || percent > 100) return false;
  out = {0, static_cast<std::uint32_t>(percent)};
  return true;
}

bool parse(std::string_view text, Limit& out) noexcept {
  if (same_ignoring_case(text, "none")) {
    out = {};
    return true;
  }
  Share share{};
  // Nothing at all is no size of a device.
  if (!parse(text, share) || (share.bytes == 0 && share.percent == 0)) return false;
  out.share = share;
  return true;
}

bool parse(std::string_view text, DeviceAs& out) noexcept {
  constexpr Word kWords[] = {{"device", 0}, {"managed", 1}, {"managed-on-oom", 2}};
  constexpr std::string_view kForce = ":force";
  const bool is_forced =
      text.size() > kForce.size() && same_ignoring_case(slice(text, text.size() - kForce.size()), kForce);
  if (is_forced) text = slice(text, 0, text.size() - kForce.size());
  DeviceAs::Where where{};
  if (!parse_word(text, kWords, where) || (is_forced && where == DeviceAs::Device)) return false;
  out = {where, is_forced};
  return true;
}

bool parse(std::string_view text, PinnedNuma& out) noexcept {
  constexpr Word kWords[] = {{"off", 0}, {"nearest", 1}};
  enum class Named : std::uint32_t { Off, Nearest } named{};
  if (parse_word(text, kWords, named)) {
    out.node = named == Named::Off ? PinnedNuma::kOff : PinnedNuma::kNearest;
    return true;
  }
  std::uint64_t node = 0;
  if (!take_number(text, node) || !text.empty() || node > 1023) return false;
  out.node = static_cast<std::int32_t>(node);
  return true;
}

bool parse(std::string_view text, ManagedAdvise& out) noexcept {
  constexpr Word kWords[] = {{"none", 0}, {"preferred_location", 1}, {"read_mostly", 2}, {"accessed_by", 3}};
  return parse_word(text, kWords, out);
}

bool parse(std::string_view text, ManagedPrefetch& out) noexcept {
  constexpr Word kWords[] = {{"none", 0}, {"adaptive", 1}, {"aggressive", 2}};
  return parse_word(text, kWords, out);
}

struct Slot {
  std::string_view name;
  bool (*take)(Config&, std::string_view) noexcept;
};
constexpr Slot kSlots[] = {
#define OPTION(type, name, fallback, shown, values, help) \
  {#name, [](Config& config, std::string_view text) noexcept { return parse(text, config.name); }},
#define RESERVED(name, shown, help) {#name, nullptr},
#include "core/config/options.inc"
#undef OPTION
#undef RESERVED
};

/// Edit distance, for names of at most 32 letters; longer ones are far from everything.
std::size_t distance(std::string_view a, std::string_view b) noexcept {
  constexpr std::size_t kLongest = 32;
  if (a.size() > kLongest || b.size() > kLongest) return kLongest;
  std::size_t row[kLongest + 1];
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
      diagonal = row[j];
      const std::size_t shorter = row[j] < row[j - 1] ? row[j] : row[j - 1];
      row[j] = shorter + 1 < replace ? shorter + 1 : replace;
    }
  }
  return row[b.size()];
}

const OptionRow* nearest(std::string_view name) noexcept {
  const OptionRow* best = nullptr;
  std::size_t best_distance = name.size() / 3 + 2;
  for (const OptionRow& row : kRows) {
    const std::size_t d = distance(name, row.name);
    if (d >= best_distance) continue;
    best = &row;
    best_distance = d;
  }
  return best;
}

/// Appends to a fixed buffer; what does not fit is cut.
class Line {
 public:
  explicit Line(std::span<char> out) noexcept : out_{out} {}
  Line& operator<<(std::string_view text) noexcept {
    for (const char c : text)
      if (used_ != out_.size()) out_[used_++] = c == '\n' ? ' ' : c;
    return *this;
  }
  Line& variable(std::string_view name) noexcept {
    *this << kPrefix;
    for (const char c : name) {
      const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      *this << std::string_view{&upper, 1};
    }
    return *this;
  }
  [[nodiscard]] std::string_view view() const noexcept { return {out_.data(), used_}; }

 private:
  std::span<char> out_;
  std::size_t used_ = 0;
};

}  // namespace

std::span<const OptionRow> option_rows() noexcept { return kRows; }

Judgement apply(Config& config, std::string_view entry) noexcept {
  if (!entry.starts_with(kPrefix) || entry.starts_with("WEIR_RUN_")) return {};
  const std::size_t equals = entry.find('=');
  if (equals == std::string_view::npos) return {};
  const std::string_view name = slice(entry, kPrefix.size(), equals - kPrefix.size());
  for (std::size_t i = 0; i != std::size(kSlots); ++i) {
    bool same = name.size() == kSlots[i].name.size();
    for (std::size_t k = 0; same && k != name.size(); ++k)
      same = lower(name[k]) == kSlots[i].name[k] && !(name[k] >= 'a' && name[k] <= 'z');
    if (!same) continue;
    if (kSlots[i].take == nullptr) return {Verdict::Reserved, &kRows[i]};
    return {kSlots[i].take(config, slice(entry, equals + 1)) ? Verdict::Taken : Verdict::Unparsable,
            &kRows[i]};
  }
  return {Verdict::Unknown, nearest(name)};
}

std::string_view complaint(const Judgement& judgement, std::string_view entry, std::span<char> out) noexcept {
  const std::size_t equals = entry.find('=');
  const std::string_view variable = slice(entry, 0, equals);
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view{} : slice(entry, equals + 1);
  Line line{out};
  switch (judgement.verdict) {
    case Verdict::Taken:
    case Verdict::NotOurs: break;
    case Verdict::Unparsable:
      line << "weir: " << variable << "='" << slice(value, 0, 200)
           << "' is not understood (accepted: " << judgement.row->values << "); using "
           << judgement.row->shown_default;
      break;
    case Verdict::Reserved: line << "weir: " << variable << " has no effect in this version"; break;
    case Verdict::Unknown:
      line << "weir: " << slice(variable, 0, 200) << " is not an option";
      if (judgement.row != nullptr) (line << "; did you mean ").variable(judgement.row->name) << "?";
      break;
  }
  return line.view();
}

}  // namespace weir::config
