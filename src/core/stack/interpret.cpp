// The interpreter of call frame instructions, for the three things that matter: CFA, return address, rbp.
#include <cstring>

#include "core/stack/cursor.hpp"
#include "core/stack/frame_info.hpp"

namespace weir::stack {
namespace {

constexpr std::uint64_t kRbp = 6, kRsp = 7;  // DWARF register numbers of x86-64

struct Row {
  Origin cfa, pc, rbp;
};

/// "register + offset", or what lies there: the only expressions that compilers and libc write for these three.
bool read_expression(Cursor c, Origin& out) noexcept {
  constexpr std::uint8_t kBreg0 = 0x70, kDeref = 0x06;
  const auto op = c.fixed<std::uint8_t>();
  if (op != kBreg0 + kRbp && op != kBreg0 + kRsp) return false;
  out.base = op == kBreg0 + kRbp ? From::Rbp : From::Rsp;
  out.offset = static_cast<std::int32_t>(c.sleb());
  out.is_address = false;
  if (c.done()) return !c.bad();
  out.is_address = c.fixed<std::uint8_t>() == kDeref;
  return out.is_address && c.done() && !c.bad();
}

/// The CFA in a linkage table, as GNU ld writes it: rsp + 8, and 8 more in the last instructions of each 16-byte entry.
bool read_linkage_expression(Cursor c, std::uintptr_t address, Origin& out) noexcept {
  // breg7 8; breg16 0; lit15; and; lit11 (lit10, lit9 in other tables); ge; lit3; shl; plus
  constexpr std::uint8_t kBefore[] = {0x77, 0x08, 0x80, 0x00, 0x3f, 0x1a},
                         kAfter[] = {0x2a, 0x33, 0x24, 0x22};
  constexpr std::uint8_t kLit0 = 0x30, kLit15 = 0x3f;
  for (const std::uint8_t op : kBefore)
    if (c.fixed<std::uint8_t>() != op) return false;
  const auto pushed_at = c.fixed<std::uint8_t>();
  if (pushed_at < kLit0 || pushed_at > kLit15) return false;
  for (const std::uint8_t op : kAfter)
    if (c.fixed<std::uint8_t>() != op) return false;
  out = {From::Rsp, false, (address & 15) >= static_cast<std::uintptr_t>(pushed_at - kLit0) ? 16 : 8};
  return c.done() && !c.bad();
}

class Interpreter {
 public:
  Interpreter(const FrameEntry& entry, std::uintptr_t address) noexcept : entry_{entry}, target_{address} {}

  bool run(Row& out) noexcept {
    row_.pc = row_.rbp = {};
    if (!execute(entry_.initial, entry_.initial_end, true)) return false;
    initial_ = row_;
    location_ = entry_.begin;
    if (!execute(entry_.program, entry_.program_end, false)) return false;
    out = row_;
    return true;
  }

 private:
  Origin* watched(std::uint64_t column) noexcept {
    if (column == entry_.return_column) return &row_.pc;
    return column == kRbp ? &row_.rbp : nullptr;
  }
  void set(std::uint64_t column, Origin origin) noexcept {
    if (Origin* place = watched(column)) *place = origin;
  }
  /// Offsets come divided by the entry's data alignment. What overflows is nonsense, and need only not be undefined.
  [[nodiscard]] std::int32_t scaled(std::int64_t factored) const noexcept {
    return static_cast<std::int32_t>(static_cast<std::uint64_t>(factored) *
                                     static_cast<std::uint64_t>(entry_.data_align));
  }
  void set_saved(std::uint64_t column, std::int64_t factored) noexcept {
    set(column, {From::Cfa, true, scaled(factored)});
  }
  void restore(std::uint64_t column) noexcept {
    if (column == entry_.return_column) row_.pc = initial_.pc;
    if (column == kRbp) row_.rbp = initial_.rbp;
  }
  bool set_cfa(std::uint64_t column, std::int64_t offset) noexcept {
    if (column != kRbp && column != kRsp)
      row_.cfa = {From::Nowhere, false, static_cast<std::int32_t>(offset)};  // an error only if it stays so
    else
      row_.cfa = {column == kRbp ? From::Rbp : From::Rsp, false, static_cast<std::int32_t>(offset)};
    return true;
  }
  /// True while the rows are still about addresses up to the wanted one.
  bool advance(std::uint64_t steps) noexcept {
    location_ += steps * entry_.code_align;
    return location_ <= target_;
  }

