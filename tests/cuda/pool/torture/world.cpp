#include "torture/world.hpp"

#include <atomic>
#include <thread>

#include "simcuda.h"

extern "C" CUresult CUDAAPI cuCtxCreate_v2(CUcontext* out, unsigned flags, CUdevice device);

namespace torture {
namespace {

constexpr char kModule[] = R"(.version 7.0
.target sm_70
.address_size 64
.visible .entry stamp(.param .u64 at, .param .u64 bytes, .param .u64 value) { ret; }
.visible .entry check(.param .u64 at, .param .u64 bytes, .param .u64 value) { ret; }
)";

/// Calls visit(word) for the words of a block that bear its stamp. Other bytes are for copies and fills.
template <class Visit>
void each_stamp(const simcuda_launch* launch, Visit visit) {
  const auto at = *static_cast<const std::uint64_t*>(launch->parameters[0]);
  const auto bytes = *static_cast<const std::uint64_t*>(launch->parameters[1]);
  const auto value = *static_cast<const std::uint64_t*>(launch->parameters[2]);
  if (bytes < 8) return;
  for (const std::uint64_t offset : {std::uint64_t{0}, bytes / 2 / 8 * 8, (bytes - 8) / 8 * 8})
    if (auto* word = static_cast<std::uint64_t*>(simcuda_reach(at + offset, 8))) visit(at + offset, *word, value);
}

void stamp_model(const simcuda_launch* launch, void*) {
  each_stamp(launch, [](std::uint64_t, std::uint64_t& word, std::uint64_t value) { word = value; });
}

void check_model(const simcuda_launch* launch, void*) {
  each_stamp(launch, [](std::uint64_t at, std::uint64_t& word, std::uint64_t value) {
    ++g_sums.stamps_seen;
    if (word != value) violation("0x%lx bears the stamp %lx, its block's is %lx", at, word, value);
  });
}

int device_count() {
  int count = 0;
  if (cuInit(0) != CUDA_SUCCESS || cuDeviceGetCount(&count) != CUDA_SUCCESS) std::_Exit(3);
  return count;
}

}  // namespace

World::World(const Options& options)
    : options{options}, devices{device_count()}, holdings{devices, options.threads == 1} {
  simcuda_register_kernel("stamp", stamp_model, nullptr);
  simcuda_register_kernel("check", check_model, nullptr);
  for (const char* kernel : {"stamp", "check"}) simcuda_kernel_touches(kernel, 0, 1);
  for (int device = 0; device != devices; ++device) {
    places[device].device = device;
    places[device].is_primary = true;
    GOOD(cuDevicePrimaryCtxRetain(&places[device].context, device));
    furnish(device);
  }
  Random random{options.seed};
  for (int i = 0; i != 4; ++i) change_peers(random);
  if (options.lazy) simcuda_seed(options.seed);
}

void World::furnish(int place) {
  Place& it = places[place];
  ++it.life;
  enter(place);
  CUmodule module = nullptr;
  GOOD(cuModuleLoadData(&module, kModule));
  GOOD(cuModuleGetFunction(&it.stamp, module, "stamp"));
  GOOD(cuModuleGetFunction(&it.check, module, "check"));
  for (int other = 0; other != kMostPlaces; ++other) it.reaches[other] = places[other].reaches[place] = false;
}

int World::any_place(Random& random) const {
  for (;;)
    if (const auto at = static_cast<int>(random.below(kMostPlaces)); places[at].context != nullptr) return at;
}

void World::begin_context(Random& random) {
  for (int place = devices; place != kMostPlaces && place != devices + 3; ++place) {
    if (places[place].context != nullptr) continue;
    places[place].device = static_cast<int>(random.below(static_cast<std::uint64_t>(devices)));
    const CUresult result = cuCtxCreate_v2(&places[place].context, 0, places[place].device);
    if (result == CUDA_SUCCESS) {
      GOOD(cuCtxPopCurrent(nullptr));  // it was pushed
      return furnish(place);
    }
    places[place].context = nullptr;
    if (result != CUDA_ERROR_OUT_OF_MEMORY || !options.small) good(result, "cuCtxCreate");
    return;
  }
}

int World::end_context(Random& random) {
  const int place = any_place(random);
  Place& it = places[place];
  settle();  // the others' work on its memory, and any on pinned memory of its
  ++g_sums.contexts_ended;
  if (it.is_primary) {
    GOOD(cuCtxSetCurrent(nullptr));
    if (random.one_in(2)) {
      GOOD(cuDevicePrimaryCtxReset(it.device));
      GOOD(cuDevicePrimaryCtxRetain(&it.context, it.device));
    } else {
      unsigned flags = 0;
      int is_alive = 1;
      while (GOOD(cuDevicePrimaryCtxGetState(it.device, &flags, &is_alive)) && is_alive != 0)
        if (!GOOD(cuDevicePrimaryCtxRelease(it.device))) break;
      GOOD(cuDevicePrimaryCtxRetain(&it.context, it.device));
    }
    furnish(place);
  } else {
    if (random.one_in(2)) enter(place);
    GOOD(cuCtxDestroy(it.context));
    it.context = nullptr;
  }
  return place;
}

void World::change_peers(Random& random) {
  const int from = any_place(random), to = any_place(random);
  if (from == to || places[from].device == places[to].device) return;
  enter(from);
  if (places[from].reaches[to]) {
    GOOD(cuCtxSynchronize());  // its work on the other's memory
    if (GOOD(cuCtxDisablePeerAccess(places[to].context))) places[from].reaches[to] = false;
  } else if (GOOD(cuCtxEnablePeerAccess(places[to].context, 0))) {
    places[from].reaches[to] = true;
  }
}

void World::settle() {
  for (int place = 0; place != kMostPlaces; ++place) {
    if (places[place].context == nullptr) continue;
    enter(place);
    GOOD(cuCtxSynchronize());
  }
  holdings.settled();
}

void World::tidy() {
  for (int place = 0; place != kMostPlaces; ++place) {
    if (places[place].context == nullptr) continue;
    enter(place);
    CUdeviceptr block = 0;
    void* pinned = nullptr;
    // Of a size that nobody has freed: the pool looks after what is pending, and gives back what is too much.
    if (cuMemAlloc(&block, 12 << 20) == CUDA_SUCCESS) GOOD(cuMemFree(block));
    if (cuMemAllocHost(&pinned, 12 << 20) == CUDA_SUCCESS) GOOD(cuMemFreeHost(pinned));
  }
  settle();
}

void let_go(const std::stop_token& stop, const Options& options) {
  while (options.held && !stop.stop_requested()) {
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    simcuda_release_all();
  }
}

}  // namespace torture
