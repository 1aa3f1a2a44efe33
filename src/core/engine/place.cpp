// Where the profile goes: the pattern of WEIR_OUT, what to do when that place does not work, and who is told.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "core/base/slice.hpp"
#include "core/base/text.hpp"
#include "core/engine/environment.hpp"
#include "core/engine/state.hpp"

namespace weir::engine {
namespace {

constexpr std::size_t kPathMax = 4096;

/// The facts that a pattern may name, taken when the process starts: programs change directory and environment.
struct Facts {
  char cwd[1024];
  char fallback[512];  ///< directory
  char run_file[1024];
  char host[65];
  char rank[16];
  bool resolved;
};
constinit Facts g_facts{};

/// Room for paths. Not on the stack, which may be a small thread's; open_profile() admits one at a time.
struct Scratch {
  char expanded[kPathMax], path[kPathMax], other[kPathMax], line[kPathMax + 32];
};
constinit Scratch g_scratch{};
constinit platform::Lock g_lock{};

std::string_view text_of(const char* field) noexcept { return {field, std::strlen(field)}; }

std::string_view program_name() noexcept {
  const std::string_view exe = text_of(header().exe);
  return slice(exe, exe.rfind('/') + 1);
}

void expand(std::string_view pattern, std::uint32_t counter, TextBuffer& out) noexcept {
  for (std::size_t i = 0; i != pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      out.put(pattern[i]);
      continue;
    }
    switch (pattern[++i]) {
      case 'p': out << std::uint64_t{header().pid}; break;
      case 'e': out << program_name(); break;
      case 'h': out << text_of(g_facts.host); break;
      case 'r': out << text_of(g_facts.rank); break;
      case 'n': out << std::uint64_t{counter}; break;
      default: out.put(pattern[i]);
    }
  }
}

bool names_counter(std::string_view pattern) noexcept {
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i)
    if (pattern[i] == '%' && pattern[++i] == 'n') return true;
  return false;
}

constexpr std::string_view kSuffix = ".weir";

/// Attempt `n` at a path that may be taken already: the path itself, then with the process number, then numbered. The
/// additions come before ".weir", so that who looks for *.weir finds all.
void vary(TextBuffer& out, std::string_view path, std::uint32_t attempt) noexcept {
  const bool has_suffix = path.ends_with(kSuffix);
  out << (has_suffix ? slice(path, 0, path.size() - kSuffix.size()) : path);
  if (attempt > 0) out << "." << std::uint64_t{header().pid};
  if (attempt > 1) out << "." << std::uint64_t{attempt - 1};
  if (has_suffix) out << kSuffix;
}

/// A profile at this path that this very process began, as the program it was before exec, makes room: the name that
/// the user asked for belongs to what the process became. False: it is another's, or cannot be moved.
bool take_over_name(const char* path) noexcept {
  static constinit profile::Header before{};
  constexpr std::size_t kEnough = offsetof(profile::Header, end);
  if (!platform::is_regular_file(path)) return false;
  if (platform::read_file(path, {reinterpret_cast<char*>(&before), kEnough}) != kEnough) return false;
  if (before.magic != profile::kMagic || before.pid != header().pid ||
      before.started_ticks != header().started_ticks)
    return false;
  for (std::uint32_t attempt = 1; attempt != 100; ++attempt) {
    TextBuffer other{g_scratch.other};
    vary(other, path, attempt);
    const long linked = platform::raw_syscall(SYS_link, path, other.c_str());  // never over what is there
    if (linked == 0) return platform::raw_syscall(SYS_unlink, path) == 0;
    if (linked == -EEXIST) continue;
    // A filesystem without hard links.
    return platform::facts_of(other.c_str()).inode == 0 &&
           platform::raw_syscall(SYS_rename, path, other.c_str()) == 0;
  }
  return false;
}

/// 0, or a negative errno value.
int try_pattern(std::string_view directory, std::string_view pattern) noexcept {
  constexpr std::uint32_t kAttempts = 1000;
  const bool counted = names_counter(pattern);
  int result = -EEXIST;
  for (std::uint32_t attempt = 0; attempt != kAttempts && result == -EEXIST; ++attempt) {
    TextBuffer expanded{g_scratch.expanded}, path{g_scratch.path};
    if (!pattern.starts_with('/')) expanded << directory << "/";
    expand(pattern, attempt, expanded);
    vary(path, expanded.view(), counted ? 0 : attempt);
    const char* terminated = path.c_str();
    result = expanded.cut() || path.cut() ? -ENAMETOOLONG : g_map.move_to(terminated);
    if (result == -EEXIST && attempt == 0 && take_over_name(terminated)) result = g_map.move_to(terminated);
  }
  return result;
}

