#include "core/walk/marker.hpp"

namespace weir::walk {

namespace {

constexpr std::uintptr_t kWord = sizeof(std::uintptr_t), kLine = 64;
constexpr std::uintptr_t kLongScan = 4096, kAheadOfScan = 1024;

std::uintptr_t word_at(std::uintptr_t at) noexcept {
  return __atomic_load_n(reinterpret_cast<const std::uintptr_t*>(at), __ATOMIC_RELAXED);
}

/// By itself the processor fetches ahead within a page only.
void fetch_ahead(std::uintptr_t at, std::uintptr_t end) noexcept {
  for (; at < end; at += kLine) __builtin_prefetch(reinterpret_cast<const void*>(at + kAheadOfScan));
}

}  // namespace

void Marker::mark(State& state, Place place) noexcept {
  if (state == State::Unreached) {
    state = lost_ ? State::LostToo : State::Reachable;
    push(place);
  } else if (state == State::Lost && (place.extent != leader_.extent || place.number != leader_.number)) {
    state = State::LostToo;  // it has been followed already
  }
}

/// Farther behind the block's start than its end: whose pointer that is, nobody knows (one in front of the next block, say).
/// What is in the lower half of a place is not behind a request that needed the place; only for the rest the tag is fetched.
bool Marker::is_behind(std::uintptr_t word, Place place) const noexcept {
  const std::uint64_t class_bytes = heap_.extent(place.extent).block_bytes;
  const std::uint64_t offset = word - address_of(heap_.block(place));
  if (offset <= class_bytes / 2 || reads_slack_) return false;
  const host::TagReading tag = host::read_tag(heap_.block(place), class_bytes);
  return tag.state == host::TagState::Live && offset > tag.requested;
}

/// Looks up what was met, step by step for all of it: nearly every read is of a line that no cache holds, and so many are
/// under way together. No branch of the first step depends on a word: every second one may be a pointer, few into the heap.
void Marker::settle() noexcept {
  struct Found {
    std::uintptr_t word;
    std::uint32_t slot;
  } found[kMet];
  std::size_t count = 0, blocks = 0;
  for (std::size_t i = 0; i != met_count_; ++i) {
    found[count] = {met_[i], heap_.slot_of(met_[i])};
    count += found[count].slot != 0;
  }
  met_count_ = 0;
  for (std::size_t i = 0; i != count; ++i) heap_.fetch_extent(found[i].slot - 1);
  Place places[kMet];
  for (std::size_t i = 0; i != count; ++i) {
    if (!heap_.find_in(found[i].slot, found[i].word, places[blocks])) continue;
    __builtin_prefetch(&heap_.state(places[blocks]), 1);
    found[blocks++].word = found[i].word;
  }
  for (std::size_t i = 0; i != blocks; ++i) {
    State& state = heap_.state(places[i]);
    if ((state == State::Unreached || state == State::Lost) && !is_behind(found[i].word, places[i]))
      mark(state, places[i]);
  }
}

void Marker::meet_cuda(std::uintptr_t word) noexcept {
  std::uint32_t number;
  if (cuda_->find(word, number) || cuda_->find(CudaBlocks::python_int(word), number))
    mark((*cuda_)[number].state, {kCuda, number});
}

/// No branch depends on a word: every second one may be a pointer. Where it stopped.
std::uintptr_t Marker::gather(std::uintptr_t at, std::uintptr_t end) noexcept {
  const Heap::Span span = heap_.span();
  std::uintptr_t* to = met_ + met_count_;
  for (; at + kWord <= end; at += kWord) {
    const std::uintptr_t word = word_at(at);
    *to = word;
    to += span.has(word);
  }
  met_count_ = static_cast<std::size_t>(to - met_);
  return at;
}

void Marker::scan(std::uintptr_t begin, std::uintptr_t end, bool counts_cuda) noexcept {
  const bool is_long = end - begin >= kLongScan;
  for (std::uintptr_t at = align_up(begin, kWord); at + kWord <= end;) {
    if (met_count_ > kMet / 2) settle();
    const std::size_t room = (kMet - met_count_) * kWord;
    const std::uintptr_t part_end = end - at > room ? at + room : end;
    if (is_long) fetch_ahead(at, part_end);
    if (counts_cuda)
      for (std::uintptr_t cuda_at = at; cuda_at + kWord <= part_end; cuda_at += kWord)
        meet_cuda(word_at(cuda_at));
    at = gather(at, part_end);
  }
}

/// Only the pages that were written.
void Marker::scan_written(std::uintptr_t begin, std::uintptr_t end, bool counts_cuda) noexcept {
  if (!filter_.works()) filter_.begin();
  std::uintptr_t at = align_down(begin, platform::kPageBytes), run_end;
  for (const std::uintptr_t last = align_up(end, platform::kPageBytes); filter_.next(at, last, run_end);
       at = run_end)
    scan(at < begin ? begin : at, run_end > end ? end : run_end, counts_cuda);
}

void Marker::scan_block(Place place) noexcept {
  if (place.extent == kCuda) return scan_cuda_block((*cuda_)[place.number]);
  const host::TagReading tag = host::read_tag(heap_.block(place), heap_.extent(place.extent).block_bytes);
  const bool is_whole = reads_slack_ || tag.state != host::TagState::Live;
  const std::uintptr_t begin = address_of(heap_.block(place));
  const std::uintptr_t end = begin + (is_whole ? tag.usable : tag.requested);
  const bool counts_cuda = cuda_ != nullptr && !cuda_->is_driver_site(tag.site);
  if (end - begin < kFilterFrom) return scan(begin, end, counts_cuda);
  scan_written(begin, end, counts_cuda);
}

/// False: not all of it can be read.
bool Marker::scan_copied(std::uintptr_t begin, std::uintptr_t end, CarefulReader& reader) noexcept {
  begin = align_up(begin, sizeof(std::uintptr_t));
  if (end < begin || !reader.may_read(end - begin)) return false;
  for (std::size_t left = (end - begin) / sizeof(std::uintptr_t); left != 0;) {
    const std::size_t words = left < CarefulReader::kWords ? left : CarefulReader::kWords;
    const std::uintptr_t* copy = reader.read(begin, words);
    if (copy == nullptr) return false;
    scan(address_of(copy), address_of(copy + words), true);
    begin += words * sizeof(std::uintptr_t);
    left -= words;
  }
  return true;
}

void Marker::scan_cuda_block(CudaBlock& block) noexcept {
  const std::uintptr_t end = block.address + block.bytes;
  if (block.contents == Contents::Device) return;
  if (block.contents == Contents::Private) return scan_written(block.address, end, true);
  CarefulReader* reader = block.contents == Contents::Foreign ? cuda_->reader() : nullptr;
  if (reader == nullptr || !scan_copied(block.address, end, *reader)) cuda_->note_unread();
}

void Marker::push(Place place) noexcept {
  if (is_many_ && place.extent != kCuda) {
    const std::uint32_t rank = heap_.rank(place);
    waiting_[rank / kBits] |= std::uint64_t{1} << rank % kBits;
    ++waiting_count_;
    return;
  }
  stack_[depth_++] = place;
  if (depth_ == room_) spread();
}

/// What is on the stack and the heap's waits by address from now on.
void Marker::spread() noexcept {
  is_many_ = true;
  const std::size_t depth = depth_;
  depth_ = 0;
  for (std::size_t i = 0; i != depth; ++i) push(stack_[i]);
}

/// The first that waits at or behind `at`, which moves on to it. False: none.
bool Marker::take_waiting(Place& at, Place& place) noexcept {
  std::uint32_t rank = heap_.rank(at);
  std::uint32_t word = rank / kBits;
  std::uint64_t bits = waiting_[word] & (~std::uint64_t{0} << rank % kBits);
  for (const std::uint32_t last = heap_.places() / kBits; bits == 0 && word != last;) bits = waiting_[++word];
  if (bits == 0) return false;
  waiting_[word] &= ~(bits & -bits);
  --waiting_count_;
  rank = word * kBits + static_cast<std::uint32_t>(__builtin_ctzll(bits));
  while (rank - heap_.rank({at.extent, 0}) >= heap_.extent(at.extent).blocks) ++at.extent;
  at.number = rank - heap_.rank({at.extent, 0});
  place = at;
  return true;
}

/// One pass over the heap. Those that come to wait behind it are for the next.
void Marker::sweep() noexcept {
  Place at{0, 0};
  scan_all([&](Place& place) noexcept { return take_waiting(at, place); });
  if (waiting_count_ > kMany / 2) return;
  is_many_ = false;
  at = {0, 0};
  for (Place place; take_waiting(at, place);) push(place);
}

/// Scans what `next` gives, until it gives nothing more and all is looked up.
template <class Next>
void Marker::scan_all(Next next) noexcept {
  Place ahead[kAhead];
  for (std::size_t in = 0, out = 0;;) {
    for (Place place; in - out != kAhead && next(place);) {
      if (place.extent != kCuda) heap_.fetch_block(place);
      ahead[in++ % kAhead] = place;
    }
    if (in != out)
      scan_block(ahead[out++ % kAhead]);
    else if (met_count_ != 0)
      settle();
    else
      return;
  }
}

void Marker::follow() noexcept {
  const auto from_stack = [this](Place& place) noexcept {
    if (depth_ == 0) return false;
    place = stack_[--depth_];
    return true;
  };
  for (scan_all(from_stack); is_many_; scan_all(from_stack)) sweep();
}

void Marker::root(std::uintptr_t word) noexcept {
  if (heap_.span().has(word)) met_[met_count_++] = word;
  if (cuda_ != nullptr) meet_cuda(word);
  follow();
}

void Marker::scan_roots(std::uintptr_t begin, std::uintptr_t end) noexcept {
  while (begin < end) {
    std::uintptr_t part_end = end;
    const bool is_drivers = cuda_ != nullptr && cuda_->is_drivers(begin, end, part_end);
    scan(begin, part_end, cuda_ != nullptr && !is_drivers);
    begin = part_end;
  }
  follow();
}

void Marker::begin_with(State& state, Place place) noexcept {
  if (state != State::Unreached) return;
  state = State::Lost;
  leader_ = place;
  push(place);
  follow();
}

void Marker::classify() noexcept {
  lost_ = true;
  for (std::uint32_t extent = 0; extent != heap_.extent_count(); ++extent)
    for (std::uint32_t number = 0; number != heap_.extent(extent).blocks; ++number)
      begin_with(heap_.state({extent, number}), {extent, number});
  for (std::uint32_t number = 0; cuda_ != nullptr && number != cuda_->count(); ++number)
    begin_with((*cuda_)[number].state, {kCuda, number});
}

}  // namespace weir::walk
