#include "heap/chunk.hpp"

#include <sys/mman.h>

#include <map>

#include "device/context.hpp"
#include "device/device.hpp"
#include "heap/extents.hpp"
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
  std::map<uint64_t, uint64_t> places;  // address -> bytes
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
  Chunk chunk{*address, bytes, *offset, &context, low, Extents(*address, bytes, kAlignment), {}};
  return &chunks().emplace(*address, std::move(chunk)).first->second;
}

Place place_in(Chunk& chunk, uint64_t address, uint64_t bytes) {
  const Store& store = store_of(chunk.owner->device);
  const uint64_t offset = chunk.offset + (address - chunk.address);
  chunk.places.emplace(address, bytes);
  return {address, bytes, store.at(offset), store.fd(), offset};
}

}  // namespace

std::optional<Place> take_place(Context& context, size_t bytes, bool low) {
  const uint64_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (rounded < kChunk) {
    for (auto& [address, chunk] : chunks()) {
      if (chunk.owner != &context || chunk.low != low || chunk.bytes != kChunk) continue;
      if (const auto found = chunk.free.take(rounded)) return place_in(chunk, *found, rounded);
    }
  }
  Chunk* chunk = new_chunk(context, rounded, low);
  if (chunk == nullptr) return std::nullopt;
  const uint64_t whole = rounded < kChunk ? rounded : chunk->bytes;
  return place_in(*chunk, *chunk->free.take(whole), whole);
}

size_t place_bytes(CUdeviceptr address) { return chunk_of(address).places.at(address); }

void give_place(CUdeviceptr address) {
  Chunk& chunk = chunk_of(address);
  auto place = chunk.places.find(address);
  chunk.free.give(address, place->second);
  chunk.places.erase(place);
  if (!chunk.free.all_free()) return;
  give_addresses(chunk);
  store_of(chunk.owner->device).give(chunk.offset, chunk.bytes);
  chunks().erase(chunk.address);
}

}  // namespace simcuda
