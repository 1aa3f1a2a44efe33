// The built-in table: what the C and C++ runtimes, the loader and the CUDA driver keep until the end on purpose.
//
// A row is looked for only in the youngest part of a stack: the frame that asked for the block and its callers as
// long as they are in the runtime's own files. So a program's own block, asked for in a constructor that the
// loader runs or in a callback that libc makes, is never taken for the runtime's. Where the runtime is stripped its
// inner functions have no names; then the exported function that was called, or the file itself, decides.
#include <algorithm>

#include "tool/report/suppressions.hpp"

namespace weir::tool {
namespace {

struct Row {
  enum class By {
    Function,  ///< a function in the youngest, runtime's part of the stack
    Asker,     ///< the file of the frame that asked for the block
    Load,      ///< the same, called by the loader or by nobody known: a library's start-up code
  } by;
  std::string_view pattern;
  std::string_view reason;
};

constexpr Row kRows[] = {
    {Row::By::Asker, "ld-linux*.so*", "the loader's lists of libraries and their thread-local storage"},
    {Row::By::Asker, "ld-musl*.so*", "the loader's lists of libraries and their thread-local storage"},
    {Row::By::Asker, "libcuda.so*", "the CUDA driver's own tables, kept for the life of the process"},
    {Row::By::Asker, "libnvidia-*.so*", "the CUDA driver's own tables, kept for the life of the process"},
    {Row::By::Function, "_dl_*", "the loader's lists of libraries and their thread-local storage"},
    {Row::By::Function, "dlopen*", "the loader's record of an opened library"},
    {Row::By::Function, "__libc_dlopen*", "the loader's record of an opened library"},
    {Row::By::Function, "dlerror", "the loader's text of the last error"},
    {Row::By::Function, "allocate_dtv", "thread-local storage of a thread"},
    {Row::By::Function, "__tls_get_addr", "thread-local storage of a thread"},
    {Row::By::Function, "__cxa_get_globals", "exception state of a thread"},
    {Row::By::Function, "__cxa_thread_atexit*", "list of thread-local destructors"},
    {Row::By::Function, "pthread_create*", "stack and thread-local storage, kept for the next thread"},
    {Row::By::Function, "pthread_setspecific", "thread-specific values of a thread"},
    {Row::By::Function, "__cxa_atexit", "list of functions to call at exit"},
    {Row::By::Function, "__new_exitfn", "list of functions to call at exit"},
    {Row::By::Function, "on_exit", "list of functions to call at exit"},
    {Row::By::Load, "libstdc++.so*", "libstdc++'s memory for throwing exceptions when memory is short"},
    {Row::By::Function, "*__gnu_cxx::__freeres*",
     "libstdc++'s memory for throwing exceptions when memory is short"},
    {Row::By::Function, "*(anonymous namespace)::pool::pool*",
     "libstdc++'s memory for throwing exceptions when memory is short"},
    {Row::By::Function, "std::locale::*", "C++ locales, made once"},
    {Row::By::Function, "_IO_file_doallocate", "buffer of an open stdio stream (stdin, stdout ...)"},
    {Row::By::Function, "_IO_wfile_doallocate", "buffer of an open stdio stream (stdin, stdout ...)"},
    {Row::By::Function, "setlocale", "locale data, made once"},
    {Row::By::Function, "newlocale", "locale data, made once"},
    {Row::By::Function, "_nl_*", "locale data and message catalogues, made once"},
    {Row::By::Function, "bindtextdomain", "message catalogues, made once"},
    {Row::By::Function, "textdomain", "message catalogues, made once"},
    {Row::By::Function, "*gettext", "message catalogues, made once"},
    {Row::By::Function, "__gconv*", "tables of character set converters"},
    {Row::By::Function, "tzset*", "time zone data"},
    {Row::By::Function, "__tz*", "time zone data"},
    {Row::By::Function, "localtime*", "time zone data"},
    {Row::By::Function, "mktime", "time zone data"},
    {Row::By::Function, "strftime*", "time zone data"},
    {Row::By::Function, "__nss_*", "name service tables"},
    {Row::By::Function, "_nss_*", "name service tables"},
    {Row::By::Function, "getpw*", "name service tables"},
    {Row::By::Function, "getgr*", "name service tables"},
    {Row::By::Function, "getservby*", "name service tables"},
    {Row::By::Function, "gethostby*", "name service tables"},
    {Row::By::Function, "__res_*", "name service tables"},
    {Row::By::Function, "register_printf_*", "printf's table of registered letters"},
    {Row::By::Function, "__register_frame*", "unwinder's table of registered frames"},
    {Row::By::Function, "_Unwind_Find_FDE", "unwinder's cache"},
    {Row::By::Function, "backtrace", "libgcc, loaded for backtrace()"},
    {Row::By::Asker, "libgcc_s.so*", "unwinder's cache"},
    {Row::By::Asker, "libunwind*.so*", "unwinder's cache"},
    {Row::By::Asker, "libgomp.so*", "OpenMP's threads and their work lists"},
    {Row::By::Asker, "libasan.so*", "the sanitizer's own"},
};

constexpr std::string_view kRuntime[] = {
    "libc.so*",   "libc-2*.so",     "ld-linux*.so*", "libstdc++.so*", "libgcc_s.so*",   "libpthread*.so*",
    "libdl*.so*", "libunwind*.so*", "libgomp.so*",   "libm.so*",      "libresolv*.so*", "libnss_*.so*"};

std::string_view file_name(const Frame& frame) {
  if (!frame.module) return {};
  return std::string_view{*frame.module}.substr(frame.module->rfind('/') + 1);
}

bool named(const Frame& frame, std::string_view pattern) {
  if (!frame.function) return false;
  std::string whole{"^"};
  (whole += pattern) += '$';
  return matches(whole, *frame.function) ||
         matches(whole, frame.function->substr(0, frame.function->find('(', 1)));
}

bool in_file(const Frame& frame, std::string_view pattern) {
  std::string whole{"^"};
  (whole += pattern) += '$';
  return matches(whole, file_name(frame));
}

bool in_runtime(const Frame& frame) {
  return std::any_of(std::begin(kRuntime), std::end(kRuntime),
                     [&](auto file) { return in_file(frame, file); });
}

/// libweir's own frames and the functions that are asked for memory: the asker is behind them.
bool is_allocator(const Frame& frame) {
  constexpr std::string_view kNames[] = {"malloc",        "calloc",         "realloc",
                                         "reallocarray",  "memalign",       "aligned_alloc",
                                         "operator new*", "posix_memalign", "__libc_*alloc"};
  return in_file(frame, "libweir.so*") ||
         std::any_of(std::begin(kNames), std::end(kNames), [&](auto name) { return named(frame, name); });
}

}  // namespace

std::optional<std::string> builtin_rule(std::span<const Frame> frames) {
  const auto asker = std::find_if_not(frames.begin(), frames.end(), is_allocator);
  if (asker == frames.end()) return std::nullopt;
  const auto runtime_end = std::max(std::find_if_not(asker, frames.end(), in_runtime), asker + 1);
  const auto young = [&](auto&& holds) { return std::any_of(asker, runtime_end, holds); };
  for (const Row& row : kRows) {
    bool hit = false;
    switch (row.by) {
      case Row::By::Function:
        hit = young([&](const Frame& frame) { return named(frame, row.pattern); });
        break;
      case Row::By::Asker: hit = in_file(*asker, row.pattern); break;
      case Row::By::Load: {
        const auto caller =
            std::find_if_not(asker, frames.end(), [&](auto& f) { return in_file(f, row.pattern); });
        hit = caller != asker && (caller == frames.end() || in_file(*caller, "ld-linux*.so*"));
        break;
      }
    }
    if (hit) return std::string{row.reason};
  }
  return std::nullopt;
}

}  // namespace weir::tool
