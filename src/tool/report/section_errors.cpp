// What the program did wrong with its memory.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

using profile::ErrorKind;
using profile::ErrorRecord;

struct Kind {
  std::string_view name;
  const char* words;  ///< with room for "a block" or "a block of device memory"
};
constexpr Kind kKinds[] = {
    {"none", "{}"},
    {"double_free", "freed {} that was free already"},
    {"invalid_free", "freed an address that is not {}"},
    {"overrun", "wrote beyond the end of {}"},
    {"mismatched_free", "freed {} with the wrong size or function"},
};

const Kind& kind_of(const ErrorRecord& error) { return kKinds[static_cast<std::size_t>(error.kind)]; }

void add_stack(const Context& context, std::uint32_t number, std::string head, Section& out) {
  if (number != 0)
    out.add(stack_text(std::move(head), context.profile, context.site(number), context.frames(number)));
}

void put_stack(Sink& sink, std::string_view key, const Context& context, std::uint32_t number) {
  sink.list(key, [&] {
    if (number != 0) put_frames(sink, context.frames(number));
  });
}

void put_error(Sink& sink, const Context& context, const ErrorRecord& error) {
  sink.begin_object();
  sink.member("kind", kind_of(error).name);
  sink.member("space", space_name(error.space));
  put_stack(sink, "frames", context, error.site);
  put_stack(sink, "allocated_at", context, error.allocated_site);
  put_stack(sink, "freed_at", context, error.freed_site);
  sink.member("address", error.address);
  sink.member("bytes", error.bytes == 0 ? std::nullopt : std::optional{error.bytes});
  sink.member("given_bytes", error.given_bytes == 0 ? std::nullopt : std::optional{error.given_bytes});
  sink.member("seconds", static_cast<double>(error.at_ns) / 1e9);
  sink.member("times", error.times);
  sink.end_object();
}

}  // namespace

Section section_errors(const Context& context) {
  const auto& errors = context.profile.errors;
  Section out;
  if (!errors.empty()) {
    out.title = "Misuse of memory";
    for (std::size_t i = 0; i != std::min(errors.size(), context.options.top); ++i) {
      const ErrorRecord& error = errors[i];
      std::string block = "a block";
      if (error.space != Space::Host) block += " of " + space_words(error.space);
      std::string head = fmt::format("{}. {}", i + 1, fmt::format(fmt::runtime(kind_of(error).words), block));
      if (error.times > 1) head += fmt::format(", {} times", exact(error.times));
      if (error.bytes != 0) head += fmt::format(" (block of {} bytes)", exact(error.bytes));
      if (error.given_bytes != 0) head += fmt::format(" (freed as {} bytes)", exact(error.given_bytes));
      error.site == 0 ? out.say(head) : add_stack(context, error.site, head, out);
      add_stack(context, error.allocated_site,
                error.kind == ErrorKind::InvalidFree
                    ? "   The address lies within a block that was allocated here:"
                    : "   The block was allocated here:",
                out);
      add_stack(context, error.freed_site, "   and freed before here:", out);
    }
    if (errors.size() > context.options.top)
      out.say(fmt::format("... and {} more.", errors.size() - context.options.top));
  }
  out.data = [&context](Sink& sink) {
    sink.begin_list();
    for (const ErrorRecord& error : context.profile.errors) put_error(sink, context, error);
    sink.end_list();
  };
  return out;
}

}  // namespace weir::tool
