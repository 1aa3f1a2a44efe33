// Names of symbols that betray what a program is made of. The one list is in marks.cpp.
#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <string_view>

namespace weir::tool {

enum class Mark : std::size_t {
  Malloc,
  OperatorNew,
  Jemalloc,  ///< calls of an allocator's own, which weir does not stand in front of
  Tcmalloc,
  Mimalloc,
  OtherAllocator,
  Asan,
  AsanOptions,  ///< the program's own answer to its runtime's question
  Tsan,
  Msan,
  Lsan,
  Hwasan,
  GoRuntime,
  Cgo,
  Rust,
  Python,
  Node,
  Java,
  CudaRuntime,
  CudaDriver,
  CudaKernels,
  Count
};

class Marks {
 public:
  [[nodiscard]] bool has(Mark mark) const { return set_[static_cast<std::size_t>(mark)]; }
  void add(Mark mark) { set_.set(static_cast<std::size_t>(mark)); }
  Marks& operator|=(const Marks& other) {
    set_ |= other.set_;
    return *this;
  }

 private:
  std::bitset<static_cast<std::size_t>(Mark::Count)> set_;
};

/// What a symbol of this name is a mark of.
[[nodiscard]] std::optional<Mark> mark_of(std::string_view symbol);

}  // namespace weir::tool
