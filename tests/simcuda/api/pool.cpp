// Stream-ordered allocation and memory pools.
#include <cuda.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <span>
#include <utility>

#include "base/entry.hpp"
#include "base/lock.hpp"
#include "device/device.hpp"
#include "engine/captures.hpp"
#include "engine/engine.hpp"
#include "graph/capture.hpp"
#include "graph/memory_nodes.hpp"
#include "heap/blocks.hpp"
#include "memory/pools.hpp"
#include "memory/properties.hpp"
#include "memory/stream_order.hpp"

using namespace simcuda;
using namespace simcuda::memory;

namespace {

constexpr bool kPerThread = true;

/// The stream, and that its context is in order; a default stream needs a current context, a created one brings
/// its own.
CUresult find(CUstream handle, bool per_thread, engine::StreamRef& stream) {
  Context* current = current_context();
  stream = engine::find_stream(handle, current == nullptr ? nullptr : current->handle(), per_thread);
  const bool is_default = handle == nullptr || handle == CU_STREAM_LEGACY || handle == CU_STREAM_PER_THREAD;
  if (is_default && current == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
  if (!stream) return CUDA_ERROR_INVALID_HANDLE;
  const Context* context = context_of(engine::context_of(stream));
  if (context == nullptr || !context->alive) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  return context->sticky;
}

template <class Body>
CUresult with_pools(Body&& body) {
  std::lock_guard guard(pools_mutex());
  return body();
}

bool is_capturing(const engine::StreamRef& stream) {
  return engine::capture_status(stream) != CU_STREAM_CAPTURE_STATUS_NONE;
}

/// The legacy stream cannot be used while one that synchronises with it is being captured.
CUresult may_order(const engine::StreamRef& stream) {
  const bool is_legacy = engine::handle_of(stream) == CU_STREAM_LEGACY;
  return is_legacy ? engine::legacy_stream_call(engine::context_of(stream)) : CUDA_SUCCESS;
}

/// In a stream that is being captured, an allocation becomes a node: its memory is the graph's, the pool only lends
/// its properties.
CUresult capture_allocation(const char* name, CUdeviceptr* address, size_t bytes, const Pool& pool,
                            const engine::StreamRef& stream) {
  graph::Allocate node;
  node.parameters.poolProps = pool.properties();
  node.parameters.poolProps.handleTypes = CU_MEM_HANDLE_TYPE_NONE;
  node.parameters.bytesize = bytes;
  Context& context = *context_of(engine::context_of(stream));
  const CUresult reserved = graph::reserve_memory(context, node.parameters);
  if (reserved != CUDA_SUCCESS) return reserved;
  const CUdeviceptr base = node.parameters.dptr;
  const CUresult issued = graph::issue(stream, std::move(node), name).result;
  if (issued == CUDA_SUCCESS) {
    *address = base;
  } else {
    graph::drop_memory(base);
  }
  return issued;
}

CUresult allocate(const char* name, CUdeviceptr* address, size_t bytes, Pool& pool,
                  const engine::StreamRef& stream) {
  if (is_capturing(stream)) return capture_allocation(name, address, bytes, pool, stream);
  const CUresult possible = may_order(stream);
  if (possible != CUDA_SUCCESS) return possible;
  Pool::Taken taken;
  const CUresult result = pool.allocate(bytes, stream, taken);
  if (result != CUDA_SUCCESS) return result;
  engine::Work work;
  work.what = name;
  engine::submit(stream, std::move(work), {taken.wait_for});
  *address = taken.base;
  return CUDA_SUCCESS;
}

CUresult alloc_async(const char* name, CUdeviceptr* address, size_t bytes, CUstream handle, bool per_thread) {
  return initialised(name, [&]() -> CUresult {
    if (address == nullptr || bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    engine::StreamRef stream;
    const CUresult found = find(handle, per_thread, stream);
    if (found != CUDA_SUCCESS) return found;
    return with_pools([&]() -> CUresult {
      Pool* pool = nullptr;
      const int device = context_of(engine::context_of(stream))->device;
      const CUresult result = current_pool(at_device(device), CU_MEM_ALLOCATION_TYPE_PINNED, pool);
      return result == CUDA_SUCCESS ? allocate(name, address, bytes, *pool, stream) : result;
    });
  });
}

CUresult alloc_from_pool(const char* name, CUdeviceptr* address, size_t bytes, CUmemoryPool pool,
                         CUstream handle, bool per_thread) {
  return initialised(name, [&]() -> CUresult {
    if (address == nullptr || bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    engine::StreamRef stream;
    const CUresult found = find(handle, per_thread, stream);
    if (found != CUDA_SUCCESS) return found;
    return with_pools([&]() -> CUresult {
      Pool* from = find_pool(pool);
      return from == nullptr ? CUDA_ERROR_INVALID_VALUE : allocate(name, address, bytes, *from, stream);
    });
  });
}

CUresult free_async(const char* name, CUdeviceptr address, CUstream handle, bool per_thread) {
  return initialised(name, [&]() -> CUresult {
    engine::StreamRef stream;
    const CUresult found = find(handle, per_thread, stream);
    if (found != CUDA_SUCCESS) return found;
    if (graph::is_graph_memory(address)) return graph::issue(stream, graph::Free{address}, name).result;
    if (is_capturing(stream)) return CUDA_ERROR_INVALID_VALUE;  // only memory of graphs
    const CUresult possible = may_order(stream);
    if (possible != CUDA_SUCCESS) return possible;
    return free_in_order(address, stream, name);
  });
}

/// Entry points that name a pool.
template <class Body>
CUresult on_pool(const char* name, CUmemoryPool handle, Body&& body) {
  return initialised(name, [&] {
    return with_pools([&]() -> CUresult {
      Pool* pool = find_pool(handle);
      return pool == nullptr ? CUDA_ERROR_INVALID_VALUE : body(*pool);
    });
  });
}

CUresult check_pool_properties(const CUmemPoolProps& wanted) {
  if (wanted.allocType == CU_MEM_ALLOCATION_TYPE_MANAGED) return CUDA_ERROR_NOT_SUPPORTED;
  if (wanted.allocType != CU_MEM_ALLOCATION_TYPE_PINNED) return CUDA_ERROR_INVALID_VALUE;
  if (wanted.win32SecurityAttributes != nullptr) return CUDA_ERROR_INVALID_VALUE;
  if ((wanted.usage & ~CU_MEM_POOL_CREATE_USAGE_HW_DECOMPRESS) != 0) return CUDA_ERROR_INVALID_VALUE;
  const auto is_zero = [](unsigned char byte) { return byte == 0; };
  if (!std::all_of(std::begin(wanted.reserved), std::end(wanted.reserved), is_zero))
    return CUDA_ERROR_INVALID_VALUE;
  if (check_location(wanted.location) != CUDA_SUCCESS) return CUDA_ERROR_INVALID_VALUE;
  return check_handle_types(wanted.handleTypes, wanted.location.type);
}

}  // namespace

extern "C" CUresult CUDAAPI cuMemAllocAsync(CUdeviceptr* address, size_t bytes, CUstream stream) {
  return alloc_async(__func__, address, bytes, stream, !kPerThread);
}

extern "C" CUresult CUDAAPI cuMemAllocAsync_ptsz(CUdeviceptr* address, size_t bytes, CUstream stream) {
  return alloc_async(__func__, address, bytes, stream, kPerThread);
}

extern "C" CUresult CUDAAPI cuMemAllocFromPoolAsync(CUdeviceptr* address, size_t bytes, CUmemoryPool pool,
                                                    CUstream stream) {
  return alloc_from_pool(__func__, address, bytes, pool, stream, !kPerThread);
}

extern "C" CUresult CUDAAPI cuMemAllocFromPoolAsync_ptsz(CUdeviceptr* address, size_t bytes,
                                                         CUmemoryPool pool, CUstream stream) {
  return alloc_from_pool(__func__, address, bytes, pool, stream, kPerThread);
}

extern "C" CUresult CUDAAPI cuMemFreeAsync(CUdeviceptr address, CUstream stream) {
  return free_async(__func__, address, stream, !kPerThread);
}

extern "C" CUresult CUDAAPI cuMemFreeAsync_ptsz(CUdeviceptr address, CUstream stream) {
  return free_async(__func__, address, stream, kPerThread);
}

extern "C" CUresult CUDAAPI cuMemPoolCreate(CUmemoryPool* pool, const CUmemPoolProps* properties) {
  return initialised(__func__, [&]() -> CUresult {
    if (pool == nullptr || properties == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const CUresult result = check_pool_properties(*properties);
    if (result != CUDA_SUCCESS) return result;
    return with_pools([&] {
      *pool = add_pool(std::make_shared<Pool>(*properties));
      return CUDA_SUCCESS;
    });
  });
}

extern "C" CUresult CUDAAPI cuMemPoolDestroy(CUmemoryPool pool) {
  return initialised(__func__, [&] { return with_pools([&] { return destroy_pool(pool); }); });
}

extern "C" CUresult CUDAAPI cuMemPoolTrimTo(CUmemoryPool handle, size_t keep) {
  return on_pool(__func__, handle, [&](Pool& pool) {
    pool.trim(keep);
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuMemPoolSetAttribute(CUmemoryPool handle, CUmemPool_attribute attribute,
                                                  void* value) {
  return on_pool(__func__, handle, [&](Pool& pool) {
    return value == nullptr ? CUDA_ERROR_INVALID_VALUE : pool.set_attribute(attribute, value);
  });
}

extern "C" CUresult CUDAAPI cuMemPoolGetAttribute(CUmemoryPool handle, CUmemPool_attribute attribute,
                                                  void* value) {
  return on_pool(__func__, handle, [&](Pool& pool) {
    return value == nullptr ? CUDA_ERROR_INVALID_VALUE : pool.attribute(attribute, value);
  });
}

extern "C" CUresult CUDAAPI cuMemPoolSetAccess(CUmemoryPool handle, const CUmemAccessDesc* wanted,
                                               size_t count) {
  return on_pool(__func__, handle, [&](Pool& pool) -> CUresult {
    if (wanted == nullptr) return CUDA_ERROR_INVALID_VALUE;
    for (const bool only_check : {true, false}) {
      for (const CUmemAccessDesc& each : std::span(wanted, count)) {
        const CUresult result = pool.set_access(each, only_check);
        if (result != CUDA_SUCCESS) return result;
      }
    }
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuMemPoolGetAccess(CUmemAccess_flags* flags, CUmemoryPool handle,
                                               CUmemLocation* location) {
  return on_pool(__func__, handle, [&](Pool& pool) {
    const bool complete = flags != nullptr && location != nullptr;
    return complete ? pool.access(flags, *location) : CUDA_ERROR_INVALID_VALUE;
  });
}

extern "C" CUresult CUDAAPI cuMemPoolExportToShareableHandle(void* shareable, CUmemoryPool handle,
                                                             CUmemAllocationHandleType type,
                                                             unsigned long long flags) {
  return on_pool(__func__, handle, [&](Pool& pool) {
    if (shareable == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
    return pool.share(static_cast<int*>(shareable), type);
  });
}

extern "C" CUresult CUDAAPI cuMemPoolImportFromShareableHandle(CUmemoryPool* pool, void* shareable,
                                                               CUmemAllocationHandleType type,
                                                               unsigned long long flags) {
  return initialised(__func__, [&]() -> CUresult {
    if (pool == nullptr || flags != 0 || type != CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    const auto descriptor = static_cast<int>(reinterpret_cast<std::intptr_t>(shareable));
    const SharedMemory file = SharedMemory::adopt(descriptor, SharedMemory::Kind::Pool);
    if (!file) return CUDA_ERROR_INVALID_VALUE;
    CUmemPoolProps properties;
    std::memcpy(&properties, file.label().payload, sizeof properties);
    return with_pools([&] {
      *pool = add_pool(std::make_shared<Pool>(properties, file.label().serial));
      return CUDA_SUCCESS;
    });
  });
}

static_assert(sizeof(Pool::Export) <= sizeof(CUmemPoolPtrExportData));

extern "C" CUresult CUDAAPI cuMemPoolExportPointer(CUmemPoolPtrExportData* shared, CUdeviceptr address) {
  return initialised(__func__, [&]() -> CUresult {
    if (shared == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return with_pools([&]() -> CUresult {
      void* handle = locked([&]() -> void* {
        const Block* block = block_at(address);
        return block == nullptr ? nullptr : block->pool;
      });
      const auto pool = pool_behind(handle);
      Pool::Export data;
      const CUresult result = pool ? pool->export_pointer(&data, address) : CUDA_ERROR_INVALID_VALUE;
      if (result != CUDA_SUCCESS) return result;
      *shared = {};
      std::memcpy(shared, &data, sizeof data);
      return CUDA_SUCCESS;
    });
  });
}

extern "C" CUresult CUDAAPI cuMemPoolImportPointer(CUdeviceptr* address, CUmemoryPool handle,
                                                   CUmemPoolPtrExportData* shared) {
  return on_pool(__func__, handle, [&](Pool& pool) -> CUresult {
    if (address == nullptr || shared == nullptr) return CUDA_ERROR_INVALID_VALUE;
    Pool::Export data;
    std::memcpy(&data, shared, sizeof data);
    return pool.import_pointer(address, data);
  });
}
