// Two looks have to agree on what is lost.
#include "core/walk/lost_set.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/walk/marker.hpp"
#include "tests/unit/walk/tagged_blocks.hpp"

namespace weir::walk {
namespace {

using test::TaggedBlocks;

/// The states of `blocks` after a look with these roots, to which `then` is done.
template <class Then>
std::vector<State> look(const std::vector<void*>& blocks, std::vector<std::uintptr_t> roots, Then then) {
  Heap heap;
  EXPECT_TRUE(heap.build());
  Marker marker{heap};
  EXPECT_TRUE(marker.begin());
  for (const std::uintptr_t root : roots) marker.root(root);
  marker.classify();
  then(heap);
  std::vector<State> states;
  for (void* block : blocks) {
    Place place{};
    EXPECT_TRUE(heap.find(address_of(block), place));
    states.push_back(heap.state(place));
  }
  return states;
}

TEST(LostSet, OnlyWhatBothLooksCallLostIsLost) {
  TaggedBlocks made;
  const std::vector<void*> blocks{made.make(64, 0), made.make(64, 0), made.make(64, 0)};
  for (void* block : blocks) std::fill_n(static_cast<char*>(block), 64, '\0');
  std::vector<std::uintptr_t> memory(LostSet::bytes_for(made.live().size() + 4096) / sizeof(std::uintptr_t));
  LostSet set{memory.data(), memory.size() * sizeof(memory[0])};
  // The second is in a register at the first look, the third at the second one.
  look(blocks, {address_of(blocks[1])}, [&](const Heap& heap) { set.note(heap); });
  const auto states = look(blocks, {address_of(blocks[2])}, [&](Heap& heap) { set.forgive(heap); });
  EXPECT_EQ(states, (std::vector{State::Lost, State::Unsure, State::Reachable}));
}

TEST(LostSet, WhatItHasNoRoomForIsNotCalledLost) {
  TaggedBlocks made;
  std::vector<void*> blocks;
  for (int i = 0; i != 5000; ++i) {
    blocks.push_back(made.make(64, 0));
    std::fill_n(static_cast<char*>(blocks.back()), 64, '\0');
  }
  std::vector<std::uintptr_t> memory(LostSet::bytes_for(0) / sizeof(std::uintptr_t));
  LostSet set{memory.data(), memory.size() * sizeof(memory[0])};
  look(blocks, {}, [&](const Heap& heap) { set.note(heap); });
  const auto states = look(blocks, {}, [&](Heap& heap) { set.forgive(heap); });
  const auto lost = static_cast<std::size_t>(std::count(states.begin(), states.end(), State::Lost));
  EXPECT_LE(lost, memory.size() / 4 * 3);
  EXPECT_EQ(lost + static_cast<std::size_t>(std::count(states.begin(), states.end(), State::Unsure)), blocks.size());
}

}  // namespace
}  // namespace weir::walk
