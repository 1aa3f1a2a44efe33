// The engine by itself, without a driver around it: order, holding, stepping, seeds, references, captures.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/captures.hpp"
#include "engine/control.hpp"
#include "engine/engine.hpp"

namespace engine = simcuda::engine;
using engine::StreamRef;
using engine::Ticket;
using engine::Work;

namespace {

class Engine : public testing::Test {
 protected:
  // Every test has a context of its own: the engine is never reset.
  void SetUp() override {
    static std::uintptr_t next = 0x1000;
    context_ = reinterpret_cast<CUcontext>(next += 16);
    hooks_ = engine::set_hooks({});
  }
  void TearDown() override {
    engine::seed(0);
    engine::release_all();
    engine::set_hooks(hooks_);
    engine::close_context(context_);
  }

  StreamRef stream(unsigned flags = CU_STREAM_DEFAULT, int priority = 0) {
    return engine::create_stream(context_, flags, priority);
  }
  // Work that notes its name.
  Work note(const std::string& name) {
    return {.what = name,
            .touches = {},
            .run =
                [this, name] {
                  const std::lock_guard guard(lock_);
                  order_ += name;
                  return CUDA_SUCCESS;
                },
            .gate = {}};
  }
  std::string order() {
    const std::lock_guard guard(lock_);
    return order_;
  }

