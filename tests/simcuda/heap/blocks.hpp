// Every living block by address. All functions but reach are under the lock.
#pragma once
#include <functional>
#include <map>
#include <optional>

#include "heap/block.hpp"

namespace simcuda {

// Enters a block and gives it its id. False if it would overlap one that is there.
bool add_block(Block& block);
// The block that contains the address.
Block* find_block(CUdeviceptr address);
// The block that begins there.
Block* block_at(CUdeviceptr base);
void remove_block(CUdeviceptr base);
const std::map<CUdeviceptr, Block>& all_blocks();

// A block freed in stream order: no longer found by address, and its place may be given out again to later work of
// that stream. Work queued before the free still reaches it until forget_block.
void retire_block(CUdeviceptr base);
void forget_block(uint64_t id);
// Whether queued work that refers to this block of this address may still do so. Takes the lock.
bool block_alive(uint64_t id, CUdeviceptr address);

// Where work on a device finds [address, address + bytes): our own view of a block's bytes. Plain host memory
// (inside no block and outside the device's addresses) is itself. Null, with a complaint that counts as a violation:
// the range is freed, was never allocated, or reaches past the end of its block. Takes the lock.
std::byte* reach(CUdeviceptr address, size_t bytes, const char* who);
// The same without complaint; nullopt where reach would complain.
std::optional<std::byte*> try_reach(CUdeviceptr address, size_t bytes);

}  // namespace simcuda
