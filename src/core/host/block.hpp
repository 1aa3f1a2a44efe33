// What the tagged kinds of blocks have in common.
#pragma once

#include <cstddef>

#include "core/host/tag.hpp"

namespace weir::host {

/// A block for a tagged request, not yet tagged. Null: no memory.
struct Block {
  void* at;
  std::size_t class_bytes;
};

[[nodiscard]] inline std::size_t tagged_request(std::size_t bytes) noexcept {
  return (bytes < 8 ? 8 : bytes) + kTagBytes;
}

}  // namespace weir::host