  CUcontext context_ = nullptr;
  std::mutex lock_;
  std::string order_;
  engine::Hooks hooks_;
};

TEST_F(Engine, AStreamRunsItsWorkInOrder) {
  const StreamRef s = stream();
  for (char name = 'a'; name <= 'z'; ++name) engine::submit(s, note(std::string(1, name)));
  engine::synchronize(s);
  EXPECT_EQ(order(), "abcdefghijklmnopqrstuvwxyz");
}

TEST_F(Engine, HeldWorkWaitsAndStepsOneByOne) {
  const StreamRef s = stream();
  engine::hold(s);
  engine::submit(s, note("a"));
  engine::submit(s, note("b"));
  EXPECT_FALSE(engine::idle(s));
  EXPECT_EQ(order(), "");
  EXPECT_TRUE(engine::step(s));
  EXPECT_EQ(order(), "a");
  EXPECT_TRUE(engine::step(s));
  EXPECT_FALSE(engine::step(s));
  EXPECT_EQ(order(), "ab");
  EXPECT_TRUE(engine::idle(s));
}

TEST_F(Engine, LegacyStreamWaitsForBlockingStreamsAndTheyForIt) {
  const StreamRef s = stream(), legacy = engine::legacy_stream(context_);
  engine::hold(s);
  engine::submit(s, note("a"));
  engine::submit(legacy, note("b"));
  engine::submit(s, note("c"));
  engine::hold(legacy);
  EXPECT_FALSE(engine::step(legacy));
  engine::release(legacy);
  engine::release(s);
  engine::drain(context_);
  EXPECT_EQ(order(), "abc");

  engine::hold(legacy);
  engine::submit(legacy, note("d"));
  const Ticket e = engine::submit(s, note("e"));
  engine::hold(s);
  EXPECT_FALSE(engine::step(s));
  engine::release(s);
  engine::release(legacy);
  engine::wait(e);
  EXPECT_EQ(order(), "abcde");
}

TEST_F(Engine, NonBlockingStreamsDoNotMindTheLegacyStream) {
  const StreamRef free = stream(CU_STREAM_NON_BLOCKING), legacy = engine::legacy_stream(context_);
  engine::hold(legacy);
  engine::submit(legacy, note("a"));
  engine::wait(engine::submit(free, note("b")));
  EXPECT_EQ(order(), "b");
  engine::hold(free);
  engine::submit(free, note("c"));
  engine::release(legacy);
  engine::synchronize(legacy);
  EXPECT_EQ(order(), "ba");
}

TEST_F(Engine, ThreadStreamsAreOfTheirThreadAndMindTheLegacyStream) {
  const StreamRef mine = engine::thread_stream(context_), legacy = engine::legacy_stream(context_);
  StreamRef other;
  std::thread([&] { other = engine::thread_stream(context_); }).join();
  EXPECT_NE(mine, other);
  EXPECT_EQ(mine, engine::find_stream(nullptr, context_, true));
  EXPECT_EQ(mine, engine::find_stream(CU_STREAM_PER_THREAD, context_));
  EXPECT_EQ(legacy, engine::find_stream(nullptr, context_));
  engine::hold(mine);
  engine::submit(mine, note("a"));
  engine::hold(legacy);
  const Ticket b = engine::submit(legacy, note("b"));
  engine::wait(engine::submit(stream(CU_STREAM_NON_BLOCKING), note("c")));
  EXPECT_FALSE(engine::step(legacy));
  engine::release(legacy);
  engine::release(mine);
  engine::wait(b);
  EXPECT_EQ(order(), "cab");
}

TEST_F(Engine, PriorityDecidesAmongWhatMayStart) {
  const StreamRef gate = stream(CU_STREAM_NON_BLOCKING), low = stream(0, 0), high = stream(0, -5);
  std::atomic<bool> inside{false}, go{false};
  engine::submit(gate, {.what = "busy",
                        .touches = {},
                        .run =
                            [&] {
                              inside = true;
                              inside.notify_all();
                              go.wait(false);
                              return CUDA_SUCCESS;
                            },
                        .gate = {}});
  inside.wait(false);
  engine::submit(low, note("l"));
  engine::submit(high, note("h"));
  go = true;
  go.notify_all();
  engine::drain(context_);
  EXPECT_EQ(order(), "hl");
}

TEST_F(Engine, WorkWaitsForTheTicketsItIsGiven) {
  const StreamRef first = stream(), second = stream();
  engine::hold(first);
  const Ticket a = engine::submit(first, note("a"));
  const Ticket b = engine::submit(second, note("b"), {a});
  engine::hold(second);
  EXPECT_FALSE(engine::step(second));  // stuck behind what is held
  engine::release(second);
  engine::release(first);
  engine::wait(b);
  EXPECT_EQ(order(), "ab");
}

TEST_F(Engine, ABarrierHoldsBackWorkOfStreamsMadeLater) {
  const StreamRef first = stream();
  engine::hold(first);
  engine::wait_before_all(context_, engine::submit(first, note("a")));
  const StreamRef later = stream(CU_STREAM_NON_BLOCKING);
  engine::hold(later);
  const Ticket b = engine::submit(later, note("b"));
  EXPECT_FALSE(engine::step(later));
  engine::release(later);
  engine::release(first);
  engine::wait(b);
  EXPECT_EQ(order(), "ab");
}

TEST_F(Engine, ADestroyedStreamStillRunsItsWork) {
  const StreamRef s = stream();
  const CUstream handle = engine::handle_of(s);
  engine::hold(s);
  const Ticket a = engine::submit(s, note("a"));
  EXPECT_TRUE(engine::destroy_stream(handle));
  EXPECT_EQ(engine::find_stream(handle, context_), nullptr);
  EXPECT_FALSE(engine::destroy_stream(handle));
  engine::release(s);
  engine::wait(a);
  EXPECT_EQ(order(), "a");
}

TEST_F(Engine, GatedWorkStartsWhenItsGateOpens) {
  const StreamRef s = stream();
  std::atomic<bool> open{false};
  Work work = note("a");
  work.gate = [&] { return open.load(); };
  const Ticket a = engine::submit(s, std::move(work));
  const Ticket other = engine::submit(stream(), note("b"));
  engine::wait(other);
  EXPECT_FALSE(engine::done(a));
  open = true;
  engine::poke();
  engine::wait(a);
  EXPECT_EQ(order(), "ba");
}

TEST_F(Engine, ABlockedHostFunctionLeavesDeviceWorkAlone) {
  const StreamRef s = stream();
  std::atomic<bool> go{false};
  engine::submit(s, {.what = "host",
                     .touches = {},
                     .run = [&] { return go.wait(false), CUDA_SUCCESS; },
                     .place = engine::Place::host,
                     .gate = {}});
  engine::wait(engine::submit(stream(), note("a")));
  EXPECT_FALSE(engine::idle(s));
  go = true;
  go.notify_all();
  engine::synchronize(s);
}

// The order of two streams of three pieces each, run with a seed.
std::string seeded_order(CUcontext context, std::uint64_t seed) {
  std::mutex lock;
  std::string order;
  const StreamRef one = engine::create_stream(context, CU_STREAM_NON_BLOCKING, 0);
  const StreamRef two = engine::create_stream(context, CU_STREAM_NON_BLOCKING, 0);
  engine::seed(seed);
  for (const char* name : {"a", "b", "c", "d"}) {
    for (const StreamRef& stream : {one, two}) {
      const std::string text = stream == one ? name : std::string(1, static_cast<char>(name[0] - 32));
      engine::submit(stream, {.what = text,
                              .touches = {},
                              .run =
                                  [&lock, &order, text] {
                                    const std::lock_guard guard(lock);
                                    order += text;
                                    return CUDA_SUCCESS;
                                  },
                              .place = name[0] == 'b' ? engine::Place::host : engine::Place::device,
                              .gate = {}});
    }
  }
  engine::drain(context);
  engine::seed(0);
  return order;
}

std::string only(const std::string& text, int (*wanted)(int)) {
  std::string result;
  for (const char c : text)
    if (wanted(c)) result += c;
  return result;
}

TEST_F(Engine, ASeedGivesALegalOrderAndTheSameOneAgain) {
  bool differs = false;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const std::string order = seeded_order(context_, seed);
    EXPECT_EQ(only(order, std::islower), "abcd") << order;
    EXPECT_EQ(only(order, std::isupper), "ABCD") << order;
    EXPECT_EQ(order, seeded_order(context_, seed));
    differs |= order != "aAbBcCdD";
  }
  EXPECT_TRUE(differs);
}

