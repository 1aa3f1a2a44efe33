// Random paths through the torture frames: each a small change of an earlier one, which is how stacks follow one another
// in programs, and what a walk that joins with an earlier one can get wrong.
#pragma once

#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "torture_frames.hpp"

namespace weir::stack::torture {

struct Kind {
  const char* name;
  void (*run)(Step*);
  unsigned weight;
  enum class Value { None, Any, Offset, Room } value;
  unsigned bytes;  ///< kinds of the same size may take each other's place; 0: its size varies
  /// What rbp holds while it calls: what it held before, the frame's own pointer, a number, or anything.
  enum class Rbp { Kept, Pointer, Number, Anything } rbp;
  bool is_described = true;  ///< it has call frame information
};

using enum Kind::Value;
using enum Kind::Rbp;
inline constexpr Kind kKinds[] = {
    {"bare_32", torture_bare_32, 12, None, 32, Kept},
    {"bare_48", torture_bare_48, 6, None, 48, Kept},
    {"bare_64", torture_bare_64, 6, None, 64, Kept},
    {"saves_rbp", torture_saves_rbp, 8, None, 32, Kept},
    {"saves_rbp_low", torture_saves_rbp_low, 6, None, 32, Kept},
    {"changes_rbp", torture_changes_rbp, 8, Any, 32, Number},
    {"points_rbp", torture_points_rbp, 8, Offset, 32, Anything},
    {"frame_pointer", torture_frame_pointer, 12, None, 32, Pointer},
    {"frame_pointer_64", torture_frame_pointer_64, 6, None, 64, Pointer},
    {"variable", torture_variable, 10, Room, 0, Pointer},
    {"realigned_64", torture_realigned_64, 6, None, 0, Anything},
    {"realigned_128", torture_realigned_128, 6, None, 0, Anything},
    {"compiled", compiled, 3, None, 0, Anything},
    {"compiled_frame_pointer", compiled_frame_pointer, 3, None, 0, Anything},
    {"compiled_variable", compiled_variable, 3, Any, 0, Anything},
    {"compiled_realigned<64>", compiled_realigned<64>, 2, None, 0, Anything},
    {"compiled_realigned<128>", compiled_realigned<128>, 2, None, 0, Anything},
    {"compiled_realigned_variable", compiled_realigned_variable, 2, Any, 0, Anything},
    {"compiled_huge", compiled_huge, 1, None, 0, Anything},
    {"compiled_busy", compiled_busy, 3, Any, 0, Anything},
    {"undescribed", torture_undescribed, 6, None, 32, Kept, false},
    {"undescribed_fp", torture_undescribed_fp, 12, None, 32, Pointer, false},
};
/// Where a path with undescribed frames begins: the stack ends there.
inline constexpr Kind kBottom{"bottom", torture_bottom, 0, None, 32, Number};

class Random {
 public:
  explicit Random(std::uint64_t seed) : bits_{seed} {}
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits_() % n); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::uint64_t word() { return bits_(); }

 private:
  std::mt19937_64 bits_;
};

struct Place {
  const Kind* kind;
  std::uintptr_t value = 0;
};
inline Place place(const char* name, std::uintptr_t value = 0) {
  const Kind* kind = kKinds;
  while (std::string_view{kind->name} != name) ++kind;
  return {kind, value};
}

/// The return address into each function.
using Returns = std::map<void (*)(Step*), std::uintptr_t>;

class Path {
 public:
  static constexpr std::size_t kUsual = 40, kDeepest = 700, kDeepestUndescribed = 80;

  /// `undescribed`: some frames have no call frame information, and the stack ends with the path. Where rbp points may
  /// matter then: it holds a frame pointer or a number, and the path is short enough to believe in it.
  Path(Random& random, bool undescribed) : undescribed_{undescribed} {
    if (undescribed) places_.push_back({&kBottom, 0});
    grow(random);
  }

  /// These places, oldest first.
  explicit Path(std::vector<Place> places)
      : places_{std::move(places)}, undescribed_{places_.front().kind == &kBottom} {}

  void change(Random& random) {
    switch (random.below(12)) {
      case 0: return;  // the same again
      case 1:
      case 2:  // other young frames above the same old ones
        shrink(random);
        return grow(random);
      case 3: return shrink(random);
      case 4: return replace(random);
      case 5: return revalue(random);
      case 6: return exchange(random);
      case 7: return move_room(random);
      case 8:
      case 9: return swallow(random);
      default: return uncover(random);
    }
  }

  /// The same path as steps that can be run, ending with `leaf`.
  [[nodiscard]] std::vector<Step> steps(void (*leaf)(Step*)) const {
    std::vector<Step> out;
    for (const Place& place : places_) out.push_back({place.kind->run, place.value});
    out.push_back({leaf, 0});
    return out;
  }

