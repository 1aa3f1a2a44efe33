// Blocks as the engine makes them, with a list of those that live.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include "support/host_ready.hpp"

namespace weir::walk::test {

class TaggedBlocks {
 public:
  static constexpr std::uint32_t kFirstSite = 1000;  ///< no other test uses these

  TaggedBlocks() { weir::test::begin_host(); }
  ~TaggedBlocks() {
    while (!live_.empty()) release(live_.begin()->first);
  }

  /// A block of its own site. `align` 0: any.
  void* make(std::size_t bytes, std::size_t align, std::uint32_t site = 0) {
    const host::Block block = align == 0 ? host::allocate(bytes) : host::allocate_aligned(bytes, align);
    const std::lock_guard hold{lock_};
    if (site == 0) site = next_++;
    host::write_tag(block.at, block.class_bytes, bytes, site);
    live_[block.at] = site;
    list_.push_back(block.at);
    bytes_[block.at] = bytes;
    return block.at;
  }

  void release(void* block) {
    const std::size_t class_bytes = host::class_bytes_of(block);
    host::retire_tag(block, class_bytes, host::load_tag(block, class_bytes));
    live_.erase(block);
    host::release(block, class_bytes);
  }

  void release_one(std::uint32_t choice) {
    const std::lock_guard hold{lock_};
    if (list_.empty()) return;
    std::swap(list_[choice % list_.size()], list_.back());
    void* block = list_.back();
    list_.pop_back();
    release(block);
  }

  void tag_again(void* block) {
    host::write_tag(block, host::class_bytes_of(block), bytes_[block], live_[block]);
  }

  [[nodiscard]] const std::map<void*, std::uint32_t>& live() const { return live_; }

 private:
  std::mutex lock_;
  std::map<void*, std::uint32_t> live_;
  std::map<void*, std::size_t> bytes_;
  std::vector<void*> list_;
  std::uint32_t next_ = kFirstSite;
};

}  // namespace weir::walk::test