TEST_F(Engine, WithASeedAskingMakesTimePass) {
  const StreamRef s = stream();
  engine::seed(3);
  engine::submit(s, note("a"));
  const Ticket b = engine::submit(s, note("b"));
  EXPECT_FALSE(engine::done(b));  // this ran the first piece
  EXPECT_EQ(order(), "a");
  EXPECT_TRUE(engine::done(b));
  EXPECT_EQ(order(), "ab");
}

TEST_F(Engine, TheOracleCountsQueuedReferences) {
  const StreamRef s = stream();
  engine::hold(s);
  Work reads = note("a"), writes = note("b");
  reads.touches = {{.base = 0x7000, .bytes = 0x100}};
  writes.touches = {{.base = 0x70f0, .bytes = 0x100, .write = true}, {.base = 0x7000, .bytes = 1}};
  engine::submit(s, std::move(reads));
  engine::submit(s, std::move(writes));
  EXPECT_EQ(engine::pending_references(0x7000, 0x1000), 2u);
  EXPECT_EQ(engine::pending_references(0x7100, 1), 1u);
  EXPECT_EQ(engine::pending_references(0x71f0, 0x1000), 0u);
  EXPECT_EQ(engine::pending_references(0x6f00, 0x100), 0u);
  engine::step(s);
  EXPECT_EQ(engine::pending_references(0x7000, 0x1000), 1u);
  engine::release(s);
  engine::drain(context_);
  EXPECT_EQ(engine::pending_references(0x7000, 0x1000), 0u);
}

std::atomic<std::uint64_t> block_there{7};
std::string complaint;
CUresult failure = CUDA_SUCCESS;

