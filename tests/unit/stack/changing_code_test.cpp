// Code that a program makes at run time, without call frame information, and replaces by other code at the same addresses.
#include <gtest/gtest.h>

#include <cstring>

#include "torture_trial.hpp"

namespace weir::stack {
namespace {

using torture::Kind, torture::Path, torture::place, torture::Place, torture::Step, torture::Trial;

/// One function made at run time, of the form of the torture frames. However it is made, it calls from the same address.
class MadeCode {
 public:
  MadeCode() : page_{static_cast<std::uint8_t*>(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE | PROT_EXEC,
                                                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))} {}
  ~MadeCode() { munmap(page_, kBytes); }
  MadeCode(const MadeCode&) = delete;
  MadeCode& operator=(const MadeCode&) = delete;

  [[nodiscard]] bool is_there() const { return page_ != MAP_FAILED; }
  void (*function())(Step*) { return reinterpret_cast<void (*)(Step*)>(page_); }

  void make_with_frame_pointer(std::uint32_t room) {
    put({0x55, 0x48, 0x89, 0xe5,                    // push %rbp; mov %rsp, %rbp
         0x48, 0x81, 0xec, 0, 0, 0, 0,              // sub $room, %rsp
         0x48, 0x83, 0xc7, 0x10, 0xff, 0x17,        // add $16, %rdi; call *(%rdi)
         0xc9, 0xc3}, room, 0);                     // leave; ret
  }
  void make_without(std::uint32_t room) {
    put({0x90, 0x90, 0x90, 0x90,                    // nop …
         0x48, 0x81, 0xec, 0, 0, 0, 0,              // sub $room, %rsp
         0x48, 0x83, 0xc7, 0x10, 0xff, 0x17,        // add $16, %rdi; call *(%rdi)
         0x48, 0x81, 0xc4, 0, 0, 0, 0, 0xc3}, room, 20);  // add $room, %rsp; ret
  }

 private:
  static constexpr std::size_t kBytes = 4096;
  void put(std::initializer_list<std::uint8_t> code, std::uint32_t room, std::size_t second) {
    std::copy(code.begin(), code.end(), page_);
    std::memcpy(page_ + 7, &room, sizeof(room));
    if (second != 0) std::memcpy(page_ + second, &room, sizeof(room));
  }
  std::uint8_t* page_;
};

struct Variant {
  bool frame_pointer;
  std::uint32_t room;  // with the frame pointer's push or not, the stack stays aligned
};
constexpr Variant kVariants[] = {{true, 16}, {false, 24}, {true, 48}, {false, 56}, {true, 80}, {false, 136}};

TEST(ChangingCode, IsFollowedByItsFramePointerAndNeverTakenForWhatItWas) {
  MadeCode code;
  ASSERT_TRUE(code.is_there());
  torture::learn_returns();
  Trial trial{kMaxDepth};
  torture::g_trial = &trial;
  Kind made{"made", code.function(), 0, torture::None, 0, torture::Pointer, false};
  const auto path_over = [&](std::vector<Place> older) {
    older.insert(older.begin(), {{&torture::kBottom}, place("variable", 9008)});  // away from other calls' words
    older.insert(older.end(), {{&made}, place("bare_48"), place("saves_rbp"), place("bare_32")});
    return Path{std::move(older)};
  };
  const Path paths[] = {path_over({place("frame_pointer"), place("bare_32")}), path_over({place("changes_rbp", 0)}),
                        path_over({place("bare_32"), place("variable", 32)}), path_over({place("variable", 64)})};
  std::vector<std::pair<const Path*, const Variant*>> turns;
  for (int round = 0; round != 30; ++round)
    for (const Path& path : paths)
      for (const Variant& variant : kVariants) turns.insert(turns.end(), round % 4 + 1, {&path, &variant});
  for (const auto& [path, variant] : turns) {
    variant->frame_pointer ? code.make_with_frame_pointer(variant->room) : code.make_without(variant->room);
    made.rbp = variant->frame_pointer ? torture::Pointer : torture::Kept;
    torture::learn_return(code.function());
    torture::g_path = path;
    torture::run();
    ASSERT_EQ(trial.complaint, "") << path->describe() << variant->frame_pointer << ' ' << variant->room;
  }
  EXPECT_EQ(trial.compared, turns.size());
  EXPECT_GT(trial.recognised, turns.size() / 20);
}

}  // namespace
}  // namespace weir::stack
