// What the program was given and gave back, exactly.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace torture {

enum class Kind { Plain, Pitch, Managed, Ordered, Host, HostFlags, Registered, Array, Physical };
inline constexpr std::uint64_t kKinds = 9;

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_{seed * 0x9E3779B97F4A7C15 + 1} {}
  std::uint64_t below(std::uint64_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return (state_ * 0x2545F4914F6CDD1D >> 20) % n;
  }

 private:
  std::uint64_t state_;
};

struct Block {
  std::uint64_t key, bytes, context, number;
  Kind kind;
  int site, device;
};

inline const char* space_of(Kind kind) {
  if (kind == Kind::Managed) return "managed";
  return kind == Kind::Host || kind == Kind::HostFlags || kind == Kind::Registered ? "pinned" : "device";
}

inline const char* kind_of(Kind kind) {
  switch (kind) {
    case Kind::Ordered: return "stream_ordered";
    case Kind::Registered: return "registered";
    case Kind::Array: return "array";
    case Kind::Physical: return "physical";
    default: return "plain";
  }
}

class Account {
 public:
  void allocated(Block block) {
    const std::lock_guard hold{lock_};
    block.number = t_last = ++number_;
    blocks_.push_back(block);
    Sums& sums = of(block);
    sums.allocated += block.bytes;
    ++sums.allocated_blocks;
    sums.live += block.bytes;
    ++sums.live_blocks;
    sums.highest = std::max(sums.highest, sums.live);
    grow(space_of(block.kind), block.bytes);
    if (std::string_view{space_of(block.kind)} == "device")
      grow("device " + std::to_string(block.device), block.bytes);
  }

  /// Takes any block out: another thread must not free it too.
  bool take(Random& random, Block& out) {
    const std::lock_guard hold{lock_};
    if (blocks_.empty()) return false;
    const std::size_t at = random.below(2) == 0 ? blocks_.size() - 1 : random.below(blocks_.size());
    out = blocks_[at];
    blocks_[at] = blocks_.back();
    blocks_.pop_back();
    return true;
  }

  void put_back(const Block& block) {
    const std::lock_guard hold{lock_};
    blocks_.push_back(block);
  }

  void freed(const Block& block) {
    const std::lock_guard hold{lock_};
    if (t_last == block.number) ++of(block).temporary;
    gone(block);
  }

  void context_ended(std::uint64_t context, bool is_reset) {
    const std::lock_guard hold{lock_};
    for (std::size_t i = 0; i != blocks_.size();) {
      if (blocks_[i].context != context) {
        ++i;
        continue;
      }
      Sums& sums = of(blocks_[i]);
      (is_reset ? sums.reset : sums.destroyed) += blocks_[i].bytes;
      gone(blocks_[i]);
      blocks_[i] = blocks_.back();
      blocks_.pop_back();
    }
  }

  std::size_t blocks() {
    const std::lock_guard hold{lock_};
    return blocks_.size();
  }

  std::uint64_t live_blocks(std::initializer_list<Kind> kinds) {
    const std::lock_guard hold{lock_};
    return static_cast<std::uint64_t>(std::count_if(blocks_.begin(), blocks_.end(), [&](const Block& block) {
      return std::find(kinds.begin(), kinds.end(), block.kind) != kinds.end();
    }));
  }

  void print() {
    std::printf("{\"sites\": [");
    const char* comma = "";
    for (const auto& [where, s] : sums_) {
      const auto& [site, space, kind, device] = where;
      std::printf("%s\n{\"site\": %d, \"space\": \"%s\", \"kind\": \"%s\", \"device\": %d, \"allocated_bytes\": %lu, "
                  "\"allocated_blocks\": %lu, \"live_bytes\": %lu, \"live_blocks\": %lu, \"peak_bytes\": %lu, "
                  "\"temporary_blocks\": %lu, \"reset\": %lu, \"destroyed\": %lu, \"at_peak_bytes\": %lu}",
                  comma, site, space.c_str(), kind.c_str(), device, s.allocated, s.allocated_blocks, s.live,
                  s.live_blocks, s.highest, s.temporary, s.reset, s.destroyed, s.at_peak);
      comma = ",";
    }
    std::printf("],\n\"totals\": {");
    comma = "";
    for (const auto& [name, t] : totals_) {
      std::printf("%s\n\"%s\": {\"live_bytes\": %lu, \"peak_bytes\": %lu}", comma, name.c_str(), t.live, t.highest);
      comma = ",";
    }
    std::printf("}}\n");
  }

 private:
  using Where = std::tuple<int, std::string, std::string, int>;  ///< site, space, kind, device
  struct Sums {
    std::uint64_t allocated, allocated_blocks, live, live_blocks, highest, temporary, reset, destroyed, at_peak;
  };
  struct Total {
    std::uint64_t live, highest;
  };

  Sums& of(const Block& block) {
    const std::string space = space_of(block.kind);
    return sums_[{block.site, space, kind_of(block.kind), space == "pinned" ? -1 : block.device}];
  }
  void gone(const Block& block) {
    Sums& sums = of(block);
    sums.live -= block.bytes;
    --sums.live_blocks;
    const std::string space = space_of(block.kind);
    totals_[space].live -= block.bytes;
    if (space == "device") totals_["device " + std::to_string(block.device)].live -= block.bytes;
  }
  void grow(const std::string& name, std::uint64_t bytes) {
    Total& total = totals_[name];
    total.live += bytes;
    if (total.live <= total.highest) return;
    total.highest = total.live;
    for (auto& [where, sums] : sums_)
      if (std::get<1>(where) == name) sums.at_peak = sums.live;
  }

  std::mutex lock_;
  std::vector<Block> blocks_;
  std::map<Where, Sums> sums_;
  std::map<std::string, Total> totals_;
  std::uint64_t number_ = 0;
  static inline thread_local std::uint64_t t_last = 0;
};

}  // namespace torture
