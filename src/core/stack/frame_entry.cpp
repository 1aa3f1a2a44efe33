// From an address to its entry in .eh_frame, by the sorted table in .eh_frame_hdr.
//
//   .eh_frame_hdr:  version 1 │ 3 encodings │ → .eh_frame │ n │ n × (first address, → entry), sorted
#include "core/platform/loader.hpp"
#include "core/stack/cursor.hpp"
#include "core/stack/frame_info.hpp"

namespace weir::stack {
namespace {

constexpr std::uint8_t kSortedTable = 0x3b;  // DW_EH_PE_datarel | DW_EH_PE_sdata4: what linkers write
constexpr std::uint8_t kOmitted = 0xff;

/// No entry is larger; the end of a section is not known at run time.
constexpr std::size_t kLongest = 1U << 20;

Cursor cursor_at(const std::uint8_t* at) noexcept { return {at, at + kLongest}; }

struct TableRow {
  std::int32_t address, entry;  // relative to the header
};

/// Address of the frame entry with the greatest first address that is not above `address`.
const std::uint8_t* search(const std::uint8_t* header, std::uintptr_t address) noexcept {
  Cursor c = cursor_at(header);
  const auto base = reinterpret_cast<std::uintptr_t>(header);
  if (c.fixed<std::uint8_t>() != 1) return nullptr;
  const auto section_encoding = c.fixed<std::uint8_t>();
  const auto count_encoding = c.fixed<std::uint8_t>();
  if (c.fixed<std::uint8_t>() != kSortedTable || count_encoding == kOmitted) return nullptr;
  (void)c.pointer(section_encoding, base);
  const std::uint64_t count = c.pointer(count_encoding, base);
  const auto* rows = reinterpret_cast<const TableRow*>(c.at());
  const auto wanted = static_cast<std::int64_t>(address - base);
  std::uint64_t low = 0, high = count;
  while (low != high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (rows[middle].address <= wanted)
      low = middle + 1;
    else
      high = middle;
  }
  return low == 0 ? nullptr : header + rows[low - 1].entry;
}

/// Reads the common entry (CIE): "zR" and its extensions, as every x86-64 compiler writes it.
bool read_common(const std::uint8_t* at, FrameEntry& out) noexcept {
  Cursor c = cursor_at(at);
  const auto length = c.fixed<std::uint32_t>();
  if (length == 0 || length == 0xffffffff) return false;
  out.initial_end = c.at() + length;
  if (c.fixed<std::uint32_t>() != 0) return false;
  const auto version = c.fixed<std::uint8_t>();
  if (version != 1 && version != 3) return false;
  const auto* augmentation = reinterpret_cast<const char*>(c.at());
  while (c.fixed<char>() != '\0') {
  }
  out.code_align = c.uleb();
  out.data_align = c.sleb();
  out.return_column = version == 1 ? c.fixed<std::uint8_t>() : c.uleb();
  out.pointer_encoding = 0;
  out.is_signal = false;
  if (augmentation[0] != 'z') {
    out.initial = c.at();
    return augmentation[0] == '\0';
  }
  const std::uint64_t bytes = c.uleb();
  out.initial = c.at() + bytes;
  for (const char* letter = augmentation + 1; *letter != '\0'; ++letter) {
    switch (*letter) {
      case 'R': out.pointer_encoding = c.fixed<std::uint8_t>(); break;
      case 'P': {
        const auto how = c.fixed<std::uint8_t>();
        (void)c.pointer(how & 0x7f, 0);
        break;
      }
      case 'L': c.skip(1); break;
      case 'S': out.is_signal = true; break;
      default: return false;
    }
  }
  return !c.bad();
}

}  // namespace

bool find_frame_entry(std::uintptr_t address, FrameEntry& out) noexcept {
  platform::LoadedObject object;
  if (!platform::find_object(address, object) || object.frame_index == nullptr) return false;
  const std::uint8_t* entry = search(object.frame_index, address);
  if (entry == nullptr) return false;
  Cursor c = cursor_at(entry);
  const auto length = c.fixed<std::uint32_t>();
  if (length == 0 || length == 0xffffffff) return false;
  out.program_end = c.at() + length;
  const std::uint8_t* here = c.at();
  const auto back = c.fixed<std::uint32_t>();
  if (back == 0 || !read_common(here - back, out)) return false;
  out.begin = c.pointer(out.pointer_encoding, 0);
  const std::uintptr_t bytes = c.pointer(out.pointer_encoding & 0x0f, 0);
  if (c.bad() || address < out.begin || address - out.begin >= bytes) return false;
  const std::uint64_t augmentation = c.uleb();
  c.skip(augmentation);
  out.program = c.at();
  return !c.bad() && out.program <= out.program_end;
}

}  // namespace weir::stack
