#include "core/track/modules.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <cstring>
#include <span>

#include "core/base/bits.hpp"
#include "core/base/text.hpp"

namespace weir::track {
namespace {

/// Puts the directory that a relative name is relative to in front. Of its own, for the sake of small stacks.
[[gnu::noinline]] void put_directory(TextBuffer& path) noexcept {
  char cwd[1024];
  const std::string_view here = platform::working_directory(cwd);
  if (!here.empty()) path << here << "/";
}

/// Absolute path of an object's file; returns its length.
std::size_t path_of(const platform::LoadedObject& object, std::span<char> out) noexcept {
  TextBuffer path{out};
  const std::string_view name{object.name};
  if (name.empty()) return platform::program_path(out);
  if (name[0] != '/' && name.find('/') != std::string_view::npos) put_directory(path);
  path << name;
  return path.view().size();
}

/// GNU build-id among the notes of [from, from + bytes).
std::size_t build_id_in(const char* from, std::size_t bytes, std::uint8_t* out) noexcept {
  for (std::size_t at = 0; at + sizeof(ElfW(Nhdr)) <= bytes;) {
    ElfW(Nhdr) note;
    std::memcpy(&note, from + at, sizeof(note));
    const std::size_t name = at + sizeof(note);
    const std::size_t content = name + align_up(note.n_namesz, 4);
    if (note.n_namesz > bytes || note.n_descsz > bytes || content + note.n_descsz > bytes) return 0;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(from + name, "GNU", 4) == 0) {
      const std::size_t kept = note.n_descsz < profile::kBuildIdMax ? note.n_descsz : profile::kBuildIdMax;
      std::memcpy(out, from + content, kept);
      return kept;
    }
    at = content + align_up(note.n_descsz, 4);
  }
  return 0;
}

using Segments = std::span<const ElfW(Phdr)>;

/// The program headers, where they are mapped. The kernel knows the program's own; a library's ELF header is where its
/// mapping begins, which for one with holes between its segments is not where the loader says that `pc`'s part begins.
Segments segments_of(const platform::LoadedObject& loaded) noexcept {
  if (loaded.name[0] == '\0') {
    const auto* first =
        reinterpret_cast<const ElfW(Phdr)*>(getauxval(AT_PHDR));  // no allocation: man 3 getauxval
    if (first != nullptr) return {first, getauxval(AT_PHNUM)};
  }
  for (const std::uintptr_t at : {loaded.begin, loaded.base}) {
    const auto* header = reinterpret_cast<const ElfW(Ehdr)*>(at);
    if (at == 0 || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) continue;
    return {reinterpret_cast<const ElfW(Phdr)*>(at + header->e_phoff), header->e_phnum};
  }
  return {};
}

void read_segments(profile::ModuleRecord& module, Segments segments) noexcept {
  std::uintptr_t begin = ~std::uintptr_t{0}, end = 0;
  for (const ElfW(Phdr) & segment : segments) {
    if (segment.p_type != PT_LOAD) continue;
    const std::uintptr_t from = module.base + segment.p_vaddr;
    if (from < begin) begin = from;
    if (from + segment.p_memsz > end) end = from + segment.p_memsz;
  }
  if (end == 0) return;
  module.begin = align_down(begin, platform::kPageBytes);
  module.end = align_up(end, platform::kPageBytes);
  for (const ElfW(Phdr) & segment : segments)
    if (segment.p_type == PT_NOTE && module.build_id_bytes == 0)
      module.build_id_bytes = static_cast<std::uint32_t>(build_id_in(
          reinterpret_cast<const char*>(module.base + segment.p_vaddr), segment.p_memsz, module.build_id));
}

/// The same file at the same place.
bool is_same(const profile::ModuleRecord& a, const profile::ModuleRecord& b) noexcept {
  return a.base == b.base && a.begin == b.begin && a.end == b.end && a.file_bytes == b.file_bytes &&
         a.file_mtime_ns == b.file_mtime_ns && a.build_id_bytes == b.build_id_bytes &&
         std::memcmp(a.build_id, b.build_id, sizeof(a.build_id)) == 0 && a.path_bytes == b.path_bytes &&
         std::memcmp(a.path, b.path, a.path_bytes) == 0;
}

bool describe(profile::ModuleRecord& module, std::uintptr_t pc) noexcept {
  platform::LoadedObject loaded;
  if (!platform::find_object(pc, loaded)) return false;
  module.base = loaded.base;
  module.begin = module.end = 0;
  read_segments(module, segments_of(loaded));
  if (pc < module.begin || pc >= module.end) return false;
  // One byte is left for the terminator that the file system wants.
  module.path_bytes =
      static_cast<std::uint32_t>(path_of(loaded, std::span{module.path}.first(sizeof(module.path) - 1)));
  const platform::FileFacts facts = platform::facts_of(module.path);
  module.file_bytes = facts.bytes;
  module.file_mtime_ns = facts.mtime_ns;
  return true;
}

}  // namespace

