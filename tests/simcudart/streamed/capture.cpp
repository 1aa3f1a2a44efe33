// Stream capture, and what starts a graph in a stream. Compiled twice: see CMakeLists.txt.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"

using namespace simcudart;

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  return in_context(
      [&] { return STREAMED(cuStreamBeginCapture, 10010)(stream, same<CUstreamCaptureMode>(mode)); });
}

cudaError_t cudaStreamBeginCaptureToGraph(cudaStream_t stream, cudaGraph_t graph,
                                          const cudaGraphNode_t* dependencies, const cudaGraphEdgeData* edges,
                                          size_t count, cudaStreamCaptureMode mode) {
  return in_context([&] {
    return STREAMED(cuStreamBeginCaptureToGraph, 12030)(
        stream, graph, dependencies, same<CUgraphEdgeData>(edges), count, same<CUstreamCaptureMode>(mode));
  });
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  return in_context([&] { return STREAMED(cuStreamEndCapture, 10000)(stream, graph); });
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  return in_context(
      [&] { return STREAMED(cuStreamIsCapturing, 10000)(stream, same<CUstreamCaptureStatus>(status)); });
}

cudaError_t cudaStreamGetCaptureInfo(cudaStream_t stream, cudaStreamCaptureStatus* status,
                                     unsigned long long* id, cudaGraph_t* graph,
                                     const cudaGraphNode_t** dependencies, const cudaGraphEdgeData** edges,
                                     size_t* count) {
  return in_context([&] {
    cuuint64_t number = 0;
    const CUresult result = STREAMED(cuStreamGetCaptureInfo, 12030)(
        stream, same<CUstreamCaptureStatus>(status), &number, graph, dependencies,
        reinterpret_cast<const CUgraphEdgeData**>(edges), count);
    if (result == CUDA_SUCCESS && id != nullptr) *id = number;
    return result;
  });
}

cudaError_t cudaStreamUpdateCaptureDependencies(cudaStream_t stream, cudaGraphNode_t* dependencies,
                                                const cudaGraphEdgeData* edges, size_t count,
                                                unsigned flags) {
  return in_context([&] {
    return STREAMED(cuStreamUpdateCaptureDependencies, 12030)(stream, dependencies,
                                                              same<CUgraphEdgeData>(edges), count, flags);
  });
}

cudaError_t cudaGraphInstantiateWithParams(cudaGraphExec_t* out, cudaGraph_t graph,
                                           cudaGraphInstantiateParams* how) {
  return in_context([&] {
    return STREAMED(cuGraphInstantiateWithParams, 12000)(out, graph,
                                                         same<CUDA_GRAPH_INSTANTIATE_PARAMS>(how));
  });
}

cudaError_t cudaGraphUpload(cudaGraphExec_t exec, cudaStream_t stream) {
  return in_context([&] { return STREAMED(cuGraphUpload, 11010)(exec, stream); });
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  return in_context([&] { return STREAMED(cuGraphLaunch, 10000)(exec, stream); });
}
