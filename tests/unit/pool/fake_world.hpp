// A driver for the pool's tests: contexts ("places") of one or more devices ("groups"), memory of which there is so much, work
// on lanes (streams) that is done when the test says, and faults.
//
// What the pool must not do is noted as a violation, with a sentence: handing out is judged by judge_handout().
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace weir::pool::test {

enum class Code { Success, NoMemory, NoSuchBlock, Failed, NotNow };

/// The functions of a source, for faults.
enum class Fn { Allocate, Release, Wait, Mark, Look, Drop, Map, kCount };

/// May be used from several threads.
class FakeWorld {
 public:
  static constexpr int kLanes = 4;  ///< of each place; they are done independently of each other

  FakeWorld() { current = this; }
  ~FakeWorld() { current = nullptr; }
  FakeWorld(const FakeWorld&) = delete;
  FakeWorld& operator=(const FakeWorld&) = delete;
  static inline FakeWorld* current = nullptr;

  std::atomic<std::uint64_t> capacity = ~std::uint64_t{0};  ///< bytes, of each group
  std::atomic<bool> is_capturing = false;                   ///< the stance is Queue
  std::atomic<int> aside = -1;                              ///< the place with stance Aside
  std::atomic<std::uint64_t> clock_ns = 1;
  /// Given up places, and slabs that others may hold: a free that waits is right.
  std::atomic<bool> may_release_waiting = false;
  std::atomic<bool> has_strangers = false;  ///< other places' work may touch a block: wait() does not wait for that
  std::atomic<bool> is_busy = false;          ///< idle blocks cannot be given back without waiting
  std::atomic<std::uint64_t> keeps_shed = 0;  ///< bytes of the capacity that what was given back still takes
  bool is_strict_about_captures = true;  ///< false: other threads switch them
  // Called without any lock, before and after each call of a source; a test may do in them what another thread might do then.
  std::function<void(Fn)> on_call = [](Fn) {}, on_return = [](Fn) {};
  std::function<void()> on_pause = [] {};

  static int group_of(int place) { return place / 10; }

  // What the program and its device do.
  void submit(int place, std::uint64_t address, int lane = 0) {
    const std::scoped_lock hold{mutex_};
    touching_[address][{place, lane}] = ++newest_[{place, lane}];
  }
  /// One piece of work of the lane is done; false: there was none.
  bool step(int place, int lane) {
    const std::scoped_lock hold{mutex_};
    std::uint64_t& done = done_[{place, lane}];
    return done < newest_[{place, lane}] && ++done != 0;
  }
  void complete(int place) {
    const std::scoped_lock hold{mutex_};
    finish(place);
  }
  /// The place is gone: so are its memory and its work.
  void destroy(int place) {
    const std::scoped_lock hold{mutex_};
    finish(place);
    for (auto it = granted_.begin(); it != granted_.end();)
      it = it->second.place == place ? give_up(it) : std::next(it);
  }
  /// The block is freed by a way that the pool does not see.
  void free_unseen(std::uint64_t address) {
    const std::scoped_lock hold{mutex_};
    if (const auto it = granted_.find(address); it != granted_.end()) give_up(it);
  }
  [[nodiscard]] bool is_touched(std::uint64_t address) {
    const std::scoped_lock hold{mutex_};
    return touched(address);
  }
  /// The oracle: the pool has handed out this block. It may be a part of one that the driver granted.
  void judge_handout(std::uint64_t address, std::uint64_t request) {
    const std::scoped_lock hold{mutex_};
    const auto it = grant_around(address);
    if (it == granted_.end())
      note("a block was handed out that the driver has not granted");
    else if (it->first + it->second.bytes < address + request)
      note("a block was handed out that is too small");
    if (touched(address)) note("a block was handed out while earlier work may touch it");
  }

  /// The nth call from now on of a function fails in that way, and so do the `times` - 1 after it.
  void fail(Fn fn, std::uint64_t nth, Code code, std::uint64_t times = 1) {
    const std::scoped_lock hold{mutex_};
    faults_[at(fn)] = {calls_[at(fn)] + nth, times, code};
  }
  void no_faults() {
    const std::scoped_lock hold{mutex_};
    faults_ = {};
  }
  [[nodiscard]] std::uint64_t calls(Fn fn) {
    const std::scoped_lock hold{mutex_};
    return calls_[at(fn)];
  }

  [[nodiscard]] std::uint64_t granted_blocks() {
    const std::scoped_lock hold{mutex_};
    return granted_.size();
  }
  [[nodiscard]] std::uint64_t granted_bytes(int group = 0) {
    const std::scoped_lock hold{mutex_};
    return bytes_[group];
  }
  /// What the driver granted there; 0: nothing.
  [[nodiscard]] std::uint64_t bytes_at(std::uint64_t address) {
    const std::scoped_lock hold{mutex_};
    const auto it = granted_.find(address);
    return it == granted_.end() ? 0 : it->second.bytes;
  }
  [[nodiscard]] std::uint64_t fences() {
    const std::scoped_lock hold{mutex_};
    return fences_.size();
  }
  [[nodiscard]] std::vector<std::string> violations() {
    const std::scoped_lock hold{mutex_};
    return violations_;
  }
  std::vector<std::string> take_violations() {
    const std::scoped_lock hold{mutex_};
    return std::exchange(violations_, {});
  }
  void violation(const std::string& what) {
    const std::scoped_lock hold{mutex_};
    note(what);
  }

  // The driver, for sources. Success of look() is Done, NoMemory is NotYet.
  Code allocate(int place, std::uint64_t bytes, std::uint64_t& address) {
    const std::scoped_lock hold{mutex_};
    if (const Code fault = called(Fn::Allocate); fault != Code::Success) return fault;
    if (bytes == 0) return Code::Failed;
    std::uint64_t& used = bytes_[group_of(place)];
    if (bytes > capacity || used + keeps_shed + bytes > capacity) return Code::NoMemory;
    used += bytes;
    std::uint64_t found = next_address_;
    if (std::vector<std::uint64_t>& vacant = vacant_[bytes]; !vacant.empty()) {
      found = vacant.back();
      vacant.pop_back();
    } else {
      next_address_ += (bytes + 511) / 512 * 512;
    }
    granted_[found] = {bytes, place};
    address = found;
    return Code::Success;
  }
  /// As the driver's own free it waits for the work.
  Code release(int place, std::uint64_t address) {
    const std::scoped_lock hold{mutex_};
    if (const Code fault = called(Fn::Release); fault != Code::Success) return fault;
    const auto it = granted_.find(address);
    if (it == granted_.end() || it->second.place != place) {
      note("a block was given back that the driver has not granted there");
      return Code::NoSuchBlock;
    }
    for (auto work = touching_.lower_bound(address);
         work != touching_.end() && work->first < address + it->second.bytes; ++work)
      for (const auto& [lane, number] : work->second)
        if (done_[lane] < number) done_[lane] = number;
    give_up(it);
    return Code::Success;
  }
  Code wait(int place) {
    const std::scoped_lock hold{mutex_};
    if (const Code fault = called(Fn::Wait); fault != Code::Success) return fault;
    finish(place);
    return Code::Success;
  }
  bool mark(int place, std::uint64_t& fence) {
    const std::scoped_lock hold{mutex_};
    if (called(Fn::Mark) != Code::Success) return false;
    fence = ++next_fence_;
    for (int lane = 0; lane != kLanes; ++lane) fences_[fence][{place, lane}] = newest_[{place, lane}];
    if (has_strangers)
      for (const auto& [lane, newest] : newest_) fences_[fence][lane] = newest;
    return true;
  }
  Code look(std::uint64_t fence) {
    const std::scoped_lock hold{mutex_};
    const auto it = fences_.find(fence);
    if (it == fences_.end()) note("a fence was looked at that is not there");
    if (const Code fault = called(Fn::Look); fault != Code::Success) return fault;
    if (it != fences_.end())
      for (const auto& [lane, number] : it->second)
        if (done_[lane] < number) return Code::NoMemory;
    return Code::Success;
  }
  void drop(std::uint64_t fence) {
    const std::scoped_lock hold{mutex_};
    (void)called(Fn::Drop);
    if (fences_.erase(fence) == 0) note("a fence was dropped that is not there");
  }
  bool may_map() {
    const std::scoped_lock hold{mutex_};
    return called(Fn::Map) == Code::Success;
  }

 private:
  using Lane = std::pair<int, int>;  ///< place, number
  struct Grant {
    std::uint64_t bytes;
    int place;
  };
  struct Fault {
    std::uint64_t from, times;
    Code code;
  };
  static std::size_t at(Fn fn) { return static_cast<std::size_t>(fn); }

  void note(const std::string& what) { violations_.push_back(what); }
  void finish(int place) {
    for (int lane = 0; lane != kLanes; ++lane) done_[{place, lane}] = newest_[{place, lane}];
  }
  bool touched(std::uint64_t address) {
    const auto it = touching_.find(address);
    if (it == touching_.end()) return false;
    for (const auto& [lane, number] : it->second)
      if (number > done_[lane]) return true;
    touching_.erase(it);
    return false;
  }
  std::map<std::uint64_t, Grant>::iterator give_up(std::map<std::uint64_t, Grant>::iterator it) {
    bytes_[group_of(it->second.place)] -= it->second.bytes;
    touching_.erase(touching_.lower_bound(it->first), touching_.lower_bound(it->first + it->second.bytes));
    vacant_[it->second.bytes].push_back(it->first);
    return granted_.erase(it);
  }
  std::map<std::uint64_t, Grant>::iterator grant_around(std::uint64_t address) {
    auto it = granted_.upper_bound(address);
    if (it == granted_.begin()) return granted_.end();
    --it;
    return address < it->first + it->second.bytes ? it : granted_.end();
  }
  Code called(Fn fn) {
    const std::uint64_t number = ++calls_[at(fn)];
    const Fault& fault = faults_[at(fn)];
    return number >= fault.from && number < fault.from + fault.times ? fault.code : Code::Success;
  }

  std::mutex mutex_;
  std::map<std::uint64_t, Grant> granted_;
  std::map<std::uint64_t, std::vector<std::uint64_t>> vacant_;  ///< by size; the one freed last is granted first
  std::uint64_t next_address_ = 1U << 20;
  std::map<int, std::uint64_t> bytes_;  ///< by group
  std::map<Lane, std::uint64_t> newest_, done_;
  std::map<std::uint64_t, std::map<Lane, std::uint64_t>> touching_;  ///< address: the newest work of each lane
  std::map<std::uint64_t, std::map<Lane, std::uint64_t>> fences_;
  std::uint64_t next_fence_ = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(Fn::kCount)> calls_{};
  std::array<Fault, static_cast<std::size_t>(Fn::kCount)> faults_{};
  std::vector<std::string> violations_;
};

}  // namespace weir::pool::test
