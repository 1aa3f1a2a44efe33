#include "heap/advice.hpp"

#include <utility>

namespace simcuda {
namespace {

constexpr CUdeviceptr kPage = 4096;

std::pair<CUdeviceptr, CUdeviceptr> pages(CUdeviceptr begin, size_t bytes) {
  return {begin / kPage * kPage, (begin + bytes + kPage - 1) / kPage * kPage};
}

}  // namespace

// Makes a run begin at the address if one covers it.
void AdviceMap::split(CUdeviceptr at) {
  auto after = runs_.upper_bound(at);
  if (after == runs_.begin()) return;
  auto run = std::prev(after);
  if (run->first == at || run->second.end <= at) return;
  runs_.emplace(at, run->second);
  run->second.end = at;
}

void AdviceMap::change(CUdeviceptr begin, size_t bytes, const std::function<void(Advice&)>& change) {
  const auto [first, end] = pages(begin, bytes);
  split(first);
  split(end);
  for (CUdeviceptr at = first; at < end;) {
    auto run = runs_.lower_bound(at);
    if (run == runs_.end() || run->first > at) {  // nothing was said from here to the next run
      const CUdeviceptr gap_end = run == runs_.end() || run->first > end ? end : run->first;
      run = runs_.emplace(at, Run{gap_end, {}}).first;
    }
    change(run->second.advice);
    at = run->second.end;
  }
}

void AdviceMap::each(CUdeviceptr begin, size_t bytes, const std::function<void(const Advice&)>& look) const {
  const auto [first, end] = pages(begin, bytes);
  auto run = runs_.upper_bound(first);
  if (run != runs_.begin() && std::prev(run)->second.end > first) --run;
  CUdeviceptr at = first;
  for (; at < end && run != runs_.end() && run->first < end; ++run) {
    if (run->first > at) look({});
    look(run->second.advice);
    at = run->second.end;
  }
  if (at < end) look({});
}

void AdviceMap::forget(CUdeviceptr begin, size_t bytes) {
  const auto [first, end] = pages(begin, bytes);
  split(first);
  split(end);
  runs_.erase(runs_.lower_bound(first), runs_.lower_bound(end));
}

AdviceMap& advice() {
  static auto& all = *new AdviceMap;
  return all;
}

}  // namespace simcuda
