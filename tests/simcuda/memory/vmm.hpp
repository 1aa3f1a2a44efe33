// Virtual memory management: addresses apart from memory. The books are in Reservations; this part owns the
// allocations behind handles and moves the pages.
//
// Every reservation has two address ranges of the same size: the program's, which faults on the host (host memory
// with host access apart), and a shadow, where work of the simulated device finds the bytes. One shadow per
// reservation, so that a range over several mappings is contiguous for us too.
//
// An allocation lives while a handle (counted) or a mapping refers to it. All functions are under the driver's
// lock; none changes anything unless it succeeds.
#pragma once

#include <cuda.h>

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <span>

#include "memory/physical.hpp"
#include "memory/reservations.hpp"

namespace simcuda::memory {

using Handle = CUmemGenericAllocationHandle;

/// A multicast object: devices join, then memory is bound. Stores through it are not simulated.
struct Team {
  CUmulticastObjectProp properties = {};
  std::set<int> devices;
  std::map<std::pair<int, std::size_t>, std::pair<Handle, std::size_t>>
      bound;  // device, offset -> memory, bytes
};

struct Allocation {
  CUmemAllocationProp properties = {};
  std::unique_ptr<Physical> physical;  // null for a multicast object
  std::unique_ptr<Team> team;
  std::size_t bytes = 0;
  unsigned handles = 1;   // cuMemCreate, imports and cuMemRetainAllocationHandle, minus cuMemRelease
  unsigned mappings = 0;  // and bindings
};

class VirtualMemory {
 public:
  CUresult reserve(CUdeviceptr* base, std::size_t bytes, std::size_t alignment, CUdeviceptr hint);
  CUresult release_addresses(CUdeviceptr base, std::size_t bytes);

  CUresult create(Handle* handle, std::size_t bytes, const CUmemAllocationProp& properties);
  CUresult release(Handle handle);
  CUresult retain(Handle* handle, CUdeviceptr mapped_address);
  /// Null for a value that is no handle, or one that was released for the last time.
  [[nodiscard]] Allocation* find(Handle handle);

  CUresult map(CUdeviceptr base, std::size_t bytes, std::size_t offset, Handle handle);
  CUresult unmap(CUdeviceptr base, std::size_t bytes);
  CUresult set_access(CUdeviceptr base, std::size_t bytes, std::span<const CUmemAccessDesc> wanted);
  CUresult access(unsigned long long* flags, const CUmemLocation& location, CUdeviceptr address);

  /// A descriptor that the caller closes.
  CUresult share(int* descriptor, Handle handle, CUmemAllocationHandleType type);
  CUresult import(Handle* handle, int descriptor);

  CUresult create_team(Handle* handle, const CUmulticastObjectProp& properties);
  CUresult add_device(Handle team, int device);
  CUresult bind(Handle team, std::size_t offset, Handle memory, std::size_t memory_offset, std::size_t bytes);
  CUresult bind_address(Handle team, std::size_t offset, CUdeviceptr memory, std::size_t bytes);
  CUresult unbind(Handle team, int device, std::size_t offset, std::size_t bytes);

 private:
  struct Range {
    std::size_t bytes = 0;
    std::byte* shadow = nullptr;
  };

  Handle enter(Allocation allocation);
  void drop_if_unused(Handle handle);
  [[nodiscard]] std::byte* shadow_of(CUdeviceptr address) const;
  CUresult check_access(const Allocation& allocation, const CUmemAccessDesc& wanted) const;
  void apply_access(CUdeviceptr base, Reservations::Mapping& mapping);

  Reservations books_;
  std::map<CUdeviceptr, Range> ranges_;
  std::map<Handle, Allocation> allocations_;
  Handle last_ = 0x51000000;
};

/// Never destroyed.
VirtualMemory& virtual_memory();

}  // namespace simcuda::memory
