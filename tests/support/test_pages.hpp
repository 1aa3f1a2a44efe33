// Pages for the books of a pool under test. What they have not unmapped goes with clear(): books are never given back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/pool/block_index.hpp"

namespace weir::test {

class TestPages {
 public:
  static inline bool is_full = false;
  static void* map(std::size_t bytes) {
    if (is_full) return nullptr;
    return pages_.emplace_back(std::make_unique<std::uint64_t[]>(bytes / 8)).get();
  }
  static void unmap(void* base, std::size_t) {
    std::erase_if(pages_, [&](const auto& page) { return page.get() == base; });
  }
  static void clear() {
    pages_.clear();
    is_full = false;
  }

 private:
  static inline std::vector<std::unique_ptr<std::uint64_t[]>> pages_;
};

inline constexpr pool::Pages kTestPages{TestPages::map, TestPages::unmap};

}  // namespace weir::test
