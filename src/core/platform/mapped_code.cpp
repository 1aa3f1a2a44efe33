#include "core/platform/mapped_code.hpp"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include <atomic>
#include <cstring>

#include "core/base/bits.hpp"
#include "core/base/tally.hpp"
#include "core/platform/lock.hpp"
#include "core/platform/mappings.hpp"
#include "core/platform/pages.hpp"

namespace weir::platform {
namespace {

constexpr std::uint32_t kMostObjects = 1024;
constexpr std::size_t kNameBytes = 1U << 18;
constexpr std::size_t kLongestName = 936;  // as a profile has it
constexpr std::uint32_t kRanges = 64;

struct Known {
  LoadedObject object;
  std::uint64_t device, inode;
  std::uintptr_t bytes;  ///< of its mapping; 0: it is gone
};
/// On pages of their own, once there is a first object.
struct Tables {
  Known known[kMostObjects];
  char names[kNameBytes];
};

constinit Tables* g_tables{};
constinit std::uint32_t g_count{};
constinit std::size_t g_name_bytes{};
/// Ranges of pages that hold no object: first page << 28 | pages. 0: none.
constinit std::uint64_t g_ranges[kRanges]{};
constinit std::uint32_t g_next_range{};
constinit std::uint64_t g_changes{};  ///< counts forget_unmapped_objects()
constinit Lock g_lock{};              ///< of those who write

constexpr unsigned kPagesBits = 28;
constexpr std::uint64_t kMostPages = (std::uint64_t{1} << kPagesBits) - 1;

bool is_in_range_of_none(std::uintptr_t pc) noexcept {
  const std::uint64_t page = pc / kPageBytes;
  for (const std::uint64_t& range : g_ranges) {
    const std::uint64_t word = load_relaxed(range);
    if (page - (word >> kPagesBits) < (word & kMostPages)) return true;
  }
  return false;
}

/// `changes`: what g_changes was before the mappings were read.
void keep_range_of_none(const Mapping& mapping, std::uintptr_t pc, std::uint64_t changes) noexcept {
  std::uint64_t first = mapping.begin / kPageBytes, pages = mapping.end / kPageBytes - first;
  if (pages > kMostPages) {  // the page of pc alone will do
    first = pc / kPageBytes;
    pages = 1;
  }
  const Holding hold{g_lock};
  if (g_changes == changes) store_relaxed(g_ranges[g_next_range++ % kRanges], first << kPagesBits | pages);
}

/// What the header at the beginning of an object's first mapping says; false: it is none, or not of an object with a segment
/// at `pc`. Reads that mapping only.
bool read_header(const Mapping& first, std::uintptr_t pc, LoadedObject& out) noexcept {
  const std::size_t bytes = first.end - first.begin;
  ElfW(Ehdr) header;
  std::memcpy(&header, reinterpret_cast<const void*>(first.begin), sizeof(header));
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_phentsize != sizeof(ElfW(Phdr)) || header.e_phoff > bytes ||
      header.e_phnum > (bytes - header.e_phoff) / sizeof(ElfW(Phdr)))
    return false;
  const auto* segment = reinterpret_cast<const ElfW(Phdr)*>(first.begin + header.e_phoff);
  std::uintptr_t low = ~std::uintptr_t{0}, high = 0, frame_index = 0;
  bool has_pc = false;
  for (unsigned i = 0; i != header.e_phnum; ++i) {
    if (segment[i].p_type == PT_GNU_EH_FRAME) frame_index = segment[i].p_vaddr;
    if (segment[i].p_type != PT_LOAD) continue;
    if (low == ~std::uintptr_t{0}) {  // they come in order of addresses
      low = align_down(segment[i].p_vaddr, kPageBytes);
      out.base = first.begin - low;
    }
    high = segment[i].p_vaddr + segment[i].p_memsz;
    has_pc |= pc - out.base - segment[i].p_vaddr < segment[i].p_memsz;
  }
  out.begin = first.begin;
  out.end = align_up(out.base + high, kPageBytes);
  out.frame_index =
      frame_index == 0 ? nullptr : reinterpret_cast<const std::uint8_t*>(out.base + frame_index);
  return has_pc;
}

bool is_program(const LoadedObject& object) noexcept {
  const std::uintptr_t headers = getauxval(AT_PHDR);
  return headers >= object.begin && headers < object.end;
}

/// Enters an object, or what is known of it already. False: no room.
bool keep(LoadedObject& object, const Mapping& mapping, const char* name) noexcept {
  const Holding hold{g_lock};
  if (g_tables == nullptr) store_release(g_tables, static_cast<Tables*>(map_pages(sizeof(Tables))));
  if (g_tables == nullptr) return false;
  for (std::uint32_t i = 0; i != g_count; ++i) {
    Known& known = g_tables->known[i];
    if (known.object.begin != object.begin || known.object.end != object.end ||
        known.device != mapping.device || known.inode != mapping.inode)
      continue;
    store_release(known.bytes, object.end - object.begin);
    object = known.object;
    return true;
  }
  const std::size_t bytes = std::strlen(name) + 1;
  if (g_count == kMostObjects || g_name_bytes + bytes > kNameBytes) return false;
  object.name = static_cast<char*>(std::memcpy(g_tables->names + g_name_bytes, name, bytes));
  g_name_bytes += bytes;
  g_tables->known[g_count] = {object, mapping.device, mapping.inode, object.end - object.begin};
  store_release(g_count, g_count + 1);  // release: who sees the count sees the object
  return true;
}

/// As the loader names it.
const char* name_of(const LoadedObject& object, char* name) noexcept {
  constexpr const char* kDeleted = " (deleted)";
  if (is_program(object)) return "";
  if (std::strcmp(name, "[vdso]") == 0) return "linux-vdso.so.1";
  const std::size_t bytes = std::strlen(name), deleted = std::strlen(kDeleted);
  if (bytes > deleted && std::strcmp(name + bytes - deleted, kDeleted) == 0) name[bytes - deleted] = '\0';
  return name;
}

/// Finds the mapping of `pc` and the first one of its file.
bool learn(std::uintptr_t pc, LoadedObject& out) noexcept {
  const std::uint64_t changes = load_acquire(g_changes);
  Mappings mappings;
  Mapping mapping{}, first{};
  char name[kLongestName];
  while (mappings.is_open() && mappings.next(mapping, name) && mapping.begin <= pc) {
    const bool is_vdso = mapping.inode == 0 && std::strcmp(name, "[vdso]") == 0;
    if (mapping.offset == 0 && (mapping.inode != 0 || is_vdso)) first = mapping;
    if (pc >= mapping.end) continue;
    const bool is_same_file = first.inode == mapping.inode && first.device == mapping.device;
    if ((mapping.inode != 0 || is_vdso) && is_same_file && first.readable && read_header(first, pc, out))
      return keep(out, mapping, name_of(out, name));
    keep_range_of_none(mapping, pc, changes);
    return false;
  }
  return false;
}

}  // namespace

