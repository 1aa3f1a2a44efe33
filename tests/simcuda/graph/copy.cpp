#include "graph/copy.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/lock.hpp"
#include "fault/violation.hpp"
#include "graph/memory_nodes.hpp"
#include "heap/blocks.hpp"
#include "memory/array.hpp"

namespace simcuda::graph {
namespace {

std::optional<Block> block_of(CUdeviceptr address) {
  return locked([&]() -> std::optional<Block> {
    const Block* block = find_block(address);
    return block == nullptr ? std::nullopt : std::optional(*block);
  });
}

std::optional<memory::ArrayView> view_of(CUarray array) {
  return locked([&] { return memory::view_of(array); });
}

std::size_t first_byte(const Side& side) { return (side.z * side.height + side.y) * side.pitch + side.x; }

// From the first byte that is moved to the end of the last.
std::size_t span(const Side& side, const Copy& copy) {
  return ((copy.depth - 1) * side.height + copy.height - 1) * side.pitch + copy.width;
}

bool pitch_fits(const Side& side, const Copy& copy) {
  if (side.type == CU_MEMORYTYPE_ARRAY) return true;
  if (copy.height > 1 || copy.depth > 1) {
    if (side.pitch < side.x + copy.width) return false;
  }
  return copy.depth <= 1 || side.height >= side.y + copy.height;
}

CUresult check_side(const Side& side, const Copy& copy) {
  if (!pitch_fits(side, copy)) return CUDA_ERROR_INVALID_VALUE;
  if (side.type == CU_MEMORYTYPE_ARRAY) {
    const auto view = view_of(side.array);
    if (!view) return CUDA_ERROR_INVALID_HANDLE;
    const memory::ArrayShape& shape = view->shape;
    const bool inside = side.x + copy.width <= shape.row_bytes && side.y + copy.height <= shape.rows &&
                        side.z + copy.depth <= shape.slices;
    return inside ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
  }
  if (side.address == 0) return CUDA_ERROR_INVALID_VALUE;
  const CUdeviceptr at = side.address + first_byte(side);
  if (in_graph_memory(at, span(side, copy))) return CUDA_SUCCESS;  // there when it is this copy's turn
  if (side.type == CU_MEMORYTYPE_DEVICE && !block_of(at)) return CUDA_ERROR_INVALID_VALUE;
  return try_reach(at, span(side, copy)) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

// Where the rows of a side begin for us, with its pitch and height. Null: a violation, already said.
std::byte* reach_side(const Side& side, const Copy& copy, const std::string& what, std::size_t& pitch,
                      std::size_t& height) {
  if (side.type == CU_MEMORYTYPE_ARRAY) {
    const auto view = view_of(side.array);
    if (!view) {
      violation("%s uses an array that is destroyed", what.c_str());
      return nullptr;
    }
    pitch = view->shape.pitch;
    height = view->shape.rows;
    return view->base + (side.z * height + side.y) * pitch + side.x;
  }
  pitch = side.pitch;
  height = side.height;
  return reach(side.address + first_byte(side), span(side, copy), what.c_str());
}

void move_rows(const Copy& copy, std::byte* to, std::size_t to_pitch, std::size_t to_height,
               const std::byte* from, std::size_t from_pitch, std::size_t from_height) {
  for (std::size_t z = 0; z < copy.depth; ++z)
    for (std::size_t y = 0; y < copy.height; ++y)
      std::memmove(to + (z * to_height + y) * to_pitch, from + (z * from_height + y) * from_pitch,
                   copy.width);
}

void add_touch(std::vector<engine::Touch>& touches, const Side& side, const Copy& copy, bool write) {
  if (side.type == CU_MEMORYTYPE_ARRAY) return;
  touches.push_back({.base = side.address + first_byte(side), .bytes = span(side, copy), .write = write});
}

std::size_t fill_span(const Fill& fill) { return (fill.height - 1) * fill.pitch + fill.width * fill.element; }

}  // namespace

bool is_pageable(const Side& side) {
  const CUdeviceptr at = side.address + first_byte(side);
  return side.type != CU_MEMORYTYPE_ARRAY && side.type != CU_MEMORYTYPE_DEVICE && !block_of(at) &&
         !in_graph_memory(at, 1);
}

bool is_host(const Side& side) {
  if (side.type == CU_MEMORYTYPE_ARRAY) return false;
  if (is_pageable(side)) return true;
  const auto block = block_of(side.address + first_byte(side));
  return block && block->host_readable() && block->kind != Kind::managed;
}

std::size_t bytes_of(const Copy& copy) { return copy.width * copy.height * copy.depth; }

CUresult check_copy(const Copy& copy) {
  if (bytes_of(copy) == 0) return CUDA_SUCCESS;
  const CUresult from = check_side(copy.from, copy);
  return from != CUDA_SUCCESS ? from : check_side(copy.to, copy);
}

CUresult check_fill(const Fill& fill) {
  if (fill.element != 1 && fill.element != 2 && fill.element != 4) return CUDA_ERROR_INVALID_VALUE;
  if (fill.width == 0 || fill.height == 0) return CUDA_SUCCESS;
  if (fill.address % fill.element != 0 || (fill.height > 1 && fill.pitch < fill.width * fill.element))
    return CUDA_ERROR_INVALID_VALUE;
  if (in_graph_memory(fill.address, fill_span(fill))) return CUDA_SUCCESS;
  if (fill.width > SIZE_MAX / 4 || !block_of(fill.address)) return CUDA_ERROR_INVALID_VALUE;
  return try_reach(fill.address, fill_span(fill)) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

std::vector<engine::Touch> touches_of(const Copy& copy) {
  std::vector<engine::Touch> touches;
  if (bytes_of(copy) == 0) return touches;
  if (!copy.staged) add_touch(touches, copy.from, copy, false);
  add_touch(touches, copy.to, copy, true);
  return touches;
}

std::vector<engine::Touch> touches_of(const Fill& fill) {
  if (fill.width == 0 || fill.height == 0) return {};
  return {{.base = fill.address, .bytes = fill_span(fill), .write = true}};
}

CUresult stage(Copy& copy, const std::string& what) {
  if (bytes_of(copy) == 0) return CUDA_SUCCESS;
  std::size_t pitch = 0, height = 0;
  const std::byte* from = reach_side(copy.from, copy, what, pitch, height);
  if (from == nullptr) return CUDA_ERROR_INVALID_VALUE;
  auto rows = std::make_shared<std::vector<std::byte>>(bytes_of(copy));
  move_rows(copy, rows->data(), copy.width, copy.height, from, pitch, height);
  copy.staged = std::move(rows);
  return CUDA_SUCCESS;
}

CUresult run_copy(const Copy& copy, const std::string& what) {
  if (bytes_of(copy) == 0) return CUDA_SUCCESS;
  std::size_t from_pitch = copy.width, from_height = copy.height, to_pitch = 0, to_height = 0;
  const std::byte* from =
      copy.staged ? copy.staged->data() : reach_side(copy.from, copy, what, from_pitch, from_height);
  std::byte* to = reach_side(copy.to, copy, what, to_pitch, to_height);
  if (from == nullptr || to == nullptr) return CUDA_ERROR_ILLEGAL_ADDRESS;
  move_rows(copy, to, to_pitch, to_height, from, from_pitch, from_height);
  return CUDA_SUCCESS;
}

CUresult run_fill(const Fill& fill, const std::string& what) {
  if (fill.width == 0 || fill.height == 0) return CUDA_SUCCESS;
  std::byte* to = reach(fill.address, fill_span(fill), what.c_str());
  if (to == nullptr) return CUDA_ERROR_ILLEGAL_ADDRESS;
  for (std::size_t y = 0; y < fill.height; ++y)
    for (std::size_t x = 0; x < fill.width; ++x)
      std::memcpy(to + y * fill.pitch + x * fill.element, &fill.value, fill.element);
  return CUDA_SUCCESS;
}

}  // namespace simcuda::graph
