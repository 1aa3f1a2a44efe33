// The life of the process under watch:
//
//   Cold ──first malloc──→ Exact | Sampled | Plain ──constructor──→ has a file, an unwinder ──exit──→ ended
//                                                       └──fork──→ the child starts again at "has a file" on its first operation
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstring>

#include "core/base/slice.hpp"
#include "core/base/text.hpp"
#include "core/engine/company.hpp"
#include "core/engine/cuda_count.hpp"
#include "core/engine/cuda_unrecorded.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/environment.hpp"
#include "core/engine/foreign.hpp"
#include "core/engine/heap_scan.hpp"
#include "core/engine/live_scan.hpp"
#include "core/engine/misuse.hpp"
#include "core/engine/sampled_count.hpp"
#include "core/engine/sampled_path.hpp"
#include "core/engine/state.hpp"
#include "core/engine/thread_list.hpp"
#include "core/engine/threads.hpp"
#include "core/host/host.hpp"

/// glibc's, behind pthread_atfork.
extern "C" int __register_atfork(void (*prepare)(), void (*parent)(), void (*child)(), void* module) noexcept;

namespace weir::engine {

namespace {

constinit platform::Lock g_start_lock{};
/// The loader fills thread-local storage after it has relocated all libraries, and resolvers of indirect functions run before:
/// all is zero then, which jemalloc does not bear.
constinit thread_local bool t_has_storage [[gnu::tls_model("initial-exec")]]{true};
constinit std::atomic<bool> g_ended{};
constinit bool g_forked{};
constinit bool g_guard_is_wiped{};
constinit std::uint64_t g_generation_before_fork{};
constinit platform::FileFacts g_stderr{};

/// Room for this many call stacks: their record and one thread's counters fill the file at this number.
std::uint32_t most_sites() noexcept {
  const std::uint64_t fits = g_map.max_chunks() * profile::kChunkBytes /
                             (sizeof(profile::SiteRecord) + sizeof(profile::CounterRecord));
  return static_cast<std::uint32_t>(fits < host::kMaxSite ? fits : host::kMaxSite);
}

void note_process() noexcept {
  profile::Header& h = header();
  h.pid = platform::own_pid();
  h.parent_pid = platform::parent_pid();
  h.started_realtime_ns = platform::realtime_ns();
  h.started_monotonic_ns = platform::monotonic_ns();
  h.started_ticks = platform::own_start_ticks();
}

bool make_tables() noexcept {
  if (!g_map.begin(g_config.profile_max.bytes)) return false;
  note_process();
  header().record_mode = static_cast<std::uint32_t>(g_config.record);
  header().stack_depth = g_config.stack_depth.frames;
  g_peak_number = &header().peak_number[kHost];
  if (!g_sites.begin(g_map, most_sites()) || !g_shards.begin(g_map, most_sites()) || !prepare_threads())
    return false;
  g_first_own_site = header().inherited_sites;
  auto* guard = static_cast<Guard*>(platform::map_wiped_on_fork(sizeof(Guard)));
  g_guard_is_wiped = guard != nullptr;
  if (guard == nullptr)
    guard = static_cast<Guard*>(platform::map_pages(sizeof(Guard)));  // then atfork alone tells
  if (guard == nullptr) return false;
  guard->generation = 2;
  store_release(g_guard, guard);
  return true;
}

/// What never changes after start.
void describe_process() noexcept {
  profile::Header& h = header();
  const std::size_t path_bytes = platform::program_path(std::span{h.exe}.first(sizeof(h.exe) - 1));
  h.exe[path_bytes] = '\0';
  const std::size_t args = platform::read_file("/proc/self/cmdline", h.args);
  h.args_cut = args == sizeof(h.args);
  h.args_bytes = static_cast<std::uint32_t>(args);
  TextBuffer allocator{std::span{h.allocator}.first(sizeof(h.allocator) - 1)};
  if (is_aside()) {
    allocator << sanitizer();
  } else {
    const std::string_view version = host::version();
    allocator << "jemalloc " << slice(version, 0, version.find('-'));
  }
  copy_text(std::span{h.weir_version}.first(sizeof(h.weir_version) - 1), WEIR_VERSION);
}

void complain_of(std::string_view entry) noexcept {
  config::Config scratch;
  char line[700];
  const std::string_view text = config::complaint(config::apply(scratch, entry), entry, line);
  if (text.empty()) return;
  platform::say(text);
}

// fork: jemalloc's locks are held by us, weir's by nobody (the child's tables bear to be torn: begin_child() resets what a
// lock protects). From prepare on, whatever allocates in the forking thread is served by the next allocator: signal
// handlers, and other libraries' fork handlers.
void before_fork() noexcept {
  ThreadState& self = t_self;
  self.fork_frame = self.inside_frame;
  self.inside_frame = KeepOut::kForever;
  forget_draw();  // so that no handler passes by, and the child draws for itself
  if (self.fork_frame == 0) je_jemalloc_prefork();  // else a signal handler forks: the locks may be our own
}

void leave_fork() noexcept { t_self.inside_frame = t_self.fork_frame; }

void after_fork_in_parent() noexcept {
  if (t_self.fork_frame == 0) je_jemalloc_postfork_parent();
  leave_fork();
}

void after_fork_in_child() noexcept {
  if (t_self.fork_frame == 0) je_jemalloc_postfork_child();
  if (!g_guard_is_wiped) store_relaxed(g_guard->generation, std::uint64_t{0});
  forget_unrecorded_cuda();
  leave_fork();
}

void say_goodbye() noexcept {
  if (!g_map.has_file() || !may_speak()) return;
  char bytes[1300];
  TextBuffer line{bytes};
  const std::string_view path = shown_profile_path();
  line << "weir: profile " << slice(path, 0, 500) << "; read it with: weir report " << slice(path, 0, 500);
  platform::say(line.view());
}

void say_hello() noexcept {
  if (!g_config.verbose.on || !may_speak()) return;
  char bytes[1300];
  TextBuffer line{bytes};
  line << "weir: " << WEIR_VERSION << ", " << header().allocator << ", " << stack::unwinder_name()
       << ", profile " << (g_map.has_file() ? g_map.path() : "in memory only");
  platform::say(line.view());
}

bool follows(config::Follow kind) noexcept {
  return g_config.follow == config::Follow::All || g_config.follow == kind;
}

/// False in a forked child that has done nothing yet, and in a vfork child, which lives in our memory.
bool is_own_profile() noexcept {
  return g_map.exists() && load_relaxed(g_guard->generation) != 0 &&
         (!platform::may(platform::Right::WhoAmI) || platform::own_pid() == header().pid);
}

/// Everything that a reader of the finished profile expects.
void close_books(profile::End how, int value, const Ending& ending) noexcept {
  const KeepOut keep_out;
  // In a signal handler no lock may be taken.
  if (keep_out.entered && !is_aside()) take_last_point(how == profile::End::Replaced);
  if (keep_out.entered && how == profile::End::Exited) scan_heap(ending);
  header().end_value = value;
  header().ended_ns = since_start_ns();
  store_release(header().end, how);
  if (!keep_out.entered) return;
  if (!g_map.has_file() && (!g_forked || follows(config::Follow::Fork))) open_profile();
  g_map.trim_file();
}

void end_so(int code, const Ending& ending) noexcept;

void on_process_exit(int status, void*) noexcept {
  end_so(status & 0xff, {0, caller_of(__builtin_frame_address(0))});
  stay();
}

/// The header's counts of the parent's life, set back for a life that starts now.
void forget_parent() noexcept {
  profile::Header& h = header();
  note_process();
  h.end = profile::End::Running;
  h.end_value = 0;
  h.ended_ns = h.last_seen_ns = 0;
  h.timeline_count = h.timeline_step_ms = h.host_stats_take = h.request = 0;
  h.shard_count = 1;
  for (std::uint32_t space = 0; space != profile::kSpaces; ++space) {
    h.flushed_live[space] = h.peak_bytes[space] = 0;
    h.peak_error_bytes[space] = h.peak_at_ns[space] = 0;
    ++h.peak_number[space];
  }
  h.host_live_variance = h.host_peak_variance = 0;
  h.losses = {};
  h.scan = {};
  h.failed_looks = {};
  std::memset(h.warnings, 0, sizeof(h.warnings));
  forget_pulse();
  forget_misuses();
  forget_cuda();
}

/// Without memory for tables nothing is recorded.
Mode choose_mode(bool has_tables) noexcept {
  if (sanitizer() != nullptr) return Mode::Aside;
  if (!has_tables) return Mode::Plain;
  if (g_config.record == config::RecordMode::Exact) return Mode::Exact;
  if (g_config.record == config::RecordMode::Sampled && begin_sampling()) return Mode::Sampled;
  return Mode::Plain;
}

/// From the constructor: registered before the program's own handlers, so ours run after them. A sanitizer's versions of
/// libc's functions do not bear to be called before it has begun, and none of its forks and threads is recorded.
void watch_process() noexcept {
  if (!is_aside()) {
    // Of no module: pthread_atfork's would go with libweir's destructors, and threads fork until the very end.
    __register_atfork(before_fork, after_fork_in_parent, after_fork_in_child, nullptr);
    on_exit(on_process_exit, nullptr);
    return watch_thread_exits();
  }
  const link_map* libc = platform::first_named("libc.so");
  void* function = libc != nullptr ? platform::function_of(*libc, "on_exit") : nullptr;
  if (function != nullptr) reinterpret_cast<decltype(&on_exit)>(function)(on_process_exit, nullptr);
}

}  // namespace

void start_cold() noexcept {
  if (!load_relaxed(t_has_storage)) return;
  const KeepOut keep_out;
  if (!keep_out.entered)
    return;  // jemalloc's own start allocates (for a thread key): the next allocator serves it
  const platform::Holding hold{g_start_lock};
  if (g_mode.load(std::memory_order_relaxed) != Mode::Cold) return;
  platform::meet_loader();
  find_sanitizer() == nullptr ? host::begin() : platform::forgo_own_range();
  each_environment_entry([](std::string_view entry) noexcept { (void)config::apply(g_config, entry); });
  platform::learn_standing_filters();
  const bool has_tables = make_tables();
  const Mode mode = choose_mode(has_tables);
  const bool is_recorded = mode == Mode::Exact || mode == Mode::Sampled;
  g_counting.store(is_recorded, std::memory_order_relaxed);
  if (!is_recorded && g_config.device_limit.is_set()) keep_unrecorded_cuda();
  if (mode != Mode::Exact) g_plain_home = host::g_home;  // Aside: there is none
  if (!is_recorded && g_map.exists())
    header().record_mode = static_cast<std::uint32_t>(config::RecordMode::Off);
  // release: whoever sees the mode sees the tables.
  g_mode.store(mode, std::memory_order_release);
}

void start(char** environment) noexcept {
  use_environment(environment);
  if (g_mode.load(std::memory_order_acquire) == Mode::Cold) start_cold();
  const Quiet quiet;
  if (!follows(config::Follow::Exec)) leave_preload_list();
  const bool is_recorded = g_counting.load(std::memory_order_relaxed);
  const bool is_meant = g_config.record != config::RecordMode::Off && !is_aside();
  if (!g_map.exists() || (!is_recorded && is_meant))
    platform::say("weir: no memory for its tables; this process is not recorded");
  if (!g_map.exists()) return;
  g_stderr = platform::facts_of(2);
  if (!is_aside()) find_next_allocator();
  resolve_pattern();
  if (!is_under_run() && is_first_of_family()) each_environment_entry(complain_of);
  describe_process();
  note_other_allocators();
  open_profile();
  copy_text(std::span{header().unwinder}.first(sizeof(header().unwinder) - 1), stack::unwinder_name());
  watch_process();
  say_hello();
}

bool may_speak() noexcept {
  if (g_config.quiet.on || is_under_run() || !platform::may(platform::Right::Speak)) return false;
  const platform::FileFacts now = platform::facts_of(2);
  if (now.inode != g_stderr.inode || now.device != g_stderr.device)
    return false;  // not the stream we started with
  return is_first_of_family();
}

bool is_first_of_family() noexcept { return !g_forked && !is_parent_recorded(header().parent_pid); }

void quietly(void (*work)(void* argument) noexcept, void* argument) noexcept {
  const Quiet quiet;
  work(argument);
}

namespace {

void end_so(int code, const Ending& ending) noexcept {
  if (!is_own_profile() || g_ended.exchange(true, std::memory_order_relaxed)) return;
  const Quiet quiet;
  close_books(profile::End::Exited, code, ending);
  say_goodbye();
}

}  // namespace

void end(int code, const void* frame) noexcept {
  // What the exported function has saved of its caller's registers lies right below its frame.
  constexpr std::uintptr_t kSaved = 64;
  end_so(code, {address_of(frame) - kSaved, {}});
}

void begin_exec() noexcept {
  if (!is_own_profile()) return;
  const Quiet quiet;
  close_books(profile::End::Replaced, 0, {});
}

void exec_failed() noexcept {
  if (!is_own_profile()) return;
  store_release(header().end, profile::End::Running);
  header().ended_ns = 0;
}

void leave(int code) noexcept {
  for (;;) platform::raw_syscall(SYS_exit_group, code);
}

void library_closed() noexcept {
  cuda_callers_closed();
  if (!g_counting.load(std::memory_order_relaxed) || load_relaxed(g_guard->generation) == 0) return;
  const KeepOut keep_out;
  if (keep_out.entered) forget_unmapped();
}

void forget_unmapped() noexcept {
  if (!g_modules.retire_unmapped(g_map)) return;
  cuda_callers_closed();
  stack::forget_code();
  g_sites.forget_stacks();
  bump_generation();  // every thread forgets what it remembers of stacks
}

namespace {

/// One thread of a forked child begins its profile; the others wait for it.
bool claim_child() noexcept {
  std::uint32_t expected = 0;
  std::atomic_ref<std::uint32_t> claim{g_guard->claim};
  if (claim.compare_exchange_strong(expected, 1, std::memory_order_acquire)) return true;
  while (load_acquire(g_guard->generation) == 0)
    if (platform::may(platform::Right::Yield)) platform::raw_syscall(SYS_sched_yield);
  return false;
}

}  // namespace

void begin_child(ThreadState& self) noexcept {
  if (!claim_child()) {
    self.shard = nullptr;  // it is the parent's
    self.granted = self.room;
    return;
  }
  // Only the forking thread lives here, and it holds none of these.
  for (platform::Lock* lock : {&g_sites.lock(), &g_shards.lock(), &g_modules.lock(), &g_map.lock()})
    lock->reset();
  stack::reset_after_fork();
  host::reset_outside_lock();
  reset_place_lock();
  reset_lone();
  relist_after_fork(self);
  forget_live_scans();
  g_forked = true;
  if (g_map.has_file() && follows(config::Follow::Fork) && !platform::may(platform::Right::WriteFiles))
    add_shared(losses().children_unrecorded, 1);  // it is the parent's file still
  g_ended.store(false, std::memory_order_relaxed);
  if (g_map.leave_file()) {
    g_shards.fold_for_child(g_map, g_sites.count());
    if (is_sampled()) fold_samples_for_child();
    g_sites.begin_own_numbers(g_map);
    g_first_own_site = header().inherited_sites;
    forget_parent();
    if (follows(config::Follow::Fork)) open_profile();
  } else {
    g_counting.store(false, std::memory_order_relaxed);
  }
  reseed_child();
  stack::forget_meanings();  // the child's sites have numbers of their own
  self.shard = nullptr;
  self.granted = self.room;
  self.last_block = nullptr;
  g_generation_before_fork += std::uint64_t{1} << 32;  // no generation that any copy of a thread has seen
  if (!g_guard_is_wiped) g_guard->claim = 0;
  // release: who sees the generation sees the child's tables.
  store_release(g_guard->generation, g_generation_before_fork + 2);
}

}  // namespace weir::engine
