// Reserved address ranges and what is mapped in them: the books of cuMemAddressReserve, cuMemMap and
// cuMemSetAccess. No memory is touched here; whoever moves pages asks first and records afterwards.
//
//   reservation  |-- mapping (allocation 3) --|-- mapping (allocation 5) --|-- nothing --|
//
// A range handed to unmap or access must be made of whole mappings without a gap.
#pragma once

#include <cuda.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace simcuda::memory {

/// Who accesses: the id counts for devices and NUMA nodes only.
struct Accessor {
  CUmemLocationType type = CU_MEM_LOCATION_TYPE_INVALID;
  int id = 0;
  auto operator<=>(const Accessor&) const = default;
};

class Reservations {
 public:
  using Address = std::uint64_t;

  struct Mapping {
    std::size_t bytes = 0;
    std::size_t offset = 0;
    std::uint64_t allocation = 0;
    std::map<Accessor, CUmemAccess_flags> access;  // starts with none
  };
  using Found = std::pair<Address, Mapping*>;

  void add(Address base, std::size_t bytes) { reservations_[base] = bytes; }
  /// False unless exactly this reservation exists and nothing is mapped in it.
  [[nodiscard]] bool remove(Address base, std::size_t bytes);
  [[nodiscard]] bool contains(Address base, std::size_t bytes) const;
  [[nodiscard]] bool is_free(Address base, std::size_t bytes) const;

  /// Inside one reservation and free, or it answers false.
  [[nodiscard]] bool map(Address base, const Mapping& mapping);
  /// The whole mappings that make up the range; empty when they do not.
  [[nodiscard]] std::vector<Found> whole_mappings(Address base, std::size_t bytes);
  [[nodiscard]] Found mapping_at(Address anywhere_in_it);
  void unmap(Address base) { mappings_.erase(base); }

  [[nodiscard]] std::size_t mappings() const { return mappings_.size(); }

 private:
  [[nodiscard]] bool overlaps_mapping(Address base, std::size_t bytes) const;

  std::map<Address, std::size_t> reservations_;
  std::map<Address, Mapping> mappings_;
};

}  // namespace simcuda::memory
