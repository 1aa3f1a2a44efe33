// What a program said of its managed memory, page by page. Only remembered: nothing is moved.
#pragma once
#include <cuda.h>

#include <functional>
#include <map>
#include <set>

namespace simcuda {

constexpr CUmemLocation kNowhere = {CU_MEM_LOCATION_TYPE_INVALID, 0};
inline bool same(const CUmemLocation& one, const CUmemLocation& other) {
  return one.type == other.type && one.id == other.id;
}

struct Advice {
  bool read_mostly = false;
  CUmemLocation preferred = kNowhere;
  CUmemLocation prefetched = kNowhere;
  std::set<int> accessed_by;  // devices; CU_DEVICE_CPU is the host
};

// Runs of pages with one advice each; what no run covers has none.
class AdviceMap {
 public:
  // Pages of any part of [begin, begin + bytes), whole.
  void change(CUdeviceptr begin, size_t bytes, const std::function<void(Advice&)>& change);
  // Every different advice in the range, the empty one included where nothing was said.
  void each(CUdeviceptr begin, size_t bytes, const std::function<void(const Advice&)>& look) const;
  void forget(CUdeviceptr begin, size_t bytes);

 private:
  struct Run {
    CUdeviceptr end;
    Advice advice;
  };
  void split(CUdeviceptr at);

  std::map<CUdeviceptr, Run> runs_;
};

// Of all managed memory. Under the lock.
AdviceMap& advice();

}  // namespace simcuda
