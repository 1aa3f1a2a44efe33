// SlabSource over the fake driver, as a setup for programs (pool_fixture.hpp): every place carves.
#pragma once

#include "core/pool/slab_source.hpp"
#include "unit/pool/pool_fixture.hpp"

namespace weir::pool::test {

struct SlabSetup {
  using Places = SlabPlaces<FakeSource::Place, FakeSource::Lock>;
  struct Inner {
    FakeSource inner;
  };
  class Source : Inner, public SlabSource<FakeSource> {
   public:
    Source(FakeSource from, FakeWorld& world) : Inner{from}, SlabSource{inner, places_of(world)} {}
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
  };
  static Source source(FakeWorld& world) { return Source{FakeSource{world}, world}; }
  static Source freeing(FakeWorld& world, std::uint64_t address) { return Source{FakeSource{world, address}, world}; }
  static constexpr bool grants_one_by_one = false;

  static Places& places_of(FakeWorld& world) {
    if (world.calls(Fn::Allocate) == 0) {
      places.forget_all();
      record = {};
    }
    for (const int place : {1, 2, 3, 11, 12, 21}) places.open(place, &record);
    return places;
  }
  static inline Places places{};
  static inline profile::PoolRecord record{};  ///< of the slabs of all places
};
static_assert(CarvingSource<SlabSetup::Source> && !CarvingSource<FakeSource>);

}  // namespace weir::pool::test
