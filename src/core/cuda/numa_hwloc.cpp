#include "core/cuda/numa_hwloc.hpp"

#include <dlfcn.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cstdint>

#include "core/base/old_glibc.hpp"
#include "core/base/slice.hpp"
#include "core/base/text.hpp"
#include "core/cuda/cuda.hpp"
#include "core/cuda/hwloc_api.hpp"
#include "core/cuda/loader.hpp"
#include "core/engine/engine.hpp"
#include "core/platform/platform.hpp"

namespace weir::cuda {
namespace {

using hwloc::Object;
using hwloc::Topology;

constexpr const char* kLibrary = "libhwloc.so.15";
constexpr std::int64_t kPatienceNs = 250'000'000;

template <class Function>
bool find(void* library, const char* name, Function*& out) noexcept {
  out = reinterpret_cast<Function*>(real_dlsym(library, name));
  return out != nullptr;
}

struct Hwloc {
  decltype(hwloc::get_api_version)* version;
  decltype(hwloc::topology_init)* init;
  decltype(hwloc::topology_destroy)* destroy;
  decltype(hwloc::topology_set_components)* set_components;
  decltype(hwloc::topology_set_io_types_filter)* set_io_filter;
  decltype(hwloc::topology_load)* load;
  decltype(hwloc::get_nbobjs_by_depth)* count;
  decltype(hwloc::get_obj_by_depth)* object;
  decltype(hwloc::obj_attr_snprintf)* describe;
  decltype(hwloc::bitmap_first)* first;
  decltype(hwloc::bitmap_weight)* weight;

  bool open(const char* library) noexcept {
    if (weir_real_dlopen == nullptr) weir_find_loader();
    auto* dlopen = reinterpret_cast<void* (*)(const char*, int)>(weir_real_dlopen);
    void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    return handle != nullptr && find(handle, "hwloc_get_api_version", version) &&
           version() >= hwloc::kOldest && version() < hwloc::kTooNew &&
           find(handle, "hwloc_topology_init", init) && find(handle, "hwloc_topology_destroy", destroy) &&
           find(handle, "hwloc_topology_set_components", set_components) &&
           find(handle, "hwloc_topology_set_io_types_filter", set_io_filter) &&
           find(handle, "hwloc_topology_load", load) && find(handle, "hwloc_get_nbobjs_by_depth", count) &&
           find(handle, "hwloc_get_obj_by_depth", object) &&
           find(handle, "hwloc_obj_attr_snprintf", describe) && find(handle, "hwloc_bitmap_first", first) &&
           find(handle, "hwloc_bitmap_weight", weight);
  }
};

/// Its own words about a PCI device begin so: "busid=0000:1b:00.0 …".
bool is_at(const Hwloc& api, Object* object, std::string_view address) noexcept {
  char text[256] = "";
  if (api.describe(text, sizeof(text), object, " ", 1) <= 0) return false;
  constexpr std::string_view kBusId = "busid=";
  const std::string_view said{text};
  const std::size_t at = said.find(kBusId);
  const std::string_view found = at != said.npos ? slice(said, at + kBusId.size()) : std::string_view{};
  return !address.empty() && slice(found, 0, found.find(' ')) == address;
}

/// The first node of what the device is attached to; -1 where that is the whole machine.
int node_near(const Hwloc& api, const Topology* topology, const Object* device) noexcept {
  while (device != nullptr && device->cpuset == nullptr) device = device->parent;
  if (device == nullptr || device->nodeset == nullptr) return -1;
  const int nodes = api.weight(device->nodeset);
  return nodes > 0 && nodes < api.count(topology, hwloc::kDepthOfNodes) ? api.first(device->nodeset) : -1;
}

int look(const Hwloc& api, Topology* topology, std::string_view address) noexcept {
  // They would start CUDA, or talk to other drivers; x86 visits every processor.
  for (const char* name : {"cuda", "nvml", "opencl", "rsmi", "levelzero", "gl", "x86"})
    (void)api.set_components(topology, hwloc::kBlacklist, name);
  if (api.set_io_filter(topology, hwloc::kKeepImportant) != 0 || api.load(topology) != 0) return -1;
  const int count = api.count(topology, hwloc::kDepthOfPciDevices);
  for (int i = 0; i < count; ++i) {
    Object* object = api.object(topology, hwloc::kDepthOfPciDevices, static_cast<unsigned>(i));
    if (object != nullptr && is_at(api, object, address)) return node_near(api, topology, object);
  }
  return -1;
}

/// One question, and its answer; never given back, since the thread may answer after all have stopped waiting.
struct Question {
  std::uint32_t state;  ///< kFree, kAsked, kAnswered
  int node;
  char address[32];  ///< lower case, terminated
};
[[maybe_unused]] constexpr std::uint32_t kFree = 0;
constexpr std::uint32_t kAsked = 1, kAnswered = 2;
constexpr unsigned kQuestions = 32;
constinit Question g_questions[kQuestions]{};
constinit std::atomic<std::uint32_t> g_question_count{};
constinit std::atomic<int> g_open_questions{};
constinit platform::Lock g_lock{};

void answer(Question& question, int node) noexcept {
  question.node = node;
  store_release(question.state, kAnswered);
  g_open_questions.fetch_sub(1, std::memory_order_relaxed);
  platform::raw_syscall(SYS_futex, &question.state, FUTEX_WAKE_PRIVATE, 1);
}

void* ask_on_own_thread(void* argument) noexcept {
  engine::quietly(
      [](void* wanted) noexcept {
        auto& question = *static_cast<Question*>(wanted);
        answer(question, ask_hwloc(kLibrary, question.address));
      },
      argument);
  return nullptr;
}

/// Signals are the program's, and so no handler runs on this thread.
void start_thread(void* argument) noexcept {
  const std::uint64_t all = ~std::uint64_t{0};
  std::uint64_t before = 0;
  pthread_t thread;
  platform::raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(before));
  const bool is_started = pthread_create(&thread, nullptr, &ask_on_own_thread, argument) == 0;
  platform::raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, nullptr, sizeof(before));
  if (is_started)
    pthread_detach(thread);
  else
    answer(*static_cast<Question*>(argument), -1);
}

