// What is done when the process is about to give up rights: the profile goes on without what they were needed for.
#include <link.h>

#include "core/engine/engine.hpp"
#include "core/engine/state.hpp"
#include "core/engine/threads.hpp"
#include "core/host/host.hpp"

namespace weir::engine {
namespace {

using platform::Right;
using platform::Rights;

/// One address in each loaded object.
struct Objects {
  static constexpr std::size_t kMost = 64;
  std::uintptr_t at[kMost];
  std::size_t count, skipped;
};

int list_object(dl_phdr_info* object, std::size_t, void* argument) noexcept {
  auto& objects = *static_cast<Objects*>(argument);
  for (int i = 0; i != object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    if (objects.skipped != 0)
      --objects.skipped;
    else if (objects.count != Objects::kMost)
      objects.at[objects.count++] = object->dlpi_addr + segment.p_vaddr;
    break;
  }
  return objects.count == Objects::kMost ? 1 : 0;
}

/// Names and facts of all program files, while they can be read.
void learn_modules() noexcept {
  for (std::size_t done = 0;;) {
    Objects objects{.at = {}, .count = 0, .skipped = done};
    dl_iterate_phdr(list_object,
                    &objects);  // no allocation; the loader's lock is free again when modules are entered
    for (std::size_t i = 0; i != objects.count; ++i) (void)g_modules.find(g_map, objects.at[i]);
    if (objects.count != Objects::kMost) return;
    done += objects.count;
  }
}

/// Where this process's profile is to be prepared; a forked child begins it now. False: there is none, or a vfork child asks.
bool is_ready() noexcept {
  if (!g_map.exists() || !g_counting.load(std::memory_order_relaxed)) return false;
  if (load_relaxed(g_guard->generation) == 0) enter_thread(t_self);
  return !platform::may(Right::WhoAmI) || platform::own_pid() == header().pid;
}

/// The filter as the caller gave it, if that can be read.
bool read_filter(const void* at, sock_fprog& out) noexcept {
  const auto can_read = [](const void* from, std::size_t bytes) {
    if (from == nullptr) return false;
    if (!platform::may(Right::AskPages)) return true;  // then this is not the first filter, and no trial
    const std::uintptr_t end = address_of(from) + bytes;
    for (std::uintptr_t page = align_down(address_of(from), platform::kPageBytes); page < end;
         page += platform::kPageBytes)
      if (!platform::is_readable(page)) return false;
    return true;
  };
  if (!can_read(at, sizeof(out))) return false;
  out = *static_cast<const sock_fprog*>(at);
  return out.len != 0 && can_read(out.filter, out.len * sizeof(sock_filter));
}

}  // namespace

void before_leaving_files() noexcept {
  const KeepOut keep_out;
  if (!keep_out.entered || !is_ready() || g_map.can_lose_path()) return;
  learn_modules();
  g_map.prepare_to_lose_path();
}

std::uint32_t before_filter(const void* filter) noexcept {
  const KeepOut keep_out;
  if (!keep_out.entered) return 0;
  sock_fprog program{};
  if (filter != nullptr && !read_filter(filter, program)) return 0;  // the kernel will refuse it, too
  const Rights wanted = filter == nullptr ? platform::kAllRights : platform::rights_lost_by(program);
  const Rights had = platform::g_lost_rights.load(std::memory_order_relaxed);
  if ((wanted & ~had) == 0) return 0;
  if (is_ready()) {
    learn_modules();
    platform::learn_first_stack();
    if ((wanted & static_cast<Rights>(Right::WriteFiles)) != 0) g_map.prepare_to_lose_calls();
  } else if (g_map.exists() && load_relaxed(g_guard->generation) != 0 && platform::may(Right::WhoAmI) &&
             platform::own_pid() != header().pid) {
    return 0;  // a vfork child: what it may do no more, its parent still may
  }
  if ((wanted & static_cast<Rights>(Right::Map)) != 0) host::put_memory_aside();
  platform::g_lost_rights.fetch_or(wanted, std::memory_order_relaxed);
  return wanted & ~had;
}

void filter_refused(std::uint32_t given_up) noexcept {
  platform::g_lost_rights.fetch_and(~given_up, std::memory_order_relaxed);
}

}  // namespace weir::engine