bool find_known_mapped_object(std::uintptr_t at, LoadedObject& out) noexcept {
  const Tables* tables = load_acquire(g_tables);
  for (std::uint32_t i = 0, count = load_acquire(g_count); i != count; ++i) {
    const Known& known = tables->known[i];
    if (at - known.object.begin >= load_acquire(known.bytes)) continue;
    out = known.object;
    return true;
  }
  return false;
}

bool find_mapped_object(std::uintptr_t pc, LoadedObject& out) noexcept {
  return find_known_mapped_object(pc, out) || (!is_in_range_of_none(pc) && learn(pc, out));
}

void forget_unmapped_objects() noexcept {
  {
    const Holding hold{g_lock};
    store_release(g_changes, g_changes + 1);
    for (std::uint64_t& range : g_ranges) store_relaxed(range, std::uint64_t{0});
  }
  const std::uint32_t count = load_acquire(g_count);
  Mappings mappings;
  if (count == 0 || !mappings.is_open()) return;
  std::uint64_t there[kMostObjects / 64]{};
  Mapping mapping{};
  char name[1];
  while (mappings.next(mapping, name))
    for (std::uint32_t i = 0; i != count; ++i) {
      const Known& known = g_tables->known[i];
      if (known.object.begin == mapping.begin && known.device == mapping.device &&
          known.inode == mapping.inode)
        there[i / 64] |= std::uint64_t{1} << (i % 64);
    }
  const Holding hold{g_lock};
  for (std::uint32_t i = 0; i != count; ++i)
    if ((there[i / 64] >> (i % 64) & 1) == 0) store_release(g_tables->known[i].bytes, std::uintptr_t{0});
}

void reset_mapped_code_lock() noexcept { g_lock.reset(); }

}  // namespace weir::platform
