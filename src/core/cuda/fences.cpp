#include "core/cuda/fences.hpp"

#include <bit>

#include "core/cuda/captures.hpp"
#include "core/cuda/event_table.hpp"
#include "core/cuda/in_context.hpp"
#include "core/cuda/left_work.hpp"
#include "core/platform/platform.hpp"

namespace weir::cuda {
namespace {

constinit Asked<decltype(::cuCtxRecordEvent)> g_record_context{"cuCtxRecordEvent"};
constinit Asked<decltype(::cuCtxSynchronize)> g_synchronize{"cuCtxSynchronize"};
constinit Asked<decltype(::cuEventCreate)> g_create{"cuEventCreate"};
constinit Asked<decltype(::cuEventRecord)> g_record{"cuEventRecord"};
constinit Asked<decltype(::cuEventQuery)> g_query{"cuEventQuery"};
constinit Asked<decltype(::cuEventSynchronize)> g_wait{"cuEventSynchronize"};
constinit Asked<decltype(::cuStreamQuery)> g_query_stream{"cuStreamQuery"};
constinit Asked<decltype(::cuThreadExchangeStreamCaptureMode)> g_exchange_mode{
    "cuThreadExchangeStreamCaptureMode"};

constexpr std::uint32_t kBroken = ~std::uint32_t{0};  ///< a fence without a slot

/// For each number, until one says no.
template <class Each>
bool for_each(const ContextSet& contexts, Each each) noexcept {
  for (unsigned word = 0; word != std::size(contexts.bits); ++word)
    for (std::uint64_t left = contexts.bits[word]; left != 0; left &= left - 1)
      if (!each(static_cast<int>(word * 64) + std::countr_zero(left))) return false;
  return true;
}

/// It says something of this call, and nothing of the device.
bool is_passing(CUresult result) noexcept {
  switch (result) {
    case CUDA_ERROR_INVALID_VALUE:
    case CUDA_ERROR_OUT_OF_MEMORY:
    case CUDA_ERROR_NOT_INITIALIZED:
    case CUDA_ERROR_DEINITIALIZED:
    case CUDA_ERROR_INVALID_CONTEXT:
    case CUDA_ERROR_CONTEXT_IS_DESTROYED:
    case CUDA_ERROR_INVALID_HANDLE:
    case CUDA_ERROR_NOT_FOUND:
    case CUDA_ERROR_NOT_READY:
    case CUDA_ERROR_NOT_PERMITTED:
    case CUDA_ERROR_NOT_SUPPORTED:
    case CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED:
    case CUDA_ERROR_STREAM_CAPTURE_IMPLICIT: return true;
    default: return false;
  }
}

/// Puts marks of one context, which the caller uses, into a chain.
struct Marker {
  int number;
  std::uint32_t& chain;

  /// `record(event)` is the driver's.
  template <class Record>
  CUresult put(Record record) const noexcept {
    const std::uint32_t taken = take_event(number, seen_context(number).lives);
    if (taken == 0) return CUDA_ERROR_OUT_OF_MEMORY;
    EventNode& node = event_node(taken);
    node.next = chain;
    chain = taken;
    const CUresult result = node.event != nullptr ? CUDA_SUCCESS : make(node.event);
    return result == CUDA_SUCCESS ? record(node.event) : result;
  }

  CUresult make(CUevent& event) const noexcept {
    const InContext in{number, current_context()};
    return in.result() == CUDA_SUCCESS ? g_create(&event, CU_EVENT_DISABLE_TIMING) : in.result();
  }

  CUresult put_behind_all() const noexcept {
    const auto context = reinterpret_cast<CUcontext>(seen_context(number).handle);
    if (!g_record_context.exists()) [[unlikely]]
      return put_in_streams();
    return put([=](CUevent event) noexcept { return g_record_context(context, event); });
  }

  CUresult put_in(CUstream stream) const noexcept {
    return put([=](CUevent event) noexcept { return g_record(event, stream); });
  }

  CUresult put_in_each(const CUstream* streams, std::size_t count) const noexcept {
    const InContext in{number, current_context()};
    CUresult result = in.result() == CUDA_SUCCESS ? put_in(CU_STREAM_LEGACY) : in.result();
    for (std::size_t i = 0; i != count && result == CUDA_SUCCESS; ++i) result = put_in(streams[i]);
    return result;
  }

