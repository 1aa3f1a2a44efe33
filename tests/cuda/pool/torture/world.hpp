// The contexts of the program, their streams and who may reach whose memory; how a context ends.
#pragma once

#include <cuda.h>

#include <shared_mutex>
#include <stop_token>
#include <vector>

#include "torture/holdings.hpp"
#include "torture/options.hpp"
#include "torture/sums.hpp"

namespace torture {

inline constexpr int kMostPlaces = 8;

/// A context. Slots are used again.
struct Place {
  CUcontext context = nullptr;  ///< null: none
  int device = 0;
  bool is_primary = false;
  std::uint32_t life = 0;
  CUfunction stamp = nullptr, check = nullptr;
  bool reaches[kMostPlaces]{};  ///< whose memory its work may use
};

class World {
 public:
  explicit World(const Options& options);

  // While `lock` is held, shared or not:
  [[nodiscard]] int any_place(Random& random) const;
  [[nodiscard]] bool may_use(int place, const Block& block) const {
    return block.is_pinned || place == block.place || places[place].reaches[block.place];
  }
  void enter(int place) const { GOOD(cuCtxSetCurrent(places[place].context)); }

  // While it is held exclusively: nobody else is in a call, no stream is being captured.
  void begin_context(Random& random);
  /// Returns the place whose blocks, streams and events are gone; -1: none.
  int end_context(Random& random);
  void change_peers(Random& random);
  /// All work is done.
  void settle();
  /// A free and a wait in each context: what could not be given back in time can be now.
  void tidy();

  const Options& options;
  std::shared_mutex lock;
  int devices = 0;
  Place places[kMostPlaces];
  Holdings holdings;

 private:
  void furnish(int place);
};

/// Lets held streams go again and again until it is to stop.
void let_go(const std::stop_token& stop, const Options& options);

}  // namespace torture