void wait_for_answer(Question& question) noexcept {
  const std::uint64_t end = platform::monotonic_ns() + kPatienceNs;
  while (load_acquire(question.state) != kAnswered) {
    const std::uint64_t now = platform::monotonic_ns();
    if (now >= end) return;
    const timespec left{0, static_cast<long>(end - now)};
    platform::raw_syscall(SYS_futex, &question.state, FUTEX_WAIT_PRIVATE, kAsked, &left);
  }
}

/// The question about this device. `is_new`: it is the caller's to ask. Null: there is no room.
Question* question_about(std::string_view lower_address, bool& is_new) noexcept {
  const platform::Holding hold{g_lock};
  const std::uint32_t count = g_question_count.load(std::memory_order_relaxed);
  is_new = false;
  for (std::uint32_t i = 0; i != count; ++i)
    if (std::string_view{g_questions[i].address} == lower_address) return &g_questions[i];
  if (count == kQuestions || lower_address.size() >= sizeof(Question::address)) return nullptr;
  copy_text(g_questions[count].address, lower_address);
  store_relaxed(g_questions[count].state, kAsked);
  g_question_count.store(count + 1, std::memory_order_relaxed);
  g_open_questions.fetch_add(1, std::memory_order_relaxed);
  is_new = true;
  return &g_questions[count];
}

}  // namespace

int ask_hwloc(const char* library, const char* pci_address) noexcept {
  Hwloc api;
  Topology* topology = nullptr;
  if (!api.open(library) || api.init(&topology) != 0) return -1;
  const int node = look(api, topology, pci_address);
  api.destroy(topology);
  return node;
}

bool is_hwloc_busy() noexcept { return g_open_questions.load(std::memory_order_relaxed) != 0; }

int node_by_hwloc(std::string_view pci_address) noexcept {
  char bytes[sizeof(Question::address)];
  TextBuffer lower{bytes};
  for (const char c : pci_address) lower.put(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  bool is_new = false;
  Question* question = lower.cut() ? nullptr : question_about(lower.view(), is_new);
  if (question == nullptr) return -1;
  if (is_new) {
    engine::quietly(&start_thread, question);
    wait_for_answer(*question);
  }
  return load_acquire(question->state) == kAnswered ? question->node : -1;
}

}  // namespace weir::cuda
