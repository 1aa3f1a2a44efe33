// Any bytes as call frame instructions and their numbers: an answer, and no read beyond the last byte.
//
//   input:  steps to the address │ length of the common entry's instructions │ encoding │ alignment │ instructions
#include <cstdlib>

#include "core/stack/cursor.hpp"
#include "core/stack/frame_info.hpp"
#include "fuzz/fuzz.hpp"
#include "support/at_page_end.hpp"

using namespace weir::stack;

namespace {

constexpr std::uintptr_t kBegin = 0x401000;

void check_interpret(Cursor head, const std::uint8_t* end) {
  const auto steps = head.fixed<std::uint8_t>(), split = head.fixed<std::uint8_t>();
  const auto encoding = head.fixed<std::uint8_t>();
  const auto align = head.fixed<std::int8_t>();
  const std::uint8_t* initial = head.at();
  const std::uint8_t* program = end - initial < split ? end : initial + split;
  const FrameEntry entry{.initial = initial, .initial_end = program, .program = program, .program_end = end,
                         .begin = kBegin, .code_align = 1, .data_align = align, .return_column = 16,
                         .pointer_encoding = encoding, .is_signal = false};
  OddRule rule;
  if (!interpret(entry, kBegin + steps, rule)) return;
  // What the walk relies on.
  const bool is_last = rule.pc.base == From::Nowhere;
  if (!is_last && rule.cfa.base != From::Rsp && rule.cfa.base != From::Rbp) std::abort();
  if (!is_last && rule.pc.base == From::Unchanged) std::abort();
  OddRule again;
  if (!interpret(entry, kBegin + steps, again) || !(again == rule)) std::abort();
}

void check_cursor(Cursor c, const std::uint8_t* end) {
  while (!c.done()) {
    const std::uint8_t* before = c.at();
    switch (c.fixed<std::uint8_t>() % 6) {
      case 0: (void)c.uleb(); break;
      case 1: (void)c.sleb(); break;
      case 2: (void)c.pointer(c.fixed<std::uint8_t>(), 0x1000); break;
      case 3: c.skip(c.uleb()); break;
      case 4: (void)c.fixed<std::uint64_t>(); break;
      default: (void)c.fixed<std::uint16_t>(); break;
    }
    if (c.at() <= before || c.at() > end) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const weir::test::AtPageEnd bytes{{data, size}};
  check_cursor({bytes.begin(), bytes.end()}, bytes.end());
  std::vector<std::uint8_t> instructions{data, data + size};
  instructions.resize(size);
  const weir::test::AtPageEnd longer{instructions};
  check_interpret({longer.begin(), longer.begin() + size}, longer.begin() + size);
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  return {
      // A function with a frame pointer, and a shrink-wrapped exit.
      {0x30, 5, 0x1b, 0xf8, 0x0c, 7, 8, 0x90, 1, 0x41, 0x0e, 16, 0x86, 2,
       0x43, 0x0d, 6, 0x0a, 0x5c, 0xc6, 0x0c, 7, 8, 0x41, 0x0b},
      // A realigned stack: CFA and rbp by expressions.
      {0x20, 5, 0x1b, 0xf8, 0x0c, 7, 8, 0x90, 1, 0x45, 0x0c, 10, 0, 0x49, 0x10, 6, 2, 0x76, 0,
       0x44, 0x0f, 3, 0x76, 0x78, 0x06, 0x10, 3, 2, 0x76, 0x70, 0x02, 0x70, 0x0c, 10, 0, 0x44, 0x0c, 7, 8},
      // A signal frame, and the outermost one.
      {0x01, 0, 0x00, 0xf8, 0x0f, 4, 0x77, 0xa0, 0x01, 0x06, 0x10, 16, 3, 0x77, 0xa8, 0x01,
       0x10, 6, 3, 0x77, 0xf8, 0x00},
      {0x05, 5, 0x03, 0xf8, 0x0c, 7, 8, 0x90, 1, 0x07, 16},
      // Every other instruction once.
      {0xff, 5, 0x0b, 0xfc, 0x0c, 7, 8, 0x90, 1, 0x02, 1, 0x03, 1, 0, 0x04, 1, 0, 0, 0,
       0x05, 6, 2, 0x06, 6, 0x08, 6, 0x09, 3, 12,
       0x11, 6, 0x7e, 0x12, 6, 0x7e, 0x13, 0x7d, 0x16, 3, 1, 0x30, 0x2e, 16, 0x01, 0x00, 0x20, 0x40, 0},
  };
}
