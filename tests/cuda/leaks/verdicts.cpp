// Each function allocates in a way of its own, and keeps or drops the addresses as its name says. The driver's own books hold
// all of them. The verdicts are the same whatever pool stands before the driver.
//
// run under: preload cli
// run with:
// run with: WEIR_DEVICE_POOL=off
// run with: WEIR_DEVICE_POOL=slab
// run with: WEIR_DEVICE_FREE=deferred
//
// expect parts("drop_device") == (3000000, 3, 0, 0)
// expect verdict_in("device", "lost", "drop_device") == (3000000, 3)
// expect verdict_in("device", "lost", "drop_small") == (500, 5)
// expect verdict_in("device", "reachable", "keep_first_word") == (1000, 1)
// expect verdict_in("device", "reachable", "keep_inside") == (2000000, 1)
// expect verdict_in("device", "reachable", "keep_end") == (4000, 1)
// expect verdict_in("device", "reachable", "keep_in_struct") == (5000, 1)
// expect verdict_in("device", "lost", "drop_to_driver") == (31000, 2)
// expect parts("drop_beside") == (65536, 1, 0, 0)
// expect parts("drop_with_struct") == (16, 1, 6000, 1)
// expect verdict_in("device", "lost", "drop_behind_freed_struct") == (7000, 1)
// expect verdict_in("device", "reachable", "keep_in_mapping") == (8000, 1)
// expect verdict_in("device", "reachable", "keep_as_python_int") == (9000, 1)
// expect verdict_in("device", "reachable", "keep_in_pinned") == (10000, 1)
// expect verdict_in("pinned", "reachable", "keep_in_pinned") == (512, 1)
// expect parts("drop_with_pinned") == (512, 1, 11000, 1)
// expect parts("drop_pinned_cycle") == (600, 1, 600, 1)
// expect verdict_in("device", "lost", "drop_in_freed_pinned") == (17000, 1)
// expect verdict_in("device", "reachable", "keep_in_managed") == (12000, 1)
// expect verdict_in("managed", "reachable", "keep_in_managed") == (512, 1)
// expect parts("drop_with_managed") == (512, 1, 13000, 1)
// expect verdict_in("device", "lost", "drop_ordered") == (40000, 2)
// expect verdict_in("device", "reachable", "keep_ordered") == (41000, 1)
// expect verdict("unknown", "drop_array") == (4096, 1)
// expect verdict("unknown", "drop_physical") == (2097152, 1)
// expect verdict("unknown", "leave_registered") == (65536, 1)
// expect verdict("unknown", "leave_to_graph") == (14000, 1)
// expect [verdict_in(space, "unknown", "free_all") for space in ("device", "pinned", "managed")] == 3 * [(0, 0)]
// expect [verdict_in(space, "lost", "free_all") for space in ("device", "pinned", "managed")] == 3 * [(0, 0)]
// expect coverage("scan")["cuda_blocks"] == 33
// expect coverage("scan")["cuda_not_judged"] == {"handles": 2, "graphs": 1, "registered": 1}
// expect coverage("scan")["cuda_blocks_unread"] == 0
#include "leaks.hpp"

static volatile CUdeviceptr kept_first, kept_inside, kept_end, kept_ordered;
extern "C" void keep_zeroed(unsigned long long), keep_filled(unsigned long long);
static char* volatile kept_beside;
static Tensor* volatile kept_struct;
static CUdeviceptr* volatile kept_mapping;
static unsigned* volatile kept_digits;
static CUdeviceptr* volatile kept_pinned;
static CUdeviceptr* volatile kept_managed;
static char* volatile registered;