profile::ModuleRecord* Modules::record(std::uint32_t index) noexcept {
  return &chunks_[index / profile::kModulesPerChunk][index % profile::kModulesPerChunk];
}

std::uint32_t Modules::lookup(std::uintptr_t pc) noexcept {
  const std::uint32_t last = load_relaxed(last_hit_);
  if (holds(last, pc)) return last;
  const std::uint32_t count = load_acquire(count_);  // acquire: pairs with the release in add()
  for (std::uint32_t i = 1; i < count; ++i) {
    if (!holds(i, pc)) continue;
    store_relaxed(last_hit_, i);
    return i;
  }
  return 0;
}

std::uint32_t Modules::revive(const profile::ModuleRecord& found) noexcept {
  for (std::uint32_t i = 1; i < count_; ++i) {
    if (ranges_[i].bytes != 0 || !is_same(*record(i), found)) continue;
    store_relaxed(ranges_[i].bytes, found.end - found.begin);
    return i;
  }
  return 0;
}

std::uint32_t Modules::add(profile::Map& map, const profile::ModuleRecord& found) noexcept {
  const std::uint32_t index = count_ == 0 ? 1 : count_;
  const std::uint32_t chunk = index / profile::kModulesPerChunk;
  if (chunk < kMaxChunks && chunks_[chunk] == nullptr)
    chunks_[chunk] =
        reinterpret_cast<profile::ModuleRecord*>(map.add_chunk(profile::ChunkKind::Modules, 0, chunk));
  if (chunk >= kMaxChunks || chunks_[chunk] == nullptr) {
    add_shared(map.header().losses.modules_dropped, 1);
    return 0;
  }
  profile::ModuleRecord* place = record(index);
  std::memcpy(place, &found, sizeof(found));
  place->generation = map.header().generation;
  // release: pairs with the reader's look at `ready`.
  store_release(place->ready, 1U);
  store_relaxed(ranges_[index].begin, found.begin);
  store_relaxed(ranges_[index].bytes, found.end - found.begin);
  store_release(count_, index + 1);  // release: who sees the count sees the range
  store_release(map.header().module_count, index + 1);
  return index;
}

std::uint32_t Modules::find(profile::Map& map, std::uintptr_t pc) noexcept {
  if (const std::uint32_t known = lookup(pc)) return known;
  profile::ModuleRecord found{};
  if (!describe(found, pc)) return 0;  // file system calls: no lock is held
  const platform::Holding hold{lock_};
  if (const std::uint32_t known = lookup(pc)) return known;  // another thread was faster
  const std::uint32_t revived = revive(found);
  return revived != 0 ? revived : add(map, found);
}

void Modules::find_all(profile::Map& map, std::span<PathFrame> path) noexcept {
  std::uint32_t last = 0;
  for (PathFrame& frame : path) {
    if (!holds(last, frame.pc - 1)) last = find(map, frame.pc - 1);
    frame.module = last;
  }
}

bool Modules::retire_unmapped(profile::Map& map) noexcept {
  platform::object_may_be_gone();
  const platform::Holding hold{lock_};
  bool any = false;
  for (std::uint32_t i = 1; i < count_; ++i) {
    if (ranges_[i].bytes == 0) continue;
    const profile::ModuleRecord& module = *record(i);
    platform::LoadedObject now;
    if (platform::find_known_object(module.begin, now) && now.base == module.base) continue;
    store_relaxed(ranges_[i].bytes, std::uintptr_t{0});
    any = true;
  }
  if (any) store_relaxed(map.header().generation, map.header().generation + 1);
  return any;
}

}  // namespace weir::track
