#include "core/engine/environment.hpp"

#include <unistd.h>

#include <cstring>

#include "core/base/slice.hpp"
#include "core/base/text.hpp"
#include "core/platform/platform.hpp"

namespace weir::engine {
namespace {

/// What the constructor was given; libc's `environ` may not be set yet then.
constinit char** g_first{};

char** entries() noexcept { return g_first != nullptr ? g_first : environ; }

constexpr std::size_t kMostBytes = 1U << 20;
constexpr std::string_view kLibrary = "libweir.so";
constexpr std::string_view kPreload = "LD_PRELOAD=";

/// A process's environment as the kernel shows it, on pages of its own.
class KernelEnvironment {
 public:
  explicit KernelEnvironment(const char* path) noexcept
      : text_{static_cast<char*>(platform::map_pages(kMostBytes))} {
    if (text_ != nullptr) bytes_ = platform::read_file(path, {text_, kMostBytes - 1});
  }
  ~KernelEnvironment() {
    if (text_ != nullptr) platform::unmap(text_, kMostBytes);
  }
  KernelEnvironment(const KernelEnvironment&) = delete;
  KernelEnvironment& operator=(const KernelEnvironment&) = delete;

  template <class See>
  void each(See see) const noexcept {
    for (std::size_t at = 0; at < bytes_;) {
      const std::string_view entry{text_ + at};
      see(entry);
      at += entry.size() + 1;
    }
  }

 private:
  char* text_;
  std::size_t bytes_ = 0;
};

}  // namespace

void use_environment(char** first) noexcept { g_first = first; }

void each_environment_entry(void (*see)(std::string_view entry) noexcept) noexcept {
  if (entries() != nullptr) {
    for (char** entry = entries(); *entry != nullptr; ++entry) see(*entry);
    return;
  }
  KernelEnvironment{"/proc/self/environ"}.each(see);
}

std::string_view environment_value(std::string_view name) noexcept {
  for (char** entry = entries(); entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    if (text.size() > name.size() && text[name.size()] == '=' && text.starts_with(name))
      return slice(text, name.size() + 1);
  }
  return {};
}

void leave_preload_list() noexcept {
  for (char** entry = entries(); entry != nullptr && *entry != nullptr; ++entry) {
    if (!std::string_view{*entry}.starts_with(kPreload)) continue;
    char* to = *entry + kPreload.size();
    for (const char* from = to; *from != '\0';) {
      const std::size_t length = std::strcspn(from, ": ");
      const bool ours = std::string_view{from, length}.ends_with(kLibrary);
      const std::size_t separators = std::strspn(from + length, ": ");
      if (!ours) {
        std::memmove(to, from, length + separators);
        to += length + separators;
      }
      from += length + separators;
    }
    *to = '\0';
  }
}

bool is_parent_recorded(unsigned parent_pid) noexcept {
  char bytes[64];
  TextBuffer path{bytes};
  path << "/proc/" << std::uint64_t{parent_pid} << "/environ";
  bool found = false;
  KernelEnvironment{path.c_str()}.each([&](std::string_view entry) {
    found = found || (entry.starts_with(kPreload) && entry.find(kLibrary) != std::string_view::npos);
  });
  return found;
}

}  // namespace weir::engine
