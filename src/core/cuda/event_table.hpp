// The events of fences, and fences as chains of them. Events are made once and used again, as long as their context lives.
//
// Tables of a fixed size, whose pages the kernel maps when they are first touched.
#pragma once

#include <cstdint>

#include "core/cuda/driver_api.hpp"

namespace weir::cuda {

/// A chain's owner is the only one to change its nodes.
struct EventNode {
  CUevent event;  ///< null: none was made yet
  std::uint32_t lives;
  std::uint16_t context;
  bool is_done;
  std::uint32_t next;  ///< 0: the last
};

/// Number of a node with an event of this context, or with none; 0: no more nodes.
[[nodiscard]] std::uint32_t take_event(int context, std::uint32_t lives) noexcept;
[[nodiscard]] EventNode& event_node(std::uint32_t node) noexcept;
/// The chain from `first` on may serve others: those that have an event of a living context that context, the rest any.
void give_events(std::uint32_t first) noexcept;

/// Events of this life of the context are not used again: it is over.
void forget_events(int context, std::uint32_t lives) noexcept;

/// A slot that holds a chain; 0: no more slots.
[[nodiscard]] std::uint32_t take_slot() noexcept;
[[nodiscard]] std::uint32_t& chain_of(std::uint32_t slot) noexcept;
void give_slot(std::uint32_t slot) noexcept;  ///< with its chain

}  // namespace weir::cuda
