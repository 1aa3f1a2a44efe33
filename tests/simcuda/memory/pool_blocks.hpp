// The memory of one pool as arithmetic: segments granted by the device, cut into blocks, and the order in
// which a freed block may serve again. No driver, no stream, no memory is touched here: who asks says in which
// stream, and whoever executes the stream says when a free has been reached.
//
//   segment   |-- used --|-- pending(stream 7, ticket 3) --|-- idle ------------------------|
//
// A free walks through four states; each step lets more takers in:
//   Used      -> Pending    the free is queued: later work of the same stream may use the block
//   Pending   -> Completed  the free was executed: any stream may, if the pool reuses opportunistically
//   Completed -> Idle       the host has seen it (synchronise): everybody may, and the segment may be given back
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

namespace simcuda::memory {

/// Where in a stream something was queued: tickets of one stream only grow. Stream 0 means "no stream".
struct Order {
  std::uint64_t stream = 0;
  std::uint64_t ticket = 0;
};

struct Reuse {
  bool follow_event_dependencies = true;
  bool opportunistic = true;
  bool internal_dependencies = true;
};

/// Does later work of the asking stream wait for this order (an event, the null stream)?
using Follows = std::function<bool(Order)>;

class PoolBlocks {
 public:
  using Address = std::uint64_t;
  static constexpr std::size_t kGranule = 512;

  enum class State : std::uint8_t { Used, Pending, Completed, Idle };

  struct Block {
    std::size_t bytes = 0;      // as cut
    std::size_t requested = 0;  // as asked for, while Used
    State state = State::Idle;
    Order freed;  // while Pending or Completed
  };

  struct Take {
    std::size_t bytes = 0;
    std::uint64_t stream = 0;
    Reuse reuse;
    Follows follows;
  };

  struct Taken {
    Address base = 0;
    std::optional<Order> wait_for;  // the asking stream must be made to wait for this free
  };

  void add_segment(Address base, std::size_t bytes);

  /// The smallest block that the asking stream may use at once.
  [[nodiscard]] std::optional<Taken> take(const Take& wanted);
  /// The smallest block that it may use once it waits for another stream (reuse.internal_dependencies).
  [[nodiscard]] std::optional<Taken> take_by_waiting(const Take& wanted);

  /// The block becomes Pending; false when no used block begins here.
  [[nodiscard]] bool free_in_order(Address base, Order order);
  /// The block becomes Idle: the caller has promised that nothing uses it.
  [[nodiscard]] bool free_now(Address base);
  /// The free that was queued at this order for the block that began here has been executed.
  void complete(Address base, std::size_t bytes, Order order);
  /// The host has seen that completed frees of this stream (0: of all streams) are done.
  void observe(std::uint64_t stream);

  /// Hands back wholly idle segments, largest address first, while more than `keep` bytes are reserved.
  std::size_t trim(std::size_t keep, const std::function<void(Address, std::size_t)>& give_back);

  [[nodiscard]] std::optional<std::pair<Address, Block>> used_block(Address anywhere_in_it) const;
  [[nodiscard]] std::optional<std::pair<Address, std::size_t>> segment(Address anywhere_in_it) const;
  [[nodiscard]] std::size_t used_bytes() const { return used_; }
  [[nodiscard]] std::size_t reserved_bytes() const { return reserved_; }
  [[nodiscard]] std::size_t used_blocks() const { return used_count_; }
  /// No used block and no free that has yet to be executed.
  [[nodiscard]] bool quiet() const;
  /// Segments and blocks tile each other without gap or overlap, and the sums are right: for tests.
  [[nodiscard]] bool is_consistent() const;

 private:
  using Blocks = std::map<Address, Block>;

  [[nodiscard]] Blocks::iterator smallest(const Take& wanted,
                                          const std::function<bool(const Block&)>& usable);
  Address cut(Blocks::iterator at, const Take& wanted);
  void merge_around(Blocks::iterator at);
  bool merge_with_next(Blocks::iterator at);
  [[nodiscard]] Blocks::iterator containing(Address address);
  [[nodiscard]] bool idle_segment(Address base, std::size_t bytes) const;

  Blocks blocks_;
  std::map<Address, std::size_t> segments_;
  std::size_t used_ = 0;
  std::size_t used_count_ = 0;
  std::size_t reserved_ = 0;
};

}  // namespace simcuda::memory
