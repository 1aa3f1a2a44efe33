#include "memory/ipc_event.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "memory/shared_memory.hpp"

namespace simcuda::memory {
namespace {

constexpr std::uint64_t kMagic = 0x73696d6970636576ULL;
constexpr std::size_t kPage = 4096;

struct Ticket {  // what the 64 bytes of a handle say
  std::uint64_t magic;
  std::uint64_t serial;
  std::int32_t process;
  std::int32_t descriptor;
};
static_assert(sizeof(Ticket) <= sizeof(CUipcEventHandle));

struct Counters {
  std::atomic<std::uint64_t> records;
  std::atomic<std::uint64_t> completed;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "the counters are shared by processes");

/// The page in this process. Queued work keeps it, so it is unmapped by nobody else.
struct Page {
  SharedMemory file;
  Counters* counters = nullptr;
  ~Page() {
    if (counters != nullptr) munmap(counters, kPage);
  }
};

struct Shared {
  std::weak_ptr<engine::Event> event;
  std::shared_ptr<Page> page;
  engine::StreamRef elsewhere;  // where records of the other process are waited for
  std::uint64_t seen = 0;       // records that the local event knows of
};

struct Registry {
  std::mutex lock;
  std::map<const engine::Event*, Shared> all;
};

Registry& registry() {
  static auto& only = *new Registry;
  return only;
}

std::shared_ptr<Page> mapped(SharedMemory file) {
  if (!file) return nullptr;
  void* place = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor(), 0);
  if (place == MAP_FAILED) return nullptr;
  auto page = std::make_shared<Page>();
  page->file = std::move(file);
  page->counters = static_cast<Counters*>(place);  // zeros are its first state
  return page;
}

/// Under the registry's lock.
Shared* find(const engine::EventRef& event) {
  auto found = registry().all.find(event.get());
  if (found == registry().all.end()) return nullptr;
  return found->second.event.expired() ? nullptr : &found->second;  // another event at the same address
}

Shared& enter(const engine::EventRef& event, std::shared_ptr<Page> page) {
  std::erase_if(registry().all, [](const auto& entry) { return entry.second.event.expired(); });
  Shared& shared = registry().all[event.get()];
  shared = {.event = event, .page = std::move(page), .elsewhere = nullptr, .seen = 0};
  return shared;
}

void raise(std::atomic<std::uint64_t>& number, std::uint64_t to) {
  std::uint64_t now = number.load();
  while (now < to && !number.compare_exchange_weak(now, to)) {
  }
}

engine::Work completing(const std::shared_ptr<Page>& page, std::uint64_t record) {
  engine::Work work;
  work.what = "event of two processes";
  work.run = [page, record] {
    raise(page->counters->completed, record);
    return CUDA_SUCCESS;
  };
  return work;
}

}  // namespace

CUresult export_event(CUipcEventHandle* handle, const engine::EventRef& event) {
  if ((event->flags & CU_EVENT_INTERPROCESS) == 0) return CUDA_ERROR_INVALID_HANDLE;
  std::lock_guard guard(registry().lock);
  Shared* shared = find(event);
  if (shared == nullptr) {
    auto page = mapped(SharedMemory::create(SharedMemory::Kind::Event, kPage));
    if (!page) return CUDA_ERROR_OUT_OF_MEMORY;
    shared = &enter(event, std::move(page));
    engine::Event last = engine::snapshot(event);
    if (last.recorded) {  // before it was shared
      shared->seen = ++shared->page->counters->records;
      shared->elsewhere = engine::create_stream(event->context, CU_STREAM_NON_BLOCKING, 0);
      engine::submit(shared->elsewhere, completing(shared->page, shared->seen), last.marks);
    }
  }
  const SharedMemory& file = shared->page->file;
  Ticket ticket = {.magic = kMagic,
                   .serial = file.label().serial,
                   .process = file.label().owner,
                   .descriptor = file.descriptor()};
  *handle = {};
  std::memcpy(handle, &ticket, sizeof ticket);
  return CUDA_SUCCESS;
}

CUresult import_event(CUevent* event, const CUipcEventHandle& handle, CUcontext context) {
  Ticket ticket;
  std::memcpy(&ticket, &handle, sizeof ticket);
  if (ticket.magic != kMagic) return CUDA_ERROR_INVALID_VALUE;
  if (ticket.process == getpid()) return CUDA_ERROR_INVALID_CONTEXT;  // for other processes only
  auto page = mapped(SharedMemory::open_of_process(ticket.process, ticket.descriptor, ticket.serial,
                                                   SharedMemory::Kind::Event));
  if (!page) return CUDA_ERROR_MAP_FAILED;
  auto made = engine::create_event(context, CU_EVENT_DISABLE_TIMING | CU_EVENT_INTERPROCESS);
  std::lock_guard guard(registry().lock);
  enter(made, std::move(page));
  *event = engine::handle_of(made);
  return CUDA_SUCCESS;
}

void note_record(const engine::EventRef& event, const engine::StreamRef& stream) {
  if ((event->flags & CU_EVENT_INTERPROCESS) == 0) return;
  std::lock_guard guard(registry().lock);
  Shared* shared = find(event);
  if (shared == nullptr) return;
  shared->seen = ++shared->page->counters->records;
  engine::submit(stream, completing(shared->page, shared->seen));
}

void note_records_elsewhere(const engine::EventRef& event) {
  if ((event->flags & CU_EVENT_INTERPROCESS) == 0) return;
  std::lock_guard guard(registry().lock);
  Shared* shared = find(event);
  if (shared == nullptr) return;
  std::uint64_t last = shared->page->counters->records.load();
  if (last <= shared->seen) return;
  shared->seen = last;
  if (!shared->elsewhere)
    shared->elsewhere = engine::create_stream(event->context, CU_STREAM_NON_BLOCKING, 0);
  engine::Work work;
  work.what = "event recorded in another process";
  work.gate = [page = shared->page, last] { return page->counters->completed.load() >= last; };
  engine::mark(event, {engine::submit(shared->elsewhere, std::move(work))});
}

}  // namespace simcuda::memory
