// One thread of the program: its blocks, its streams, and what it does next.
#pragma once

#include <cuda.h>

#include <memory>
#include <vector>

#include "torture/world.hpp"

namespace torture {

class Worker {
 public:
  Worker(World& world, int number);
  void work();
  void free_all();

 private:
  struct Stream {
    CUstream handle;  ///< 0: the legacy one; CU_STREAM_PER_THREAD
    int place;
    bool is_blocking;
  };

  void step();
  // Shapes and places.
  [[nodiscard]] std::size_t any_size();
  Stream& any_stream();
  /// Work in it would neither be captured nor spoil the capture of this thread.
  [[nodiscard]] bool is_free(CUstream handle) const {
    return !is_capturing_ || (handle != captured_.handle && handle != nullptr);
  }
  Block* any_block();
  Block* any_block_for(int place);

  // Memory.
  void allocate();
  void allocate_host();
  void free_one();
  void free_in_order();
  void free_wrongly();
  void give_away();
  bool free_block(Block& block);
  void forget(std::size_t index);

  // Work.
  void use_home(Block& block);
  void use_elsewhere(Block& block);
  void launch(Stream stream, Block& block, bool is_stamp);
  void copy(Stream stream);
  void peer_copy(Stream stream, const Block& to, const Block& from, std::size_t bytes);
  void fill(Stream stream, Block& block);
  void wait_or_ask();
  void change_stream();
  void hold_or_step();

  // Captures (capture.cpp).
  void capture();
  void in_capture(Stream stream, std::vector<Block*>& used);
  void launch_graph(CUgraph graph, Stream stream, const std::vector<Block*>& used);

  // The whole program's turn: nobody else is in a call.
  void alone();
  void drop_place(int place);

  World& world_;
  const int number_;
  Random random_;
  std::vector<Stream> streams_;
  std::vector<std::unique_ptr<Block>> blocks_;
  bool is_capturing_ = false;
  Stream captured_{};
  CUdeviceptr last_freed_ = 0;
};

}  // namespace torture