[[gnu::noinline]] static void drop_device() {
  for (int i = 0; i < 3; ++i) allocate(1000000);
}
[[gnu::noinline]] static void drop_small() {
  for (int i = 0; i < 5; ++i) allocate(100);
}
[[gnu::noinline]] static void keep_first_word() { kept_first = allocate(1000); }
[[gnu::noinline]] static void keep_inside() { kept_inside = allocate(2000000) + 123456; }
[[gnu::noinline]] static void keep_end() { kept_end = allocate(4000) + 4000; }
[[gnu::noinline]] static void keep_in_struct() { kept_struct = new Tensor{allocate(5000), 5000}; }
[[gnu::noinline]] static void drop_with_struct() { hide(new Tensor{allocate(6000), 6000}); }
[[gnu::noinline]] static void drop_behind_freed_struct() {
  Tensor* tensor = new Tensor{7000, allocate(7000)};
  hide(tensor);
  delete tensor;
}
[[gnu::noinline]] static void keep_in_mapping() {
  kept_mapping = static_cast<CUdeviceptr*>(
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  kept_mapping[77] = allocate(8000);
}
[[gnu::noinline]] static void keep_as_python_int() {
  const CUdeviceptr address = allocate(9000);
  kept_digits = static_cast<unsigned*>(std::malloc(64));
  kept_digits[6] = address & 0x3fffffff;
  kept_digits[7] = address >> 30;
}
[[gnu::noinline]] static void keep_in_pinned() {
  kept_pinned = pinned(512);
  kept_pinned[63] = allocate(10000);
}
[[gnu::noinline]] static void drop_with_pinned() { pinned(512)[3] = allocate(11000); }
[[gnu::noinline]] static void drop_pinned_cycle() {
  CUdeviceptr* one = pinned(600);
  CUdeviceptr* other = pinned(600);
  one[5] = reinterpret_cast<CUdeviceptr>(other);
  other[6] = reinterpret_cast<CUdeviceptr>(one) + 8;
}
/// The pool has the block now, with what was in it.
[[gnu::noinline]] static void drop_in_freed_pinned() {
  CUdeviceptr* block = pinned(200000);
  block[100] = allocate(17000);
  OK(cuMemFreeHost(block));
}
[[gnu::noinline]] static void keep_in_managed() {
  kept_managed = managed(512);
  kept_managed[10] = allocate(12000);
}
[[gnu::noinline]] static void drop_with_managed() { managed(512)[11] = allocate(13000); }
[[gnu::noinline]] static void drop_ordered() {
  for (int i = 0; i < 2; ++i) ordered(20000);
}
[[gnu::noinline]] static void keep_ordered() { kept_ordered = ordered(41000); }
[[gnu::noinline]] static void drop_array() {
  CUDA_ARRAY_DESCRIPTOR shape{64, 64, CU_AD_FORMAT_UNSIGNED_INT8, 1};
  CUarray array;
  OK(cuArrayCreate(&array, &shape));
}
[[gnu::noinline]] static void drop_physical() {
  CUmemAllocationProp kind{};
  kind.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  kind.location = {CU_MEM_LOCATION_TYPE_DEVICE, {0}};
  CUmemGenericAllocationHandle handle;
  OK(cuMemCreate(&handle, 2 << 20, &kind, 0));
}
[[gnu::noinline]] static void leave_registered() {
  registered = static_cast<char*>(mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  OK(cuMemHostRegister(registered, 65536, 0));
}
[[gnu::noinline]] static void leave_to_graph() {
  CUgraph graph;
  CUgraphNode node;
  OK(cuGraphCreate(&graph, 0));
  CUDA_MEM_ALLOC_NODE_PARAMS asked{};
  asked.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
  asked.poolProps.location = {CU_MEM_LOCATION_TYPE_DEVICE, {0}};
  asked.bytesize = 14000;
  OK(cuGraphAddMemAllocNode(&node, graph, nullptr, 0, &asked));
}
/// As the driver's own variables do.
[[gnu::noinline]] static void drop_to_driver() {
  keep_zeroed(allocate(15000));
  keep_filled(allocate(16000));
}
/// What lies behind is known to somebody: the mappings of a process lie close together.
[[gnu::noinline]] static void drop_beside() {
  char* page = reinterpret_cast<char*>(pinned(65536));
  kept_beside = page + 65536;
}
/// The pools keep what is freed here.
[[gnu::noinline]] static void free_all() {
  OK(cuMemFree(allocate(3000000)));
  OK(cuMemFree(allocate(70)));
  OK(cuMemFreeHost(pinned(100000)));
  OK(cuMemFree(reinterpret_cast<CUdeviceptr>(managed(100000))));
  OK(cuMemFreeAsync(ordered(100000), nullptr));
}

int main() {
  start();
  drop_device();
  drop_small();
  keep_first_word();
  keep_inside();
  keep_end();
  keep_in_struct();
  drop_with_struct();
  drop_behind_freed_struct();
  keep_in_mapping();
  keep_as_python_int();
  keep_in_pinned();
  drop_with_pinned();
  drop_pinned_cycle();
  drop_in_freed_pinned();
  keep_in_managed();
  drop_with_managed();
  drop_ordered();
  keep_ordered();
  drop_array();
  drop_physical();
  leave_registered();
  drop_beside();
  drop_to_driver();
  leave_to_graph();
  free_all();
  OK(cuCtxSynchronize());
  return done();
}
