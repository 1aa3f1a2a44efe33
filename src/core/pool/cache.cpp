#include "core/pool/cache.hpp"

#include "core/base/tally.hpp"

namespace weir::pool {

namespace {

// Other threads read the record, one at a time writes it: plain additions of whole words will do.
void add(std::int64_t& number, std::uint64_t amount) noexcept {
  add_own(number, static_cast<std::int64_t>(amount));
}
void subtract(std::int64_t& number, std::uint64_t amount) noexcept {
  add_own(number, static_cast<std::int64_t>(std::uint64_t{0} - amount));
}
void count(std::uint64_t& number) noexcept { add_own(number, 1); }
void raise(std::int64_t& peak, std::int64_t now) noexcept {
  if (now > load_relaxed(peak)) store_relaxed(peak, now);
}

}  // namespace

void Cache::begin(Classes classes, profile::PoolRecord* record, profile::PoolClassRecord* bins) noexcept {
  classes_ = classes;
  record_ = record;
  class_records_ = bins;
}

// What becomes of blocks

Block* Cache::take(std::uint64_t request) noexcept {
  const bool is_exact = request <= kLarge || classes_ == Classes::Pow2;
  Block* const block = is_exact ? first_fit(request) : best_fit(request);
  if (block == nullptr) {
    note_largest_idle();
    return nullptr;
  }
  remove_idle(block);
  block->requested = request;
  add_live(block);
  count(record_->hits);
  count(class_records_[block->bin].hits);
  return block;
}

void Cache::enter(Block* block) noexcept {
  block->cache = this;
  block->bin = bin_for(block->bytes);
  profile::PoolClassRecord& in_class = class_records_[block->bin];
  if (load_relaxed(in_class.bytes) == 0) store_relaxed(in_class.bytes, bin_bytes(block->bin));
  add_live(block);
  add_to_all(block);
  count(record_->misses);
  count(in_class.misses);
}

void Cache::keep(Block* block) noexcept {
  remove_live(block);
  add_idle(block);
}

void Cache::hold(Block* block, std::uint64_t freed) noexcept {
  remove_live(block);
  block->freed = freed;
  add_pending(block);
}

std::uint64_t Cache::retire(std::uint64_t upto) noexcept {
  std::uint64_t retired = 0;
  for (Block* block; (block = pending_front_) != nullptr && block->freed <= upto; ++retired) {
    remove_pending(block);
    add_idle(block);
  }
  return retired;
}

void Cache::leave(Block* block) noexcept {
  switch (block->state) {
    case State::Live:
    case State::Freeing: remove_live(block); break;
    case State::Idle: remove_idle(block); break;
    case State::Pending: remove_pending(block); break;
    case State::Leaving:
    case State::Unused: return;
  }
  block->state = State::Leaving;
  --blocks_in_[block->bin];
  all_bytes_ -= block->bytes;
}

void Cache::restore(Block* block) noexcept {
  add_idle(block);
  add_to_all(block);
}

void Cache::resume(Block* block) noexcept {
  add_live(block);
  add_to_all(block);
}

Block* Cache::shed_beyond(std::uint64_t most) noexcept {
  if (idle_bytes_ <= most) return nullptr;
  Block* first = nullptr;
  Block** end = &first;
  while (idle_bytes_ > most) {
    Block* const block = oldest_;
    leave(block);
    *end = block;
    end = &block->next;
  }
  note_largest_idle();
  return first;
}

Block* Cache::shed_for(std::uint64_t bytes) noexcept {
  Block* first = nullptr;
  Block** end = &first;
  while (bytes != 0 && oldest_ != nullptr) {
    Block* block = smallest_of(bytes);
    if (block == nullptr) block = largest(kMostLooks);
    bytes -= block->bytes < bytes ? block->bytes : bytes;
    leave(block);
    *end = block;
    end = &block->next;
  }
  if (first != nullptr) note_largest_idle();
  return first;
}

Block* Cache::shed_pending() noexcept {
  Block* first = nullptr;
  Block** end = &first;
  while (pending_front_ != nullptr) {
    Block* const block = pending_front_;
    leave(block);
    *end = block;
    end = &block->next;
  }
  return first;
}

void Cache::end() noexcept {
  std::uint64_t idle_blocks = 0, live_blocks = 0;
  for (const Block* block = oldest_; block != nullptr; block = block->newer, ++idle_blocks) {
    --blocks_in_[block->bin];
    subtract(class_records_[block->bin].idle_blocks, 1);
    subtract(class_records_[block->bin].idle_bytes, block->bytes);
  }
  for (std::uint32_t bin = 0; bin != kBins; ++bin) {
    const std::uint32_t live = blocks_in_[bin] - pending_in_[bin];
    live_blocks += live;
    subtract(class_records_[bin].live_blocks, live);
    subtract(class_records_[bin].pending_blocks, pending_in_[bin]);
  }
  subtract(record_->live_bytes, live_bytes());
  subtract(record_->live_blocks, live_blocks);
  subtract(record_->requested_bytes, requested_bytes_);
  subtract(record_->idle_bytes, idle_bytes_);
  subtract(record_->idle_blocks, idle_blocks);
  subtract(record_->pending_bytes, pending_bytes_);
  subtract(record_->pending_blocks, pending_blocks_);
  profile::PoolRecord* const record = record_;
  profile::PoolClassRecord* const bins = class_records_;
  const Classes classes = classes_;
  __builtin_memset(static_cast<void*>(this), 0, sizeof(*this));
  begin(classes, record, bins);
}

// Questions

std::uint32_t Cache::bin_for(std::uint64_t bytes) const noexcept {
  return bin_of(classes_ == Classes::Pow2 ? class_bytes(classes_, bytes) : bytes);
}

/// All blocks of the bin are of its size, but for those whose source had no more than just enough.
Block* Cache::first_fit(std::uint64_t request) const noexcept {
  Block* block = bins_[bin_for(request)];
  for (std::uint32_t looks = 0; block != nullptr && block->bytes < request; block = block->next)
    if (++looks == kMostLooks) return nullptr;
  return block;
}

/// The smallest that is large enough; any that is no larger than a fresh one would be is as good.
Block* Cache::best_fit(std::uint64_t request) const noexcept {
  const std::uint64_t fresh = class_bytes(classes_, request);
  const std::uint64_t most = most_bytes_for(classes_, request);
  const std::uint32_t last = bin_of(most);
  std::uint32_t looks = 0;
  for (std::uint32_t bin = bin_of(request); bin <= last; ++bin) {
    Block* best = nullptr;
    for (Block* block = bins_[bin]; block != nullptr && looks != kMostLooks; block = block->next, ++looks) {
      if (block->bytes < request || block->bytes > most) continue;
      if (block->bytes <= fresh) return block;
      if (best == nullptr || block->bytes < best->bytes) best = block;
    }
    if (best != nullptr) return best;
  }
  return nullptr;
}

/// The smallest idle block of at least `bytes`, of those looked at.
Block* Cache::smallest_of(std::uint64_t bytes) const noexcept {
  if (bytes > kMostBytes) return nullptr;
  for (int bin = bin_from(bin_for(bytes)); bin >= 0; bin = bin_from(static_cast<std::uint32_t>(bin) + 1)) {
    Block* best = nullptr;
    std::uint32_t looks = 0;
    for (Block* block = bins_[bin]; block != nullptr && looks != kMostLooks; block = block->next, ++looks)
      if (block->bytes >= bytes && (best == nullptr || block->bytes < best->bytes)) best = block;
    if (best != nullptr) return best;
  }
  return nullptr;
}

/// The largest idle block, of `looks` looked at in the highest bin. Null: nothing is idle.
Block* Cache::largest(std::uint64_t looks) const noexcept {
  const int bin = highest_bin();
  if (bin < 0) return nullptr;
  Block* best = bins_[bin];
  for (Block* block = best->next; block != nullptr && --looks != 0; block = block->next)
    if (block->bytes > best->bytes) best = block;
  return best;
}

/// The first bin from this one up that has an idle block; -1: none.
int Cache::bin_from(std::uint32_t bin) const noexcept {
  if (bin >= kBins) return -1;
  std::uint64_t bits = bin_bits_[bin / 64] >> bin % 64 << bin % 64;
  for (std::uint32_t word = bin / 64;; bits = bin_bits_[word]) {
    if (bits != 0) return static_cast<int>(word * 64) + std::countr_zero(bits);
    if (++word == kBins / 64) return -1;
  }
}

int Cache::highest_bin() const noexcept {
  for (int word = kBins / 64 - 1; word >= 0; --word)
    if (bin_bits_[word] != 0) return word * 64 + 63 - std::countl_zero(bin_bits_[word]);
  return -1;
}

bool Cache::has_pending_for(std::uint64_t request) const noexcept {
  if (request <= kLarge || classes_ == Classes::Pow2) return pending_in_[bin_for(request)] != 0;
  const std::uint64_t most = most_bytes_for(classes_, request);
  const std::uint32_t last = bin_of(most);
  std::uint32_t candidates = 0;
  for (std::uint32_t bin = bin_of(request); bin <= last; ++bin) candidates += pending_in_[bin];
  if (candidates == 0) return false;
  std::uint32_t looks = 0;
  for (const Block* block = pending_front_; block != nullptr; block = block->next) {
    if (block->bytes >= request && block->bytes <= most) return true;
    if (++looks == kMostLooks) return true;
  }
  return false;
}

std::uint64_t Cache::largest_idle() const noexcept {
  const int bin = highest_bin();
  if (bin < 0) return 0;
  const bool has_many_sizes = bin_bytes(static_cast<std::uint32_t>(bin)) > kLarge;
  return largest(has_many_sizes ? ~std::uint64_t{0} : kMostLooks)->bytes;
}

std::uint64_t Cache::largest_pending() const noexcept {
  std::uint64_t bytes = 0;
  for (const Block* block = pending_front_; block != nullptr; block = block->next)
    if (block->bytes > bytes) bytes = block->bytes;
  return bytes;
}

// The lists, and the numbers that go with them

void Cache::add_live(Block* block) noexcept {
  block->state = State::Live;
  requested_bytes_ += block->requested;
  add(record_->live_blocks, 1);
  add(record_->live_bytes, block->bytes);
  add(record_->requested_bytes, block->requested);
  add(class_records_[block->bin].live_blocks, 1);
  raise(record_->peak_live, load_relaxed(record_->live_bytes));
}

void Cache::remove_live(Block* block) noexcept {
  requested_bytes_ -= block->requested;
  subtract(record_->live_blocks, 1);
  subtract(record_->live_bytes, block->bytes);
  subtract(record_->requested_bytes, block->requested);
  subtract(class_records_[block->bin].live_blocks, 1);
}

void Cache::add_idle(Block* block) noexcept {
  block->state = State::Idle;
  Block*& bin = bins_[block->bin];
  block->previous = nullptr;
  block->next = bin;
  if (bin != nullptr)
    bin->previous = block;
  else
    bin_bits_[block->bin / 64] |= std::uint64_t{1} << block->bin % 64;
  bin = block;

  block->newer = nullptr;
  block->older = newest_;
  (newest_ != nullptr ? newest_->newer : oldest_) = block;
  newest_ = block;

  idle_bytes_ += block->bytes;
  add(record_->idle_blocks, 1);
  add(record_->idle_bytes, block->bytes);
  add(class_records_[block->bin].idle_blocks, 1);
  add(class_records_[block->bin].idle_bytes, block->bytes);
  raise(record_->peak_idle, load_relaxed(record_->idle_bytes));
}

void Cache::remove_idle(Block* block) noexcept {
  Block*& bin = bins_[block->bin];
  (block->previous != nullptr ? block->previous->next : bin) = block->next;
  if (block->next != nullptr) block->next->previous = block->previous;
  if (bin == nullptr) bin_bits_[block->bin / 64] &= ~(std::uint64_t{1} << block->bin % 64);

  (block->older != nullptr ? block->older->newer : oldest_) = block->newer;
  (block->newer != nullptr ? block->newer->older : newest_) = block->older;
  block->next = block->previous = block->older = block->newer = nullptr;

  idle_bytes_ -= block->bytes;
  subtract(record_->idle_blocks, 1);
  subtract(record_->idle_bytes, block->bytes);
  subtract(class_records_[block->bin].idle_blocks, 1);
  subtract(class_records_[block->bin].idle_bytes, block->bytes);
}

void Cache::add_pending(Block* block) noexcept {
  block->state = State::Pending;
  block->next = nullptr;
  block->previous = pending_back_;
  (pending_back_ != nullptr ? pending_back_->next : pending_front_) = block;
  pending_back_ = block;

  ++pending_in_[block->bin];
  ++pending_blocks_;
  pending_bytes_ += block->bytes;
  add(record_->pending_blocks, 1);
  add(record_->pending_bytes, block->bytes);
  add(class_records_[block->bin].pending_blocks, 1);
  raise(record_->peak_pending, load_relaxed(record_->pending_bytes));
}

void Cache::remove_pending(Block* block) noexcept {
  (block->previous != nullptr ? block->previous->next : pending_front_) = block->next;
  (block->next != nullptr ? block->next->previous : pending_back_) = block->previous;
  block->next = block->previous = nullptr;

  --pending_in_[block->bin];
  --pending_blocks_;
  pending_bytes_ -= block->bytes;
  subtract(record_->pending_blocks, 1);
  subtract(record_->pending_bytes, block->bytes);
  subtract(class_records_[block->bin].pending_blocks, 1);
}

void Cache::add_to_all(const Block* block) noexcept {
  ++blocks_in_[block->bin];
  all_bytes_ += block->bytes;
  raise(record_->peak_reserved, load_relaxed(record_->live_bytes) + load_relaxed(record_->pending_bytes) +
                                    load_relaxed(record_->idle_bytes));
}

void Cache::note_largest_idle() noexcept {
  const Block* const block = largest(kMostLooks);
  store_relaxed(record_->largest_idle, block != nullptr ? block->bytes : std::uint64_t{0});
}

}  // namespace weir::pool