std::string_view reason(int error) noexcept {
  // strerror() may translate, and allocate; strerrordesc_np() is too new.
  switch (error) {
    case EACCES: return "Permission denied";
    case EDQUOT: return "Disk quota exceeded";
    case EEXIST: return "File exists";
    case EFBIG: return "File too large";
    case EIO: return "Input/output error";
    case EISDIR: return "Is a directory";
    case ELOOP: return "Too many levels of symbolic links";
    case EMFILE:
    case ENFILE: return "Too many open files";
    case ENAMETOOLONG: return "File name too long";
    case ENODEV: return "No such device";
    case ENOENT: return "No such file or directory";
    case ENOMEM: return "Cannot allocate memory";
    case ENOSPC: return "No space left on device";
    case ENOTDIR: return "Not a directory";
    case EPERM: return "Operation not permitted";
    case EROFS: return "Read-only file system";
    default: return "an unusual error";
  }
}

void complain_of_place(int error) noexcept {
  char bytes[1200];
  TextBuffer line{bytes};
  line << "weir: cannot write the profile " << slice(g_config.out.view(), 0, 400) << " (" << reason(-error)
       << "); ";
  if (g_map.has_file())
    line << "it goes to " << text_of(g_map.path());
  else
    line << "it is kept in memory, and tried again at the end";
  if (is_first_of_family()) platform::say(line.view());
  warn(line.view());
}

}  // namespace

void resolve_pattern() noexcept {
  if (g_facts.resolved) return;
  g_facts.resolved = true;
  (void)platform::working_directory(g_facts.cwd);
  copy_text(header().cwd, text_of(g_facts.cwd));
  const std::string_view temporary = environment_value("TMPDIR");
  copy_text(std::span{g_facts.fallback}.first(sizeof(g_facts.fallback) - 1),
            temporary.starts_with('/') ? temporary : std::string_view{"/tmp"});
  copy_text(std::span{g_facts.run_file}.first(sizeof(g_facts.run_file) - 1),
            environment_value("WEIR_RUN_FILE"));
  gethostname(g_facts.host, sizeof(g_facts.host) - 1);
  std::string_view rank = "0";
  for (const char* name :
       {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK", "SLURM_PROCID", "RANK"}) {
    const std::string_view value = environment_value(name);
    if (value.empty()) continue;
    rank = value;
    break;
  }
  copy_text(std::span{g_facts.rank}.first(sizeof(g_facts.rank) - 1), rank);
}

bool is_under_run() noexcept { return g_facts.run_file[0] != '\0'; }

void reset_place_lock() noexcept { g_lock.reset(); }

void open_profile() noexcept {
  const platform::Holding hold{g_lock};
  const std::string_view pattern = g_config.out.view();
  const int wanted = try_pattern(text_of(g_facts.cwd), pattern);
  if (wanted == 0) return announce_profile();
  const std::string_view name = slice(pattern, pattern.rfind('/') + 1);
  int second = try_pattern(text_of(g_facts.fallback), name);
  if (second != 0) second = try_pattern("/tmp", name);
  complain_of_place(wanted);
  if (second == 0) announce_profile();
}

void announce_profile() noexcept {
  if (!is_under_run() || !g_map.has_file()) return;
  const platform::File file = platform::open_file(g_facts.run_file, O_WRONLY | O_APPEND | O_NOFOLLOW);
  if (!file.is_open()) return;
  TextBuffer line{g_scratch.line};
  line << std::uint64_t{header().pid} << "\t" << text_of(g_map.path()) << "\n";
  platform::raw_syscall(SYS_write, file.fd(), line.view().data(), line.view().size());
}

std::string_view shown_profile_path() noexcept {
  const std::string_view path = text_of(g_map.path());
  const std::string_view start = text_of(g_facts.cwd);
  char now[sizeof(g_facts.cwd)];
  const std::string_view here = platform::working_directory(now);
  const bool same = !here.empty() && start == here;
  const bool inside = path.size() > start.size() && path.starts_with(start) && path[start.size()] == '/';
  return same && inside && !start.empty() ? slice(path, start.size() + 1) : path;
}

}  // namespace weir::engine
