// Frames in words: which one matters, and where it is.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/report.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// Functions of CUDA's runtime and driver, which may be part of any file.
bool is_of_cuda(std::string_view name) {
  constexpr std::string_view kPrefixes[] = {"cuda",  "cuMem",   "cuArray",          "cuMipmapped", "cuImport",
                                            "cuIpc", "cuGraph", "libcudart_static", "cudart::"};
  return std::any_of(std::begin(kPrefixes), std::end(kPrefixes), [&](std::string_view prefix) {
    // Behind "cuda" the runtime's names go on with a capital; "cudaX" is its, "cuda_alloc" may be the program's.
    const bool goes_on = prefix != "cuda" || (name.size() > 4 && name[4] >= 'A' && name[4] <= 'Z');
    return name.starts_with(prefix) && goes_on;
  });
}

/// What stands before the arguments, without the result type that templates carry; empty: no name.
std::string_view bare_name(const Frame& frame) {
  if (!frame.function) return {};
  std::string_view name = *frame.function;
  if (const std::size_t blank = name.substr(0, name.find_first_of("<(")).rfind(' ');
      blank != std::string_view::npos && !name.starts_with("operator "))
    name.remove_prefix(blank + 1);
  return name;
}

/// Frames between a program and its memory that say nothing of the program: the allocator's, the standard
/// library's, libc's own, and the wrappers that many programs put around malloc.
bool is_plumbing(const Frame& frame) {
  constexpr std::string_view kModules[] = {"libweir.so", "libc.so",    "libstdc++.so", "libc++.so",
                                           "ld-linux",   "libcuda.so", "libcudart.so"};
  constexpr std::string_view kNames[] = {"std::", "__gnu_cxx::", "operator new", "void* operator new"};
  constexpr std::string_view kCalls[] = {"malloc",
                                         "calloc",
                                         "realloc",
                                         "reallocarray",
                                         "posix_memalign",
                                         "aligned_alloc",
                                         "memalign",
                                         "xmalloc",
                                         "xcalloc",
                                         "xrealloc",
                                         "xzalloc",
                                         "xstrdup",
                                         "xstrndup",
                                         "xmemdup",
                                         "g_malloc",
                                         "g_malloc0",
                                         "g_realloc",
                                         "Perl_safesysmalloc",
                                         "Perl_safesyscalloc",
                                         "Perl_safesysrealloc",
                                         "PyMem_Malloc",
                                         "PyMem_RawMalloc",
                                         "PyObject_Malloc",
                                         "_PyMem_RawMalloc",
                                         "_PyObject_Malloc"};
  if (frame.module) {
    const std::string_view module = file_name(*frame.module);
    if (std::any_of(std::begin(kModules), std::end(kModules), [&](auto m) { return module.starts_with(m); }))
      return true;
  }
  if (!frame.function) return false;
  const std::string_view name = bare_name(frame);
  return is_of_cuda(name) ||
         std::any_of(std::begin(kNames), std::end(kNames), [&](auto n) { return name.starts_with(n); }) ||
         std::any_of(std::begin(kCalls), std::end(kCalls), [&](auto n) { return name == n; });
}

/// Behind the functions of CUDA that follow each other closely (the runtime's, and the driver's that it calls); the
/// beginning where there are none.
std::vector<Frame>::const_iterator beyond_cuda(const std::vector<Frame>& frames) {
  constexpr std::ptrdiff_t kClose = 8;
  auto found = frames.begin();
  for (auto at = frames.begin(); at != frames.end() && (found == frames.begin() || at - found <= kClose);
       ++at)
    if (is_of_cuda(bare_name(*at))) found = at;
  return found;
}

/// weir's own frames, between the program and the driver, say nothing of the program. JSON has them.
bool is_own(const Frame& frame) {
  return frame.module && std::string_view{*frame.module}.substr(frame.module->rfind('/') + 1) == "libweir.so";
}

}  // namespace

const Frame* headline(const std::vector<Frame>& frames) {
  if (frames.empty()) return nullptr;
  // What is younger than a function of CUDA's is inside of it, whatever file it was linked into.
  const auto first = std::find_if_not(beyond_cuda(frames), frames.end(), is_plumbing);
  if (first == frames.end()) return &frames.front();
  // A name says more than a number, if it is not far.
  constexpr std::ptrdiff_t kNear = 3;
  const auto last = first + std::min(kNear, frames.end() - first);
  const auto named =
      std::find_if(first, last, [](const Frame& frame) { return frame.function && !is_plumbing(frame); });
  return named == last ? &*first : &*named;
}

std::string function_of(const Frame& frame) {
  if (frame.function) return printable(*frame.function);
  return frame.module ? "??" : fmt::format("{:#x}", frame.offset);
}

std::string place_of(const Frame& frame, std::string_view cwd) {
  if (frame.file) {
    std::string_view file = *frame.file;
    if (!cwd.empty() && cwd != "/" && file.starts_with(cwd) && file.substr(cwd.size()).starts_with('/'))
      file.remove_prefix(cwd.size() + 1);
    return frame.line ? fmt::format("{}:{}", printable(file), *frame.line) : printable(file);
  }
  if (!frame.module) return "in no file";
  return fmt::format("{}+{:#x}", printable(file_name(*frame.module)), frame.offset);
}

std::string name_of(const Frame& frame, std::string_view cwd) {
  return frame.function ? function_of(frame) : place_of(frame, cwd);
}

StackText stack_text(std::string head, const Profile& profile, const Site& site,
                     const std::vector<Frame>& frames) {
  StackText out{std::move(head), {}};
  const bool is_all_own = std::all_of(frames.begin(), frames.end(), is_own);
  for (const Frame& frame : frames)
    if (is_all_own || !is_own(frame))
      out.lines.push_back(
          {function_of(frame) + (frame.inlined ? " [inlined]" : ""), place_of(frame, profile.process.cwd)});
  if ((site.flags & profile::kSiteUnknown) != 0)
    out.lines.push_back({"(call stacks that found no room in the profile, counted together)", ""});
  else if (frames.empty())
    out.lines.push_back({"(no call stack)", ""});
  if ((site.flags & profile::kSiteTruncated) != 0)
    out.lines.push_back(
        {fmt::format("(deeper than {} frames: the oldest were cut)", profile.stack_depth), ""});
  if ((site.flags & profile::kSiteNoUnwind) != 0)
    out.lines.push_back({"(older callers are unknown: the walk met a frame it could not pass)", ""});
  return out;
}

void put_frames(Sink& sink, const std::vector<Frame>& frames) {
  for (const Frame& frame : frames) {
    sink.begin_object();
    sink.member("function", frame.function);
    sink.member("file", frame.file);
    sink.member("line", frame.line);
    sink.member("module", frame.module);
    sink.member("offset", frame.offset);
    sink.member("inlined", frame.inlined);
    sink.end_object();
  }
}

}  // namespace weir::tool
