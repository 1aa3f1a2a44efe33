#include "memory/ipc.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <string_view>
#include <tuple>

#include "base/lock.hpp"
#include "device/context.hpp"
#include "device/device.hpp"
#include "heap/blocks.hpp"
#include "memory/imports.hpp"

namespace simcuda::memory {
namespace {

constexpr std::uint64_t kMagic = 0x73696d6970636d65ULL;

struct Ticket {  // what the 64 bytes of a handle say
  std::uint64_t magic;
  std::uint64_t block;
  std::uint64_t offset;
  std::uint64_t bytes;
  std::int32_t process;
  std::int32_t descriptor;
  std::int32_t device;
  std::int32_t unused;
};
static_assert(sizeof(Ticket) <= sizeof(CUipcMemHandle));

using Key = std::tuple<Context*, std::int32_t, std::uint64_t>;  // context, process, allocation

struct Opened {
  CUdeviceptr base = 0;
  unsigned count = 0;
};

std::map<Key, Opened>& opened() {
  static auto& all = *new std::map<Key, Opened>;
  return all;
}

/// The memory of a device in another process; -1 if that is not what the descriptor names any more.
int open_device_memory(const Ticket& ticket) {
  char path[64];
  char name[64] = {};
  std::snprintf(path, sizeof path, "/proc/%d/fd/%d", ticket.process, ticket.descriptor);
  if (readlink(path, name, sizeof name - 1) < 0) return -1;
  if (!std::string_view(name).starts_with("/memfd:simcuda")) return -1;
  return open(path, O_RDWR | O_CLOEXEC);
}

CUresult open_first(const Ticket& ticket, Context& context, CUdeviceptr& base) {
  if (device_of(ticket.device) == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (ticket.device != context.device && !can_access_peer(context.device, ticket.device)) {
    return CUDA_ERROR_PEER_ACCESS_UNSUPPORTED;
  }
  int descriptor = open_device_memory(ticket);
  if (descriptor < 0) return CUDA_ERROR_MAP_FAILED;
  Block model;
  model.device = ticket.device;
  model.context = &context;
  base = map_import({.descriptor = descriptor, .offset = ticket.offset, .bytes = ticket.bytes}, model);
  close(descriptor);
  return base == 0 ? CUDA_ERROR_MAP_FAILED : CUDA_SUCCESS;
}

/// A context takes what it opened with it.
void drop_opened(Context& context) {
  locked([&] {
    std::erase_if(opened(), [&](const auto& entry) {
      if (std::get<0>(entry.first) != &context) return false;
      unmap_import(entry.second.base);
      return true;
    });
  });
}

[[maybe_unused]] const bool registered = at_context_end(EndPhase::memory, drop_opened);

}  // namespace

CUresult export_memory(CUipcMemHandle* handle, CUdeviceptr address) {
  const Block* block = find_block(address);
  if (block == nullptr || block->kind != Kind::device || block->fd < 0) return CUDA_ERROR_INVALID_VALUE;
  Ticket ticket = {.magic = kMagic,
                   .block = block->id,
                   .offset = block->fd_offset,
                   .bytes = block->bytes,
                   .process = getpid(),
                   .descriptor = block->fd,
                   .device = block->device,
                   .unused = 0};
  *handle = {};
  std::memcpy(handle, &ticket, sizeof ticket);
  return CUDA_SUCCESS;
}

CUresult open_memory(CUdeviceptr* base, const CUipcMemHandle& handle, Context& context) {
  Ticket ticket;
  std::memcpy(&ticket, &handle, sizeof ticket);
  if (ticket.magic != kMagic) return CUDA_ERROR_INVALID_VALUE;
  if (ticket.process == getpid()) return CUDA_ERROR_INVALID_CONTEXT;  // for other processes only
  Key key{&context, ticket.process, ticket.block};
  auto found = opened().find(key);
  if (found == opened().end()) {
    Opened first;
    CUresult result = open_first(ticket, context, first.base);
    if (result != CUDA_SUCCESS) return result;
    found = opened().emplace(key, first).first;
  }
  found->second.count += 1;
  *base = found->second.base;
  return CUDA_SUCCESS;
}

CUresult close_memory(CUdeviceptr base, Context& context) {
  for (auto& [key, entry] : opened()) {
    if (entry.base != base || std::get<0>(key) != &context) continue;
    if (--entry.count > 0) return CUDA_SUCCESS;
    unmap_import(base);
    opened().erase(key);
    return CUDA_SUCCESS;
  }
  return CUDA_ERROR_INVALID_VALUE;
}

}  // namespace simcuda::memory
