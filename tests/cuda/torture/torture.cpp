// A random program of the driver API that keeps its own exact account of what it asked for, and prints it (run.py compares).
//
//   torture SEED STEPS THREADS
//
// Every block is made by one of the functions made_at<N>(), of every kind, on several devices and in several contexts, and freed
// by any thread in any legal way; contexts are destroyed and devices reset with blocks in them; calls fail by order. One thread:
// also the peaks, and what was short-lived. Prints one line of JSON; with STEPS 0 it goes on until it is killed.
//
// One thread does the same in every run of a seed. Several do not: they choose from blocks and contexts that all share, so what
// one does depends on how far the others have come. At the end the account is held against what the driver says is alive.
#include "account.hpp"

#include <cuda.h>
#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <shared_mutex>
#include <thread>

#include "simcuda.h"

// The newest headers no longer declare it under this name.
extern "C" CUresult CUDAAPI cuCtxCreate_v2(CUcontext* out, unsigned flags, CUdevice device);

namespace torture {
namespace {

constexpr int kSites = 12;
constexpr std::size_t kMostBlocks = 300;

struct Place {
  CUcontext context;
  int device;
  bool is_primary;
};

std::shared_mutex g_contexts;  ///< exclusively, while a context ends
std::vector<Place> g_places;
Account g_account;

void must(CUresult result, const char* what) {
  if (result == CUDA_SUCCESS) return;
  std::fprintf(stderr, "torture: %s: %d\n", what, static_cast<int>(result));
  std::_Exit(3);
}
#define MUST(call) must(call, #call)

/// Asks the driver for one block. `wanted` says what; the rest is filled in.
CUresult ask_driver(Block& wanted) {
  auto* address = reinterpret_cast<CUdeviceptr*>(&wanted.key);
  auto* host = reinterpret_cast<void**>(&wanted.key);
  const std::size_t n = wanted.bytes;
  switch (wanted.kind) {
    case Kind::Plain: return cuMemAlloc(address, n);
    case Kind::Pitch: {
      std::size_t pitch = 0;
      wanted.bytes = (n / 64 + 1) * 10;
      return cuMemAllocPitch(address, &pitch, n / 64 + 1, 10, 4);
    }
    case Kind::Managed: return cuMemAllocManaged(address, n, CU_MEM_ATTACH_GLOBAL);
    case Kind::Ordered: return cuMemAllocAsync(address, n, nullptr);
    case Kind::Host: return cuMemAllocHost(host, n);
    case Kind::HostFlags: return cuMemHostAlloc(host, n, CU_MEMHOSTALLOC_PORTABLE);
    case Kind::Registered:
      *host = std::aligned_alloc(4096, (n + 4095) / 4096 * 4096);
      return cuMemHostRegister(*host, n, 0);
    case Kind::Array: {
      const CUDA_ARRAY_DESCRIPTOR shape{
          .Width = n / 512 + 1, .Height = 8, .Format = CU_AD_FORMAT_FLOAT, .NumChannels = 2};
      wanted.bytes = shape.Width * 8 * 8;
      return cuArrayCreate(reinterpret_cast<CUarray*>(&wanted.key), &shape);
    }
    case Kind::Physical: {
      CUmemAllocationProp how{};
      how.type = CU_MEM_ALLOCATION_TYPE_PINNED;
      how.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = wanted.device};
      wanted.bytes = (n / 300000 + 1) << 21;
      return cuMemCreate(reinterpret_cast<CUmemGenericAllocationHandle*>(&wanted.key), wanted.bytes, &how, 0);
    }
  }
  return CUDA_ERROR_UNKNOWN;
}

/// `is_crosswise`: plain memory in stream order, and the other way round.
CUresult give_back(const Block& block, bool is_crosswise) {
  switch (block.kind) {
    case Kind::Plain:
    case Kind::Pitch: return is_crosswise ? cuMemFreeAsync(block.key, nullptr) : cuMemFree(block.key);
    case Kind::Ordered: return is_crosswise ? cuMemFree(block.key) : cuMemFreeAsync(block.key, nullptr);
    case Kind::Managed: return cuMemFree(block.key);
    case Kind::Host:
    case Kind::HostFlags: return cuMemFreeHost(reinterpret_cast<void*>(block.key));
    case Kind::Registered: return cuMemHostUnregister(reinterpret_cast<void*>(block.key));
    case Kind::Array: return cuArrayDestroy(reinterpret_cast<CUarray>(block.key));
    case Kind::Physical: return cuMemRelease(block.key);
  }
  return CUDA_ERROR_UNKNOWN;
}

template <int N>
[[gnu::noinline, gnu::noclone]] CUresult made_at(Block& block) {
  const CUresult result = ask_driver(block);
  asm volatile("" : : "r"(N) : "memory");
  return result;
}

using Make = CUresult (*)(Block&);
template <std::size_t... N>
constexpr std::array<Make, sizeof...(N)> all_sites(std::index_sequence<N...>) {
  return {&made_at<static_cast<int>(N)>...};
}
constexpr auto kMakers = all_sites(std::make_index_sequence<kSites>{});

void make_one(Random& random) {
  const std::shared_lock hold{g_contexts};
  const Place place = g_places[random.below(g_places.size())];
  MUST(cuCtxSetCurrent(place.context));
  Block block{};
  block.kind = static_cast<Kind>(random.below(kKinds));
  block.site = static_cast<int>(random.below(kSites));
  block.device = place.device;
  block.bytes = 1 + (random.below(4) == 0 ? random.below(3 << 20) : random.below(20000));
  // Stream-ordered and physical memory belongs to the device.
  const bool stays = block.kind == Kind::Ordered || block.kind == Kind::Physical;
  block.context = stays ? 0 : reinterpret_cast<std::uint64_t>(place.context);
  if (kMakers[static_cast<std::size_t>(block.site)](block) == CUDA_SUCCESS) g_account.allocated(block);
}

void free_one(Random& random) {
  const std::shared_lock hold{g_contexts};
  Block block{};
  if (!g_account.take(random, block)) return;
  MUST(cuCtxSetCurrent(g_places[random.below(g_places.size())].context));
  if (block.kind == Kind::Ordered || random.below(3) == 0)  // in its stream's context
    for (const Place& place : g_places)
      if (place.device == block.device) MUST(cuCtxSetCurrent(place.context));
  if (give_back(block, random.below(3) == 0) == CUDA_SUCCESS)
    g_account.freed(block);
  else
    g_account.put_back(block);
}

void end_one(Random& random) {
  const std::unique_lock hold{g_contexts};
  const std::size_t at = random.below(g_places.size());
  Place& place = g_places[at];
  const auto context = reinterpret_cast<std::uint64_t>(place.context);
  MUST(cuCtxSetCurrent(nullptr));
  if (place.is_primary) {
    if (cuDevicePrimaryCtxReset(place.device) != CUDA_SUCCESS) return;
    g_account.context_ended(context, true);
    MUST(cuDevicePrimaryCtxRetain(&place.context, place.device));
    return;
  }
  if (cuCtxDestroy(place.context) != CUDA_SUCCESS) return;
  g_account.context_ended(context, false);
  g_places.erase(g_places.begin() + static_cast<std::ptrdiff_t>(at));
}

void begin_one(Random& random, int devices) {
  const std::unique_lock hold{g_contexts};
  if (g_places.size() >= 8) return;
  Place place{};
  place.device = static_cast<int>(random.below(static_cast<std::uint64_t>(devices)));
  if (cuCtxCreate_v2(&place.context, 0, place.device) == CUDA_SUCCESS) g_places.push_back(place);
}

void work(std::uint64_t seed, std::uint64_t steps, int devices) {
  Random random{seed};
  for (std::uint64_t i = 0; steps == 0 || i != steps; ++i) {
    const std::uint64_t what = random.below(200);
    if (what == 0)
      end_one(random);
    else if (what == 1)
      begin_one(random, devices);
    else if (what < 110 && g_account.blocks() < kMostBlocks)
      make_one(random);
    else
      free_one(random);
  }
}

/// The account has what the driver has; pools of weir's keep more device and pinned blocks than the program has.
void agree_with_driver() {
  const bool is_pooled = dlsym(RTLD_DEFAULT, "weir_scan") != nullptr;
  for (const Place& place : g_places) {
    MUST(cuCtxSetCurrent(place.context));
    MUST(cuCtxSynchronize());  // frees in stream order
  }
  struct Line {
    simcuda_kind drivers;
    bool may_be_more;
    std::initializer_list<Kind> ours;
  };
  for (const auto& [drivers, may_be_more, ours] :
       {Line{SIMCUDA_DEVICE, is_pooled, {Kind::Plain, Kind::Pitch}}, Line{SIMCUDA_PINNED, is_pooled, {Kind::Host, Kind::HostFlags}},
        Line{SIMCUDA_MANAGED, false, {Kind::Managed}}, Line{SIMCUDA_REGISTERED, false, {Kind::Registered}},
        Line{SIMCUDA_POOL, false, {Kind::Ordered}}}) {
    const std::uint64_t has = simcuda_live_blocks(-1, drivers), wanted = g_account.live_blocks(ours);
    if (has == wanted || (may_be_more && has > wanted)) continue;
    std::fprintf(stderr, "torture: the driver has %lu blocks of kind %d, the account %lu\n", has, drivers, wanted);
    std::_Exit(4);
  }
}

}  // namespace
}  // namespace torture

int main(int count, char** words) {
  using namespace torture;
  if (count != 4) return 2;
  const std::uint64_t seed = std::strtoull(words[1], nullptr, 10), steps = std::strtoull(words[2], nullptr, 10);
  const int threads = std::atoi(words[3]);
  int devices = 0;
  MUST(cuInit(0));
  MUST(cuDeviceGetCount(&devices));
  for (int device = 0; device != devices; ++device) {
    Place place{nullptr, device, true};
    MUST(cuDevicePrimaryCtxRetain(&place.context, device));
    g_places.push_back(place);
  }
  std::vector<std::thread> all;
  for (int i = 0; i != threads; ++i)
    all.emplace_back(work, seed * 1000 + static_cast<std::uint64_t>(i), steps, devices);
  for (std::thread& thread : all) thread.join();
  agree_with_driver();
  g_account.print();
  std::fflush(stdout);
  std::_Exit(0);  // what still lives is live in the profile
}
