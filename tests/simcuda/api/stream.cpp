// Streams: made, destroyed, asked, waited for; host functions and values in memory.
#include "api/twins.hpp"
#include "device/device.hpp"
#include "engine/captures.hpp"
#include "graph/capture.hpp"
#include "memory/pools.hpp"

namespace simcuda {
namespace {

// As cuCtxGetStreamPriorityRange says.
constexpr int kLeastPriority = 0, kGreatestPriority = -5;

CUresult create(Context& context, CUstream* handle, unsigned flags, int priority) {
  if (handle == nullptr || (flags & ~unsigned{CU_STREAM_NON_BLOCKING}) != 0) return CUDA_ERROR_INVALID_VALUE;
  const int clamped = std::max(kGreatestPriority, std::min(kLeastPriority, priority));
  *handle = engine::handle_of(engine::create_stream(context.handle(), flags, clamped));
  return CUDA_SUCCESS;
}

CUresult destroy(Context& context, CUstream handle) {
  const engine::StreamRef stream = engine::find_stream(handle, context.handle());
  if (!stream || !engine::destroy_stream(handle)) return CUDA_ERROR_INVALID_HANDLE;
  if (const engine::CaptureRef capture = engine::capture_of(stream)) engine::invalidate(capture);
  return CUDA_SUCCESS;
}

CUresult query(const engine::StreamRef& stream) {
  CUresult result = graph::may_wait_for(stream);
  if (result == CUDA_SUCCESS) result = engine::potentially_unsafe_call();
  if (result != CUDA_SUCCESS) return result;
  return engine::idle(stream) ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

CUresult synchronize(Context& context, const engine::StreamRef& stream) {
  CUresult result = graph::may_wait_for(stream);
  if (result == CUDA_SUCCESS) result = engine::potentially_unsafe_call();
  if (result != CUDA_SUCCESS) return result;
  engine::synchronize(stream);
  memory::host_synchronised();
  return context.sticky;
}

CUresult context_of_stream(const engine::StreamRef& stream, CUcontext* handle) {
  if (handle == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *handle = engine::context_of(stream);
  return CUDA_SUCCESS;
}

template <class T>
CUresult answer(T* where, T value) {
  if (where == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *where = value;
  return CUDA_SUCCESS;
}

CUresult memory_ops(Context& context, CUstream handle, bool per_thread,
                    std::vector<CUstreamBatchMemOpParams> list, const char* what) {
  return with_stream(context, handle, per_thread, [&](const engine::StreamRef& stream) {
    graph::MemoryOps ops{std::move(list)};
    const CUresult result = graph::check(ops);
    return result != CUDA_SUCCESS ? result : graph::issue(stream, std::move(ops), what).result;
  });
}

CUresult value_op(Context& context, CUstream handle, bool per_thread, CUstreamBatchMemOpType operation,
                  CUdeviceptr address, std::uint64_t value, unsigned flags, const char* what) {
  CUstreamBatchMemOpParams op{};
  op.waitValue.operation = operation;
  op.waitValue.address = address;
  op.waitValue.value64 = value;
  op.waitValue.flags = flags;
  return memory_ops(context, handle, per_thread, {op}, what);
}

CUresult attach(Context& context, CUstream handle, bool per_thread) {
  return with_stream(context, handle, per_thread, [](const engine::StreamRef& stream) {
    return graph::issue(stream, graph::Empty{}, "cuStreamAttachMemAsync").result;
  });
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

SIMCUDA_ENTRY(cuStreamCreate, false, (CUstream * stream, unsigned int flags),
              return create(context, stream, flags, 0);)
SIMCUDA_ENTRY(cuStreamCreateWithPriority, false, (CUstream * stream, unsigned int flags, int priority),
              return create(context, stream, flags, priority);)
SIMCUDA_ENTRY(cuStreamDestroy, false, (CUstream stream), return destroy(context, stream);)
SIMCUDA_ENTRY(cuStreamDestroy_v2, false, (CUstream stream), return destroy(context, stream);)

SIMCUDA_TWINS(cuStreamQuery, _ptsz, (CUstream handle),
              return with_stream(context, handle, per_thread,
                                 [](const auto& stream) { return query(stream); });)
SIMCUDA_TWINS(cuStreamSynchronize, _ptsz, (CUstream handle),
              return with_stream(context, handle, per_thread,
                                 [&](const auto& stream) { return synchronize(context, stream); });)
SIMCUDA_TWINS(cuStreamGetPriority, _ptsz, (CUstream handle, int* priority),
              return with_stream(context, handle, per_thread, [&](const auto& stream) {
                return answer(priority, engine::priority_of(stream));
              });)
SIMCUDA_TWINS(cuStreamGetFlags, _ptsz, (CUstream handle, unsigned int* flags),
              return with_stream(context, handle, per_thread, [&](const auto& stream) {
                return answer(flags, engine::flags_of(stream));
              });)
SIMCUDA_TWINS(cuStreamGetId, _ptsz, (CUstream handle, unsigned long long* id),
              return with_stream(context, handle, per_thread, [&](const auto& stream) {
                return answer(id, static_cast<unsigned long long>(engine::id_of(stream)));
              });)
SIMCUDA_TWINS(cuStreamGetDevice, _ptsz, (CUstream handle, CUdevice* device),
              return with_stream(context, handle, per_thread, [&](const auto& stream) {
                return answer(device, static_cast<CUdevice>(context_of(engine::context_of(stream))->device));
              });)
SIMCUDA_TWINS(cuStreamGetCtx, _ptsz, (CUstream handle, CUcontext* owner),
              return with_stream(context, handle, per_thread,
                                 [&](const auto& stream) { return context_of_stream(stream, owner); });)
SIMCUDA_TWINS(cuStreamGetCtx_v2, _ptsz, (CUstream handle, CUcontext* owner, CUgreenCtx* green),
              return with_stream(context, handle, per_thread, [&](const auto& stream) {
                if (green != nullptr) *green = nullptr;
                return context_of_stream(stream, owner);
              });)
SIMCUDA_TWINS(cuStreamCopyAttributes, _ptsz, (CUstream to, CUstream from), {
  const auto first = engine::find_stream(to, context.handle(), per_thread);
  const auto second = engine::find_stream(from, context.handle(), per_thread);
  return first && second ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
})
SIMCUDA_TWINS(cuStreamGetAttribute, _ptsz,
              (CUstream handle, CUstreamAttrID attribute, CUstreamAttrValue* value),
              return with_stream(context, handle, per_thread, [&](const auto& stream) {
                if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
                *value = {};
                if (attribute == CU_LAUNCH_ATTRIBUTE_PRIORITY) value->priority = engine::priority_of(stream);
                if (attribute == CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY)
                  value->syncPolicy = CU_SYNC_POLICY_AUTO;
                return CUDA_SUCCESS;
              });)
SIMCUDA_TWINS(cuStreamSetAttribute, _ptsz, (CUstream handle, CUstreamAttrID, const CUstreamAttrValue* value),
              return with_stream(context, handle, per_thread, [&](const auto&) {
                return value == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
              });)
SIMCUDA_TWINS(cuStreamAttachMemAsync, _ptsz, (CUstream handle, CUdeviceptr, size_t, unsigned int),
              return attach(context, handle, per_thread);)

SIMCUDA_TWINS(cuLaunchHostFunc, _ptsz, (CUstream handle, CUhostFn function, void* user),
              return with_stream(context, handle, per_thread, [&](const auto& stream) {
                if (function == nullptr) return CUDA_ERROR_INVALID_VALUE;
                return graph::issue(stream, graph::Host{function, user}, "host function").result;
              });)
SIMCUDA_TWINS(
    cuStreamAddCallback, _ptsz, (CUstream handle, CUstreamCallback function, void* user, unsigned int flags),
    return with_stream(context, handle, per_thread, [&](const auto& stream) -> CUresult {
      if (function == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
      if (const auto capture = engine::capture_of(stream)) {
        engine::invalidate(capture);
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
      }
      return graph::issue(stream, graph::Callback{function, handle, user}, "stream callback").result;
    });)

#define SIMCUDA_VALUE_OPS(version)                                                                           \
  SIMCUDA_TWINS(cuStreamWaitValue32##version, _ptsz,                                                         \
                (CUstream stream, CUdeviceptr address, cuuint32_t value, unsigned int flags),                \
                return value_op(context, stream, per_thread, CU_STREAM_MEM_OP_WAIT_VALUE_32, address, value, \
                                flags, "cuStreamWaitValue32");)                                              \
  SIMCUDA_TWINS(cuStreamWaitValue64##version, _ptsz,                                                         \
                (CUstream stream, CUdeviceptr address, cuuint64_t value, unsigned int flags),                \
                return value_op(context, stream, per_thread, CU_STREAM_MEM_OP_WAIT_VALUE_64, address, value, \
                                flags, "cuStreamWaitValue64");)                                              \
  SIMCUDA_TWINS(cuStreamWriteValue32##version, _ptsz,                                                        \
                (CUstream stream, CUdeviceptr address, cuuint32_t value, unsigned int flags),                \
                return value_op(context, stream, per_thread, CU_STREAM_MEM_OP_WRITE_VALUE_32, address,       \
                                value, flags, "cuStreamWriteValue32");)                                      \
  SIMCUDA_TWINS(cuStreamWriteValue64##version, _ptsz,                                                        \
                (CUstream stream, CUdeviceptr address, cuuint64_t value, unsigned int flags),                \
                return value_op(context, stream, per_thread, CU_STREAM_MEM_OP_WRITE_VALUE_64, address,       \
                                value, flags, "cuStreamWriteValue64");)                                      \
  SIMCUDA_TWINS(                                                                                             \
      cuStreamBatchMemOp##version, _ptsz,                                                                    \
      (CUstream stream, unsigned int count, CUstreamBatchMemOpParams* list, unsigned int flags), {           \
        if (flags != 0 || (list == nullptr && count > 0)) return CUDA_ERROR_INVALID_VALUE;                   \
        return memory_ops(context, stream, per_thread, {list, list + count}, "cuStreamBatchMemOp");          \
      })
SIMCUDA_VALUE_OPS()
SIMCUDA_VALUE_OPS(_v2)
