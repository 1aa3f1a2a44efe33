// Captures in every mode, with other work and other calls beside them, and launches of what was captured.
#include <algorithm>

#include "simcuda.h"
#include "torture/worker.hpp"

namespace torture {

void Worker::in_capture(Stream stream, std::vector<Block*>& used) {
  Block* block = any_block_for(stream.place);
  if (block == nullptr) return;
  block->only_home = false;
  used.push_back(block);
  // A graph is not ordered with the block's home, but whatever stamps the block writes the same.
  launch(stream, *block, true);
  if (random_.one_in(2)) launch(stream, *block, false);
  if (random_.one_in(3)) fill(stream, *block);
}

void Worker::capture() {
  Stream stream = any_stream();
  if (stream.handle == nullptr || stream.handle == CU_STREAM_PER_THREAD) return;
  if (stream.is_blocking && !random_.one_in(8)) return;
  static constexpr CUstreamCaptureMode kModes[] = {CU_STREAM_CAPTURE_MODE_RELAXED, CU_STREAM_CAPTURE_MODE_RELAXED,
                                                   CU_STREAM_CAPTURE_MODE_THREAD_LOCAL, CU_STREAM_CAPTURE_MODE_GLOBAL};
  const CUstreamCaptureMode mode = kModes[random_.below(4)];
  world_.enter(stream.place);
  const std::uint64_t refusals = g_refusals;
  ++g_captures_open;
  ++g_sums.captures;
  if (!GOOD(cuStreamBeginCapture(stream.handle, mode))) {
    --g_captures_open;
    return;
  }
  is_capturing_ = true;
  captured_ = stream;
  std::vector<Block*> used;
  for (std::uint64_t i = 1 + random_.below(4); i-- != 0 && !is_stopped();) in_capture(stream, used);
  // Blocks that are in the graph must outlive it: they are put aside while others come and go.
  std::vector<std::unique_ptr<Block>> aside;
  for (std::size_t i = blocks_.size(); i-- != 0;)
    if (std::find(used.begin(), used.end(), blocks_[i].get()) != used.end()) {
      aside.push_back(std::move(blocks_[i]));
      forget(i);
    }
  // What is "potentially unsafe" is so for this thread in any mode but RELAXED.
  if (mode == CU_STREAM_CAPTURE_MODE_RELAXED || random_.one_in(10))
    for (std::uint64_t i = random_.below(6); i-- != 0 && !is_stopped();) step();
  is_capturing_ = false;
  CUgraph graph = nullptr;
  world_.enter(stream.place);
  const CUresult result = cuStreamEndCapture(stream.handle, &graph);
  --g_captures_open;
  if (result == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED) {
    ++g_sums.captures_lost;
    // Alone: what has spoiled it was refused to this thread. With others: theirs may not have been told yet.
    if (g_refusals == refusals && world_.options.threads == 1) violation("a capture was lost, and no call of the program's did it");
  } else if (result != CUDA_SUCCESS) {
    good(result, "cuStreamEndCapture");
  } else {
    launch_graph(graph, stream, used);
  }
  for (auto& block : aside) blocks_.push_back(std::move(block));
}

void Worker::launch_graph(CUgraph graph, Stream stream, const std::vector<Block*>& used) {
  CUgraphExec ready = nullptr;
  if (GOOD(cuGraphInstantiate(&ready, graph, 0))) {
    for (std::uint64_t i = random_.below(3); i-- != 0;)
      if (GOOD(cuGraphLaunch(ready, stream.handle))) ++g_sums.graph_launches;
    GOOD(cuGraphExecDestroy(ready));
  }
  GOOD(cuGraphDestroy(graph));
}

}  // namespace torture
