#include "heap/chunk.hpp"

#include <sys/mman.h>

#include <bitset>
#include <map>

#include "device/context.hpp"
#include "device/device.hpp"
#include "heap/extents.hpp"
#include "heap/guard.hpp"
#include "heap/heap.hpp"
#include "heap/store.hpp"
#include "heap/window.hpp"

namespace simcuda {
namespace {

struct Chunk {
  uint64_t address;
  uint64_t bytes;
  uint64_t offset;  // in the device's store
  Context* owner;
  bool low;
  Extents free;
  std::map<uint64_t, uint64_t> places;        // address -> bytes
  std::bitset<kChunk / kAlignment> poisoned;  // of a shared chunk: granules that hold the pattern

  bool shared() const { return bytes == kChunk; }
  std::byte* at(uint64_t place) const { return store_of(owner->device).at(offset + (place - address)); }
};

std::map<uint64_t, Chunk>& chunks() {
  static auto& all = *new std::map<uint64_t, Chunk>;
  return all;
}

Chunk& chunk_of(uint64_t address) { return std::prev(chunks().upper_bound(address))->second; }

// Addresses of 32 bits lie outside the window: each chunk of them is its own reservation.
std::optional<uint64_t> take_addresses(uint64_t bytes, bool low) {
  if (!low) return window().take(bytes);
  void* place =
      mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_32BIT, -1, 0);
  if (place == MAP_FAILED) return std::nullopt;
  return reinterpret_cast<uint64_t>(place);
}

void give_addresses(const Chunk& chunk) {
  if (chunk.low) {
    munmap(reinterpret_cast<void*>(chunk.address), chunk.bytes);
  } else {
    window().give(chunk.address, chunk.bytes);
  }
}

Chunk* new_chunk(Context& context, uint64_t bytes, bool low) {
  bytes = (bytes + kChunk - 1) / kChunk * kChunk;
  Store& store = store_of(context.device);
  const auto offset = store.take(bytes);
  if (!offset) return nullptr;
  const auto address = take_addresses(bytes, low);
  if (!address) {
    store.give(*offset, bytes);
    return nullptr;
  }
  Chunk chunk{*address, bytes, *offset, &context, low, Extents(*address, bytes, kAlignment), {}, {}};
  return &chunks().emplace(*address, std::move(chunk)).first->second;
}

// One run of granules of a place, each poisoned or none.
template <class Body>
void each_granule(Chunk& chunk, uint64_t place, uint64_t bytes, Body&& body) {
  for (uint64_t at = place; at < place + bytes && chunk.shared(); at += kAlignment) {
    body(at, (at - chunk.address) / kAlignment);
  }
}

// What is given out must still hold the pattern it was left with.
size_t check_place(Chunk& chunk, uint64_t place, uint64_t bytes) {
  size_t written = 0;
  each_granule(chunk, place, bytes, [&](uint64_t at, size_t granule) {
    if (!chunk.poisoned[granule] || check_poison(chunk.at(at), kAlignment, at)) return;
    chunk.poisoned[granule] = false;
    ++written;
  });
  return written;
}

Place place_in(Chunk& chunk, uint64_t address, uint64_t bytes) {
  check_place(chunk, address, bytes);
  each_granule(chunk, address, bytes, [&](uint64_t, size_t granule) { chunk.poisoned[granule] = false; });
  chunk.places.emplace(address, bytes);
  const Store& store = store_of(chunk.owner->device);
  return {address, bytes, chunk.at(address), store.fd(), chunk.offset + (address - chunk.address)};
}

}  // namespace

std::optional<Place> take_place(Context& context, size_t bytes, bool low) {
  const uint64_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (rounded < kChunk) {
    for (auto& [address, chunk] : chunks()) {
      if (chunk.owner != &context || chunk.low != low || !chunk.shared()) continue;
      if (const auto found = chunk.free.take(rounded)) return place_in(chunk, *found, rounded);
    }
  }
  Chunk* chunk = new_chunk(context, rounded, low);
  if (chunk == nullptr) return std::nullopt;
  const uint64_t whole = rounded < kChunk ? rounded : chunk->bytes;
  return place_in(*chunk, *chunk->free.take(whole), whole);
}

size_t place_bytes(CUdeviceptr address) { return chunk_of(address).places.at(address); }

void poison_place(CUdeviceptr address) {
  Chunk& chunk = chunk_of(address);
  const uint64_t bytes = chunk.places.at(address);
  if (!chunk.shared()) return;
  poison(chunk.at(address), bytes);
  each_granule(chunk, address, bytes, [&](uint64_t, size_t granule) { chunk.poisoned[granule] = true; });
}

size_t check_free_places() {
  size_t written = 0;
  for (auto& [address, chunk] : chunks()) written += check_place(chunk, address, chunk.bytes);
  return written;
}

void give_place(CUdeviceptr address) {
  Chunk& chunk = chunk_of(address);
  auto place = chunk.places.find(address);
  check_place(chunk, address, place->second);  // it may have been in quarantine
  chunk.free.give(address, place->second);
  chunk.places.erase(place);
  if (!chunk.free.all_free()) return;
  give_addresses(chunk);
  store_of(chunk.owner->device).give(chunk.offset, chunk.bytes);
  chunks().erase(chunk.address);
}

}  // namespace simcuda
