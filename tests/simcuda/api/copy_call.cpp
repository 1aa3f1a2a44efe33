#include "api/copy_call.hpp"

#include "graph/capture.hpp"

namespace simcuda {
namespace {

void default_pitch(graph::Side& side, const graph::Copy& copy) {
  if (side.pitch == 0) side.pitch = side.x + copy.width;
  if (side.height == 0) side.height = side.y + copy.height;
}

CUdeviceptr address_in(CUmemorytype type, const void* host, CUdeviceptr device) {
  return type == CU_MEMORYTYPE_HOST ? reinterpret_cast<CUdeviceptr>(host) : device;
}

bool is_type(CUmemorytype type) { return type >= CU_MEMORYTYPE_HOST && type <= CU_MEMORYTYPE_UNIFIED; }

template <class Asked>
bool two_dimensional(const Asked* asked, graph::Copy& copy) {
  if (asked == nullptr || !is_type(asked->srcMemoryType) || !is_type(asked->dstMemoryType)) return false;
  copy.from = {.type = asked->srcMemoryType,
               .address = address_in(asked->srcMemoryType, asked->srcHost, asked->srcDevice),
               .array = asked->srcArray,
               .x = asked->srcXInBytes,
               .y = asked->srcY,
               .pitch = asked->srcPitch};
  copy.to = {.type = asked->dstMemoryType,
             .address = address_in(asked->dstMemoryType, asked->dstHost, asked->dstDevice),
             .array = asked->dstArray,
             .x = asked->dstXInBytes,
             .y = asked->dstY,
             .pitch = asked->dstPitch};
  copy.width = asked->WidthInBytes;
  copy.height = asked->Height;
  default_pitch(copy.from, copy);
  default_pitch(copy.to, copy);
  return true;
}

template <class Asked>
bool three_dimensional(const Asked* asked, graph::Copy& copy) {
  if (asked == nullptr || asked->srcLOD != 0 || asked->dstLOD != 0 || !two_dimensional(asked, copy))
    return false;
  copy.from.z = asked->srcZ;
  copy.from.height = asked->srcHeight;
  copy.to.z = asked->dstZ;
  copy.to.height = asked->dstHeight;
  copy.depth = asked->Depth;
  default_pitch(copy.from, copy);
  default_pitch(copy.to, copy);
  return true;
}

bool must_wait(const CopyCall& call, const graph::Copy& copy) {
  const bool from_host = graph::is_host(copy.from), to_host = graph::is_host(copy.to);
  if (call.returns == Returns::when_done) return from_host || to_host;
  return graph::is_pageable(copy.to) || (from_host && to_host);
}

CUresult wait_for(const CopyCall& call, const engine::Ticket& ticket) {
  engine::wait(ticket);
  return call.context.sticky;
}

}  // namespace

bool copy_of(const CUDA_MEMCPY2D* asked, graph::Copy& copy) { return two_dimensional(asked, copy); }
bool copy_of(const CUDA_MEMCPY2D_v1* asked, graph::Copy& copy) { return two_dimensional(asked, copy); }
bool copy_of(const CUDA_MEMCPY3D* asked, graph::Copy& copy) { return three_dimensional(asked, copy); }
bool copy_of(const CUDA_MEMCPY3D_v1* asked, graph::Copy& copy) { return three_dimensional(asked, copy); }
bool copy_of(const CUDA_MEMCPY3D_PEER* asked, graph::Copy& copy) { return three_dimensional(asked, copy); }

CUDA_MEMCPY3D parameters_of(const graph::Copy& copy) {
  CUDA_MEMCPY3D asked{};
  const graph::Side &from = copy.from, &to = copy.to;
  asked.srcMemoryType = from.type;
  asked.dstMemoryType = to.type;
  if (from.type == CU_MEMORYTYPE_HOST)
    asked.srcHost = reinterpret_cast<const void*>(from.address);
  else
    asked.srcDevice = from.address;
  if (to.type == CU_MEMORYTYPE_HOST)
    asked.dstHost = reinterpret_cast<void*>(to.address);
  else
    asked.dstDevice = to.address;
  asked.srcArray = from.array;
  asked.dstArray = to.array;
  asked.srcXInBytes = from.x, asked.srcY = from.y, asked.srcZ = from.z;
  asked.dstXInBytes = to.x, asked.dstY = to.y, asked.dstZ = to.z;
  asked.srcPitch = from.pitch, asked.srcHeight = from.height;
  asked.dstPitch = to.pitch, asked.dstHeight = to.height;
  asked.WidthInBytes = copy.width, asked.Height = copy.height, asked.Depth = copy.depth;
  return asked;
}

CUresult copy(const CopyCall& call, graph::Copy asked) {
  CUresult result = graph::check_copy(asked);
  if (result != CUDA_SUCCESS) return result;
  return with_stream(call.context, call.stream, call.per_thread, [&](const engine::StreamRef& stream) {
    const bool captured = engine::capture_of(stream) != nullptr;
    if (call.returns == Returns::when_done) result = graph::may_wait_for(stream);
    if (result != CUDA_SUCCESS || graph::bytes_of(asked) == 0) return result;
    const bool waits = must_wait(call, asked);
    if (!captured && !waits && graph::is_pageable(asked.from)) result = graph::stage(asked, call.what);
    if (result != CUDA_SUCCESS) return result;
    const graph::Issued issued = graph::issue(stream, std::move(asked), call.what);
    if (issued.result != CUDA_SUCCESS || !waits || captured) return issued.result;
    return wait_for(call, issued.ticket);
  });
}

CUresult fill(const CopyCall& call, const graph::Fill& asked) {
  const CUresult result = graph::check_fill(asked);
  if (result != CUDA_SUCCESS || asked.width == 0 || asked.height == 0) return result;
  return with_stream(call.context, call.stream, call.per_thread, [&](const engine::StreamRef& stream) {
    const graph::Issued issued = graph::issue(stream, asked, call.what);
    const bool waits = call.returns == Returns::when_done && graph::is_host(unified_side(asked.address));
    return issued.result != CUDA_SUCCESS || !waits ? issued.result : wait_for(call, issued.ticket);
  });
}

}  // namespace simcuda
