#include "core/cuda/event_table.hpp"

#include "core/cuda/contexts_seen.hpp"
#include "core/platform/platform.hpp"

namespace weir::cuda {
namespace {

// Number 0 is none, of both.
constexpr std::uint32_t kNodes = 8192, kSlots = 1024;

struct Slot {
  std::uint32_t chain;
  std::uint32_t next;  ///< of the free ones
};

/// Not held over the driver.
constinit platform::Lock g_lock{};
constinit EventNode g_nodes[kNodes]{};
constinit Slot g_slots[kSlots]{};
constinit std::uint32_t g_used_nodes{}, g_used_slots{};   ///< that were ever taken
constinit std::uint32_t g_blank_nodes{}, g_free_slots{};  ///< lists
constinit std::uint32_t g_idle[kMostContexts]{};          ///< lists of nodes with events, by context
constinit std::uint32_t g_ended_lives[kMostContexts]{};   ///< the last life that is over

/// Takes the first of a list.
template <class Entry>
std::uint32_t pop(std::uint32_t& list, const Entry* entries) noexcept {
  const std::uint32_t first = list;
  if (first != 0) list = entries[first].next;
  return first;
}

std::uint32_t fresh(std::uint32_t& used, std::uint32_t most) noexcept { return used + 1 < most ? ++used : 0; }

void push(std::uint32_t& list, std::uint32_t node) noexcept {
  g_nodes[node].next = list;
  list = node;
}

/// Under the lock.
void give(std::uint32_t first) noexcept {
  while (first != 0) {
    EventNode& node = g_nodes[first];
    const std::uint32_t next = node.next;
    const bool is_over = node.lives <= g_ended_lives[node.context];
    if (is_over) node.event = nullptr;
    push(node.event != nullptr ? g_idle[node.context] : g_blank_nodes, first);
    first = next;
  }
}

}  // namespace

EventNode& event_node(std::uint32_t node) noexcept { return g_nodes[node]; }
std::uint32_t& chain_of(std::uint32_t slot) noexcept { return g_slots[slot].chain; }

std::uint32_t take_event(int context, std::uint32_t lives) noexcept {
  const platform::Holding hold{g_lock};
  std::uint32_t node = pop(g_idle[context], g_nodes);
  if (node == 0) node = pop(g_blank_nodes, g_nodes);
  if (node == 0) node = fresh(g_used_nodes, kNodes);
  if (node == 0) return 0;
  g_nodes[node] = {.event = g_nodes[node].event,
                   .lives = lives,
                   .context = static_cast<std::uint16_t>(context),
                   .is_done = false,
                   .next = 0};
  return node;
}

void give_events(std::uint32_t first) noexcept {
  const platform::Holding hold{g_lock};
  give(first);
}

void forget_events(int context, std::uint32_t lives) noexcept {
  const platform::Holding hold{g_lock};
  g_ended_lives[context] = lives;
  const std::uint32_t all = g_idle[context];
  g_idle[context] = 0;
  give(all);
}

std::uint32_t take_slot() noexcept {
  const platform::Holding hold{g_lock};
  std::uint32_t slot = pop(g_free_slots, g_slots);
  if (slot == 0) slot = fresh(g_used_slots, kSlots);
  return slot;
}

void give_slot(std::uint32_t slot) noexcept {
  const platform::Holding hold{g_lock};
  give(g_slots[slot].chain);
  g_slots[slot] = {.chain = 0, .next = g_free_slots};
  g_free_slots = slot;
}

}  // namespace weir::cuda