  [[gnu::noinline]] CUresult put_in_streams() const noexcept {
    constexpr std::size_t kFew = 64;
    CUstream few[kFew];
    std::size_t count = lonely_streams_of(number, few, kFew);
    if (has_left_work(number)) return CUDA_ERROR_NOT_READY;
    if (count <= kFew) return put_in_each(few, count);
    const std::size_t room = count + kFew;  // more may come meanwhile
    auto* many = static_cast<CUstream*>(platform::map_pages(room * sizeof(CUstream)));
    if (many == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
    count = lonely_streams_of(number, many, room);
    const CUresult result = count <= room ? put_in_each(many, count) : CUDA_ERROR_NOT_READY;
    platform::unmap(many, room * sizeof(CUstream));
    return result;
  }
};

/// `ask(event)` is the driver's. That a context is gone means that all its work is.
template <class Ask>
CUresult ask_about(EventNode& node, Ask ask) noexcept {
  if (node.is_done) return CUDA_SUCCESS;
  const ContextUse use{node.context, node.lives};
  if (!use && !is_life_over(node.context, node.lives)) return CUDA_ERROR_NOT_READY;
  const CUresult result = use ? ask(node.event) : CUDA_SUCCESS;
  node.is_done = result == CUDA_SUCCESS;
  return result;
}

/// The first answer that is not success.
template <class Ask>
CUresult ask_about_chain(std::uint32_t first, Ask ask) noexcept {
  CUresult result = CUDA_SUCCESS;
  for (std::uint32_t i = first; i != 0 && result == CUDA_SUCCESS; i = event_node(i).next)
    result = ask_about(event_node(i), ask);
  return result;
}

CUresult query(CUevent event) noexcept { return g_query(event); }

/// The caller keeps house.
CUresult mark_all(const ContextSet& contexts, std::uint32_t& chain) noexcept {
  CUresult result = CUDA_SUCCESS;
  for_each(contexts, [&](int number) noexcept {
    const std::uint32_t lives = load_acquire(seen_context(number).lives);
    const ContextUse use{number};
    if (use)
      result = Marker{number, chain}.put_behind_all();
    else if (!is_life_over(number, lives))
      result = CUDA_ERROR_NOT_READY;
    return result == CUDA_SUCCESS;
  });
  return result;
}

CUresult synchronize(int number, int current) noexcept {
  const std::uint32_t left = left_work_seen(number);
  const InContext in{number, current};
  const CUresult result = in.result() == CUDA_SUCCESS ? g_synchronize() : in.result();
  if (result == CUDA_SUCCESS) left_work_done(number, left);
  return result;
}

/// A context that ends needs no waiting for.
CUresult synchronize_other(int number, int current) noexcept {
  const std::uint32_t lives = load_acquire(seen_context(number).lives);
  const ContextUse use{number};
  if (use) return synchronize(number, current);
  return is_life_over(number, lives) ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

/// The thread's own: the driver's free would wait in it, too, whoever ends it meanwhile.
CUresult synchronize_own(int number) noexcept {
  const bool is_alive = load_acquire(seen_context(number).life) == Life::Alive;
  return is_alive ? synchronize(number, number) : CUDA_ERROR_NOT_READY;
}

CUresult wait_in_contexts(const ContextSet& contexts, int current) noexcept {
  const Housekeeping keeping{Housekeeping::Lasts::Long};
  if (!keeping) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  CUresult first = CUDA_SUCCESS;
  for_each(contexts, [&](int number) noexcept {
    const CUresult result = number == current ? synchronize_own(number) : synchronize_other(number, current);
    if (first == CUDA_SUCCESS) first = result;
    return true;
  });
  return first;
}

/// cuCtxSynchronize spoils every capture of its context. Waiting for an event spoils none in a thread that says it may.
CUresult wait_relaxed(std::uint32_t chain) noexcept {
  CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
  CUresult result = g_exchange_mode(&mode);
  if (result != CUDA_SUCCESS) return result;
  result = ask_about_chain(chain, [](CUevent event) noexcept { return g_wait(event); });
  (void)g_exchange_mode(&mode);
  return result;
}

/// For a program that captures streams: one may begin while we wait.
CUresult wait_by_events(const ContextSet& contexts) noexcept {
  const std::uint32_t slot = take_slot();
  if (slot == 0) return CUDA_ERROR_NOT_READY;
  CUresult marked = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, done = CUDA_ERROR_NOT_READY;
  {
    const Housekeeping keeping;
    if (keeping) marked = mark_all(contexts, chain_of(slot));
    if (keeping && marked == CUDA_SUCCESS) done = ask_about_chain(chain_of(slot), query);
  }
  if (marked == CUDA_SUCCESS && done == CUDA_ERROR_NOT_READY) done = wait_relaxed(chain_of(slot));
  give_slot(slot);
  return marked != CUDA_SUCCESS ? marked : done;
}

/// Before the stream is destroyed, if it is not idle.
void mark_left_work(CUstream stream, int context) noexcept {
  const Housekeeping keeping;
  const ContextUse use{context};
  std::uint32_t chain = 0;
  CUresult result = CUDA_ERROR_NOT_READY;
  if (keeping && use) {
    const InContext in{context, current_context()};
    if (g_query_stream(stream) == CUDA_SUCCESS) return;
    result = Marker{context, chain}.put_in(stream);
  }
  leave_work(context, result == CUDA_SUCCESS ? chain : 0);
  if (result != CUDA_SUCCESS) give_events(chain);
}

}  // namespace

ContextSet users_of_memory_in(int context) noexcept {
  ContextSet set{};
  for (unsigned word = 0; word != std::size(set.bits); ++word)
    set.bits[word] = load_relaxed(seen_context(context).reached_by[word]);
  set.add(context);
  return set;
}

ContextSet all_contexts() noexcept {
  ContextSet set{};
  const auto count = static_cast<int>(seen_contexts());
  for (int i = 0; i != count; ++i)
    if (load_acquire(seen_context(i).life) != Life::None) set.add(i);
  return set;
}

bool has_all_contexts(int context, const ContextSet& set) noexcept {
  if (is_first_and_last(context)) [[likely]]
    return true;
  const ContextSet all = all_contexts();
  std::uint64_t others = 0;
  for (unsigned word = 0; word != std::size(all.bits); ++word) others |= all.bits[word] & ~set.bits[word];
  return others == 0;
}

bool is_only_context(int context) noexcept {
  if (context < 0 || !are_contexts_known()) return false;
  ContextSet only{};
  only.add(context);
  return has_all_contexts(context, only);
}

bool put_fence(const ContextSet& contexts, Fence& fence) noexcept {
  const Housekeeping keeping;
  if (!keeping || !are_contexts_known()) return false;
  const std::uint32_t slot = take_slot();
  if (slot == 0) return false;
  const CUresult result = mark_all(contexts, chain_of(slot));
  if (result != CUDA_SUCCESS) give_slot(slot);
  if (result != CUDA_SUCCESS && is_passing(result)) return false;
  fence.slot_plus_one = result == CUDA_SUCCESS ? slot + 1 : kBroken;
  return true;
}

pool::Progress look_at(const Fence& fence) noexcept {
  using pool::Progress;
  if (fence.slot_plus_one == 0) return Progress::Done;
  if (fence.slot_plus_one == kBroken) return Progress::Broken;
  const Housekeeping keeping;
  if (!keeping) return Progress::NotNow;
  const CUresult result = ask_about_chain(chain_of(fence.slot_plus_one - 1), query);
  if (result == CUDA_SUCCESS) return Progress::Done;
  if (result == CUDA_ERROR_NOT_READY) return Progress::NotYet;
  return is_passing(result) && result != CUDA_ERROR_INVALID_HANDLE ? Progress::NotNow : Progress::Broken;
}

void drop_fence(Fence& fence) noexcept {
  if (fence.slot_plus_one != 0 && fence.slot_plus_one != kBroken) give_slot(fence.slot_plus_one - 1);
  fence = {};
}

CUresult wait_for(const ContextSet& contexts, int current) noexcept {
  if (!are_contexts_known()) return CUDA_ERROR_NOT_SUPPORTED;
  if (current == kAskWhichIsCurrent) current = current_context();
  if (current < 0) return CUDA_ERROR_INVALID_CONTEXT;
  const bool may_capture = was_any_stream_captured() && g_record_context.exists() && g_exchange_mode.exists();
  return may_capture ? wait_by_events(contexts) : wait_in_contexts(contexts, current);
}

CUresult wait_for_users_in_own(int current) noexcept {
  if (!is_first_and_last(current) || !are_contexts_known() || was_any_stream_captured()) [[unlikely]]
    return wait_for(users_of_memory_in(current), current);
  const Housekeeping keeping{Housekeeping::Lasts::Long};
  return keeping ? synchronize_own(current) : CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

void events_ended_with(int context) noexcept {
  left_work_ended_with(context);
  forget_events(context, seen_context(context).lives);
}

void stream_leaves(CUstream stream, const KnownStream& known) noexcept {
  const bool leaves_work = known.is_lonely && known.context >= 0 && !g_record_context.exists();
  // A fence that no longer finds the stream finds what it left, and the other way round.
  if (leaves_work) mark_left_work(stream, known.context);
  forget_stream(stream);
  if (leaves_work) let_housekeeping_end();  // who has found it has put its event
}

bool is_work_done(std::uint32_t chain) noexcept { return ask_about_chain(chain, query) == CUDA_SUCCESS; }

void find_fence_functions() noexcept {
  g_record_context.find();
  g_synchronize.find();
  g_create.find();
  g_record.find();
  g_query.find();
  g_wait.find();
  g_query_stream.find();
  g_exchange_mode.find();
  ask::push_current.find();
  ask::pop_current.find();
}

}  // namespace weir::cuda