  /// The return addresses of this path, youngest first: what a walk has to find.
  [[nodiscard]] std::vector<std::uintptr_t> stack(const Returns& returns) const {
    std::vector<std::uintptr_t> out;
    for (std::size_t i = places_.size(); i-- != 0;) {
      out.push_back(returns.at(places_[i].kind->run));
      if (places_[i].kind->run != torture_undescribed) continue;
      // Neither information nor a frame pointer of its own: the next older frame pointer is believed, if there is one.
      while (places_[i].kind->rbp == Kept) --i;
      if (places_[i].kind->rbp != Pointer) return out;
    }
    return out;
  }
  [[nodiscard]] bool ends_the_stack() const { return undescribed_; }
  [[nodiscard]] std::string describe() const {
    std::string out;
    for (const Place& place : places_) {
      out += place.kind->name;
      if (place.kind->value != None) out += "(" + std::to_string(place.value) + ")";
      out += ' ';
    }
    return out + "(oldest first)";
  }

 private:
  [[nodiscard]] bool may_contain(const Kind& kind) const {
    return undescribed_ ? kind.rbp != Anything : kind.is_described;
  }
  void shrink(Random& random) { places_.resize(random.below(places_.size()) + 1); }
  void grow(Random& random) {
    const std::size_t limit = undescribed_ ? kDeepestUndescribed : kDeepest;
    const std::size_t most = random.one_in(50) ? limit : kUsual;
    for (std::size_t more = random.below(most) + 1; more != 0 && places_.size() < limit; --more)
      places_.push_back(some_place(random));
  }
  [[nodiscard]] Place some_place(Random& random) const {
    for (;;) {
      const Kind& kind = kKinds[random.below(std::size(kKinds))];
      if (kind.weight <= random.below(12) || !may_contain(kind)) continue;
      return {&kind, some_value(random, kind)};
    }
  }
  static std::uintptr_t some_value(Random& random, const Kind& kind) {
    switch (kind.value) {
      case None: break;
      case Any: return random.one_in(3) ? random.word() : random.below(4);
      case Offset: return 8 * random.below(40) - 64;
      case Room: return 16 * random.below(6);
    }
    return 0;
  }
  Place& any(Random& random) { return places_[random.below(places_.size())]; }

  /// Another frame of the same size somewhere in the middle: what is younger stays where it is.
  void replace(Random& random) {
    Place& place = any(random);
    if (place.kind == &kBottom || place.kind->bytes == 0) return;
    Place other = some_place(random);
    while (other.kind->bytes != place.kind->bytes) other = some_place(random);
    place = other;
  }
  /// The same frames with other contents.
  void revalue(Random& random) {
    for (int tries = 0; tries != 8; ++tries) {
      Place& place = any(random);
      if (place.kind->value == None) continue;
      place.value = some_value(random, *place.kind);
      return;
    }
  }
  /// Two neighbours change places: what is younger than both stays where it is.
  void exchange(Random& random) {
    const std::size_t at = random.below(places_.size());
    if (at == 0 || places_[at - 1].kind == &kBottom) return;
    std::swap(places_[at - 1], places_[at]);
  }
  /// One variable frame grows by what another shrinks.
  void move_room(Random& random) {
    Place *taker = nullptr, *giver = nullptr;
    for (int tries = 0; tries != 12; ++tries) {
      Place& place = any(random);
      if (place.kind->value != Room) continue;
      if (giver == nullptr && place.value >= 16) giver = &place;
      else if (&place != giver) taker = &place;
    }
    if (taker == nullptr || giver == nullptr) return;
    giver->value -= 16;
    taker->value += 16;
  }

  /// A frame goes, and the next younger one takes its room, with the words that lay there: a variable one by being
  /// larger, a realigned one (if the alignment allows it) by leaving a larger gap.
  void swallow(Random& random) {
    for (std::size_t tries = 0; tries != 12; ++tries) {
      const std::size_t at = random.below(places_.size());
      if (at + 1 == places_.size() || places_[at].kind == &kBottom || places_[at].kind->bytes == 0) continue;
      Place& younger = places_[at + 1];
      if (!can_swallow(younger) || younger.value > kMostRoom) continue;
      if (younger.kind->value == Room) younger.value += places_[at].kind->bytes;
      places_.erase(places_.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    }
  }
  /// The reverse: where a variable or a realigned frame left room, there is another frame.
  void uncover(Random& random) {
    for (std::size_t tries = 0; tries != 12; ++tries) {
      const std::size_t at = random.below(places_.size());
      if (!can_swallow(places_[at])) continue;
      const Place other = some_place(random);
      if (other.kind->bytes == 0) continue;
      if (places_[at].kind->value == Room) {
        if (places_[at].value < other.kind->bytes) continue;
        places_[at].value -= other.kind->bytes;
      }
      places_.insert(places_.begin() + static_cast<std::ptrdiff_t>(at), other);
      return;
    }
  }
  static bool can_swallow(const Place& place) {
    return place.kind->value == Room || place.kind->run == torture_realigned_64 ||
           place.kind->run == torture_realigned_128;
  }
  static constexpr std::uintptr_t kMostRoom = 1024;

  std::vector<Place> places_;  // oldest first
  bool undescribed_;
};

}  // namespace weir::stack::torture
