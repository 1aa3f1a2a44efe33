// Counting of samples: each with what it stands for. The engine's own.
//
// Samples are rare, so all threads count in one place under one lock, and every number, the peak too, is that of one
// moment.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::engine {

/// False: no memory.
[[nodiscard]] bool begin_sampled_counts() noexcept;

void count_sampled_alloc(std::uint32_t site, std::size_t bytes) noexcept;
/// `temporary`: the block was its thread's newest.
void count_sampled_free(std::uint32_t site, std::size_t bytes, bool temporary) noexcept;

/// In a forked child, single-threaded: as track::Shards::fold_for_child() does for the counters.
void fold_samples_for_child() noexcept;

}  // namespace weir::engine
