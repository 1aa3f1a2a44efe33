// One memory pool: device (or host) memory that is reserved in segments and handed out in stream order.
//
// What the numbers mean, where the documentation leaves it open: segments are multiples of 32 MiB (of 2 MiB when
// the device or the pool's limit has not that much left); blocks are multiples of 512 bytes; memory counts as used
// until cuMemFreeAsync or cuMemFree returns, though a free takes effect for other streams only when it is
// executed; the device is charged for what is reserved.
//
// Everything here is under the pools' lock (pools.hpp), which comes before the driver's.
#pragma once

#include <cuda.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "engine/engine.hpp"
#include "memory/physical.hpp"
#include "memory/pool_blocks.hpp"

namespace simcuda::memory {

class Pool : public std::enable_shared_from_this<Pool> {
 public:
  struct Taken {
    CUdeviceptr base = 0;
    engine::Ticket wait_for;  // later work of the stream must come after this
  };
  struct Export {  // what CUmemPoolPtrExportData carries
    std::uint64_t magic;
    std::uint64_t pool;  // serials
    std::uint64_t segment;
    std::uint64_t offset;
    std::uint64_t bytes;
    std::int32_t process;
    std::int32_t descriptor;
  };

  explicit Pool(const CUmemPoolProps& properties) : properties_(properties) {}
  /// The view that another process's pool gives: pointers can be imported from it, nothing else.
  Pool(const CUmemPoolProps& properties, std::uint64_t imported)
      : properties_(properties), imported_(imported) {}

  [[nodiscard]] CUmemoryPool handle() { return reinterpret_cast<CUmemoryPool>(this); }
  [[nodiscard]] const CUmemPoolProps& properties() const { return properties_; }
  [[nodiscard]] bool is_import() const { return imported_ != 0; }

  CUresult allocate(std::size_t bytes, const engine::StreamRef& stream, Taken& taken);
  /// The free is queued in the stream; the pointer is dead for the program at once.
  CUresult free_in_order(CUdeviceptr base, const engine::StreamRef& stream, const char* name);
  CUresult free_now(CUdeviceptr base);

  void trim(std::size_t keep);
  /// The host has waited for something: executed frees are known, and what exceeds the threshold is given back.
  void synchronised();
  /// What is reserved goes back as soon as nothing of it is used.
  void destroy();

  CUresult set_attribute(CUmemPool_attribute attribute, const void* value);
  CUresult attribute(CUmemPool_attribute attribute, void* value) const;
  CUresult set_access(const CUmemAccessDesc& wanted, bool only_check);
  CUresult access(CUmemAccess_flags* flags, const CUmemLocation& location) const;

  /// A descriptor that the caller closes.
  CUresult share(int* descriptor, CUmemAllocationHandleType type);
  CUresult export_pointer(Export* data, CUdeviceptr base) const;
  CUresult import_pointer(CUdeviceptr* base, const Export& data);

 private:
  struct Segment {
    std::unique_ptr<Physical> physical;
    std::byte* backing = nullptr;
    bool own_view = false;  // backing is a mapping of ours, not the addresses the program has
  };

  bool grow(std::size_t bytes);
  bool add_segment(std::size_t bytes);
  std::byte* view_of(Segment& segment, CUdeviceptr base);
  void enter(CUdeviceptr base, std::size_t bytes);
  void finish_free(CUdeviceptr base, std::size_t bytes, Order order, std::uint64_t block);
  void give_back(CUdeviceptr base, std::size_t bytes);
  void note_high();

  CUmemPoolProps properties_;
  std::uint64_t imported_ = 0;  // the serial of the pool this is a view of
  PoolBlocks blocks_;
  std::map<CUdeviceptr, Segment> segments_;
  std::map<std::uint64_t, engine::Ticket> pending_;  // by ticket: frees that have not been executed
  std::map<int, CUmemAccess_flags> access_;          // of other devices
  SharedMemory file_;                                // made at the first export
  Reuse reuse_;
  std::uint64_t threshold_ = 0;
  std::uint64_t used_high_ = 0;
  std::uint64_t reserved_high_ = 0;
  std::uint64_t last_ticket_ = 0;
  bool destroyed_ = false;
};

}  // namespace simcuda::memory