  bool execute(const std::uint8_t* from, const std::uint8_t* end, bool is_initial) noexcept {
    Cursor c{from, end};
    while (!c.done()) {
      const auto op = c.fixed<std::uint8_t>();
      const unsigned low = op & 0x3f;
      switch (op & 0xc0) {
        case 0x40:  // DW_CFA_advance_loc
          if (!is_initial && !advance(low)) return true;
          continue;
        case 0x80: set_saved(low, static_cast<std::int64_t>(c.uleb())); continue;  // DW_CFA_offset
        case 0xc0: restore(low); continue;                                         // DW_CFA_restore
        default: break;
      }
      bool beyond = false;
      if (!extended(low, c, beyond)) return false;
      if (beyond) return true;
    }
    return !c.bad();
  }

  bool extended(unsigned op, Cursor& c, bool& beyond) noexcept {
    switch (op) {
      case 0x00: return true;  // DW_CFA_nop
      case 0x01:
        location_ = c.pointer(entry_.pointer_encoding, 0);
        beyond = location_ > target_;
        return true;
      case 0x02: beyond = !advance(c.fixed<std::uint8_t>()); return true;
      case 0x03: beyond = !advance(c.fixed<std::uint16_t>()); return true;
      case 0x04: beyond = !advance(c.fixed<std::uint32_t>()); return true;
      case 0x05: {  // DW_CFA_offset_extended
        const std::uint64_t column = c.uleb();
        set_saved(column, static_cast<std::int64_t>(c.uleb()));
        return true;
      }
      case 0x06: restore(c.uleb()); return true;
      case 0x07: set(c.uleb(), {From::Nowhere, false, 0}); return true;  // DW_CFA_undefined
      case 0x08: set(c.uleb(), {}); return true;                         // DW_CFA_same_value
      case 0x09: {  // DW_CFA_register: kept in another register
        const std::uint64_t column = c.uleb();
        (void)c.uleb();
        return watched(column) == nullptr;
      }
      case 0x0a:  // DW_CFA_remember_state
        if (depth_ == kMaxDepth) return false;
        saved_[depth_++] = row_;
        return true;
      case 0x0b:  // DW_CFA_restore_state
        if (depth_ == 0) return false;
        row_ = saved_[--depth_];
        return true;
      case 0x0c: {  // DW_CFA_def_cfa
        const std::uint64_t column = c.uleb();
        return set_cfa(column, static_cast<std::int64_t>(c.uleb()));
      }
      case 0x0d: return set_cfa(c.uleb(), row_.cfa.offset);  // DW_CFA_def_cfa_register
      case 0x0e: row_.cfa.offset = static_cast<std::int32_t>(c.uleb()); return true;
      case 0x0f: {  // DW_CFA_def_cfa_expression
        const std::uint64_t bytes = c.uleb();
        if (!read_expression(c.part(bytes), row_.cfa) &&
            !read_linkage_expression(c.part(bytes), target_, row_.cfa))
          row_.cfa = {From::Nowhere, false, 0};
        c.skip(bytes);
        return true;
      }
      case 0x10: {  // DW_CFA_expression: saved at the address that it gives
        const std::uint64_t column = c.uleb(), bytes = c.uleb();
        Origin origin{};
        const bool known = read_expression(c.part(bytes), origin) && !origin.is_address;
        c.skip(bytes);
        if (watched(column) == nullptr) return true;
        if (!known) return false;
        origin.is_address = true;
        set(column, origin);
        return true;
      }
      case 0x11: {  // DW_CFA_offset_extended_sf
        const std::uint64_t column = c.uleb();
        set_saved(column, c.sleb());
        return true;
      }
      case 0x12: {  // DW_CFA_def_cfa_sf
        const std::uint64_t column = c.uleb();
        return set_cfa(column, scaled(c.sleb()));
      }
      case 0x13: row_.cfa.offset = scaled(c.sleb()); return true;
      case 0x16: {  // DW_CFA_val_expression
        const std::uint64_t column = c.uleb(), bytes = c.uleb();
        c.skip(bytes);
        return watched(column) == nullptr;
      }
      case 0x2e: (void)c.uleb(); return true;  // DW_CFA_GNU_args_size
      default: return false;
    }
  }

  static constexpr unsigned kMaxDepth = 8;
  const FrameEntry& entry_;
  std::uintptr_t target_;
  std::uintptr_t location_ = 0;
  Row row_{}, initial_{};
  Row saved_[kMaxDepth];
  unsigned depth_ = 0;
};

}  // namespace

bool interpret(const FrameEntry& entry, std::uintptr_t address, OddRule& out) noexcept {
  Row row;
  if (!Interpreter{entry, address}.run(row)) return false;
  out = {.cfa = row.cfa, .pc = row.pc, .rbp = row.rbp, .is_signal = entry.is_signal};
  const bool is_last = row.pc.base == From::Nowhere;
  const bool has_frame = row.cfa.base == From::Rsp || row.cfa.base == From::Rbp;
  return is_last || (has_frame && row.pc.base != From::Unchanged);
}

}  // namespace weir::stack