TEST_F(Engine, WorkWhoseBlockWasFreedOrReplacedIsReportedAndNotRun) {
  complaint.clear();
  failure = CUDA_SUCCESS;
  engine::set_hooks({.identify = [](std::uintptr_t) { return block_there.load(); },
                     .failed = [](CUcontext, CUresult result, const std::string&) { failure = result; },
                     .complain = [](const std::string& message) { complaint = message; }});
  const StreamRef s = stream();
  engine::hold(s);
  for (const char* name : {"a", "b"}) {
    Work work = note(name);
    work.touches = {{.base = 0x7000, .bytes = 4}};
    engine::submit(s, std::move(work));
  }
  const std::size_t before = engine::violations();
  EXPECT_TRUE(engine::step(s));
  block_there = 8;  // the same address, another allocation
  EXPECT_TRUE(engine::step(s));
  EXPECT_EQ(order(), "a");
  EXPECT_EQ(engine::violations(), before + 1);
  EXPECT_EQ(failure, CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_NE(complaint.find("use after free: queued work \"b\" refers to 0x7000"), std::string::npos)
      << complaint;
  block_there = 7;
}

TEST_F(Engine, WorkOfABrokenContextIsSkipped) {
  engine::set_hooks({.broken = [](CUcontext) { return true; }});
  const StreamRef s = stream();
  engine::submit(s, note("a"));
  engine::synchronize(s);
  EXPECT_EQ(order(), "");
}

TEST_F(Engine, TheVirtualClockAdvancesByCost) {
  const StreamRef s = stream();
  Work work = note("a");
  work.cost_ns = 5000;
  const Ticket first = engine::submit(s, note("b")), second = engine::submit(s, std::move(work));
  EXPECT_EQ(engine::finished_at(nullptr), 0u);
  engine::wait(second);
  EXPECT_EQ(engine::finished_at(second) - engine::finished_at(first), 5000u);
}

TEST_F(Engine, WhichCallsACaptureForbidsDependsOnModesAndThreads) {
  const StreamRef s = stream();
  auto here = [] { return engine::potentially_unsafe_call(); };
  auto elsewhere = [] {
    CUresult result = CUDA_SUCCESS;
    std::thread([&] { result = engine::potentially_unsafe_call(); }).join();
    return result;
  };
  struct Row {
    CUstreamCaptureMode mode;
    CUresult here, elsewhere;
  };
  const CUresult no = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  for (const Row& row : {Row{CU_STREAM_CAPTURE_MODE_GLOBAL, no, no},
                         Row{CU_STREAM_CAPTURE_MODE_THREAD_LOCAL, no, CUDA_SUCCESS},
                         Row{CU_STREAM_CAPTURE_MODE_RELAXED, CUDA_SUCCESS, CUDA_SUCCESS}}) {
    for (const bool from_here : {true, false}) {
      const engine::CaptureRef capture = engine::begin_capture(s, row.mode, nullptr);
      EXPECT_EQ(engine::capture_status(s), CU_STREAM_CAPTURE_STATUS_ACTIVE);
      const CUresult result = from_here ? here() : elsewhere();
      EXPECT_EQ(result, from_here ? row.here : row.elsewhere) << row.mode << from_here;
      EXPECT_EQ(engine::capture_status(s),
                result == no ? CU_STREAM_CAPTURE_STATUS_INVALIDATED : CU_STREAM_CAPTURE_STATUS_ACTIVE);
      engine::end_capture(capture);
      EXPECT_EQ(engine::capture_status(s), CU_STREAM_CAPTURE_STATUS_NONE);
    }
  }
  const engine::CaptureRef capture = engine::begin_capture(s, CU_STREAM_CAPTURE_MODE_GLOBAL, nullptr);
  EXPECT_EQ(engine::exchange_mode(CU_STREAM_CAPTURE_MODE_RELAXED), CU_STREAM_CAPTURE_MODE_GLOBAL);
  EXPECT_EQ(here(), CUDA_SUCCESS);
  EXPECT_EQ(engine::exchange_mode(CU_STREAM_CAPTURE_MODE_GLOBAL), CU_STREAM_CAPTURE_MODE_RELAXED);
  EXPECT_EQ(engine::legacy_stream_call(nullptr), CUDA_SUCCESS);  // another context
  EXPECT_EQ(engine::legacy_stream_call(context_), CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
  engine::end_capture(capture);
}

TEST_F(Engine, TheChildOfAForkHasAnEngineOfItsOwn) {
  engine::wait(engine::submit(stream(), Work{}));  // the threads run
  EXPECT_EXIT(
      {
        const StreamRef s = engine::create_stream(nullptr, 0, 0);
        engine::wait(engine::submit(s, Work{}));
        std::_Exit(0);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
