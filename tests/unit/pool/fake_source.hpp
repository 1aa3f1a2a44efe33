// The driver of fake_world.hpp as the pool sees it, for one call of the program. It holds the pool to the contract of
// core/pool/source.hpp: the lock is not held over it, a free asks for nothing, a capture is not disturbed.
#pragma once

#include <sys/mman.h>

#include <mutex>
#include <string>

#include "core/pool/pool.hpp"
#include "unit/pool/fake_world.hpp"

namespace weir::pool::test {

/// Knows how many of its kind the calling thread holds.
class FakeLock {
 public:
  void lock() noexcept {
    mutex_.lock();
    ++held;
    ++taken;
  }
  void unlock() noexcept {
    --held;
    mutex_.unlock();
  }
  static inline thread_local int held = 0;
  static inline thread_local std::uint64_t taken = 0;

 private:
  std::mutex mutex_;
};

class FakeSource {
 public:
  using Place = int;
  using Result = Code;
  using Fence = std::uint64_t;
  using Lock = FakeLock;
  static constexpr Code kSuccess = Code::Success;
  static constexpr Code kNoSuchBlock = Code::NoSuchBlock;
  static constexpr bool is_no_memory(Code code) noexcept { return code == Code::NoMemory; }

  /// For an allocation, or what the pool does besides.
  explicit FakeSource(FakeWorld& world) noexcept : world_{&world} {}
  /// For the free of this block.
  FakeSource(FakeWorld& world, std::uint64_t freed) noexcept : world_{&world}, freed_{freed} {}

  Code allocate(Place& place, std::uint64_t bytes, std::uint64_t& address) noexcept {
    begin(Fn::Allocate);
    if (freed_ != 0) world_->violation("memory was asked for in a free");
    return end(Fn::Allocate, world_->allocate(place, bytes, address));
  }
  Code release(Place& place, std::uint64_t address) noexcept {
    if (address != freed_ && !world_->may_release_waiting)
      world_->violation("an idle block was given back by a free that may wait");
    begin(Fn::Release);
    return end(Fn::Release, world_->release(place, address));
  }
  Shed shed(Place& place, std::uint64_t address) noexcept {
    wants_no_capture("an idle block was given back");
    begin(Fn::Release);
    if (world_->is_touched(address)) world_->violation("a block was shed while earlier work may touch it");
    if (world_->is_busy) {
      was_busy_ = true;
      return end(Fn::Release, Shed::Busy);
    }
    const Code code = world_->release(place, address);
    was_shed_ |= code == Code::Success;
    return end(Fn::Release, code == Code::Success ? Shed::Gone : Shed::Refused);
  }
  Progress shed_progress() noexcept {
    begin(Fn::Look);
    was_busy_ &= world_->is_busy;
    was_shed_ &= world_->keeps_shed != 0;
    return was_busy_ || was_shed_ ? Progress::NotYet : Progress::Done;
  }
  Stance stance(Place& place) noexcept {
    if (world_->is_capturing) return Stance::Queue;
    return world_->aside == place ? Stance::Aside : Stance::Act;
  }
  Code wait(Place& place) noexcept {
    wants_no_capture("the device was waited for");
    begin(Fn::Wait);
    return end(Fn::Wait, world_->wait(place));
  }
  [[nodiscard]] bool waits_for_all(Place&) const noexcept { return !world_->has_strangers; }
  bool mark(Place& place, Fence& fence) noexcept {
    wants_no_capture("a mark was put");
    begin(Fn::Mark);
    return end(Fn::Mark, world_->mark(place, fence));
  }
  Progress look(Place&, Fence& fence) noexcept {
    wants_no_capture("a mark was looked at");
    begin(Fn::Look);
    switch (end(Fn::Look, world_->look(fence))) {
      case Code::Success: return Progress::Done;
      case Code::NoMemory: return Progress::NotYet;
      case Code::NotNow: return Progress::NotNow;
      default: return Progress::Broken;
    }
  }
  void drop(Place&, Fence& fence) noexcept {
    begin(Fn::Drop);
    world_->drop(fence);
  }

  static void* map(std::size_t bytes) noexcept {
    if (!FakeWorld::current->may_map()) return nullptr;
    void* const base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return base == MAP_FAILED ? nullptr : base;
  }
  static void unmap(void* base, std::size_t bytes) noexcept { ::munmap(base, bytes); }
  static std::uint64_t now_ns() noexcept { return FakeWorld::current->clock_ns; }
  static void pause_ns(std::uint64_t ns) noexcept {
    FakeWorld& world = *FakeWorld::current;
    if (FakeLock::held != 0) world.violation("the pool paused with its lock held");
    world.clock_ns += ns;
    world.on_pause();
  }

 private:
  void begin(Fn fn) noexcept {
    if (FakeLock::held != 0) world_->violation("the source was called with the pool's lock held");
    const auto hook = world_->on_call;  // it may put another in its place
    hook(fn);
  }
  template <class Value>
  Value end(Fn fn, Value result) noexcept {
    const auto hook = world_->on_return;
    hook(fn);
    return result;
  }
  void wants_no_capture(const std::string& what) noexcept {
    if (world_->is_strict_about_captures && world_->is_capturing) world_->violation(what + " during a capture");
  }

  FakeWorld* world_;
  std::uint64_t freed_ = 0;
  bool was_busy_ = false, was_shed_ = false;
};

}  // namespace weir::pool::test
