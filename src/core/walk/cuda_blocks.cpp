#include "core/walk/cuda_blocks.hpp"

#include <elf.h>

#include "core/walk/sort.hpp"

namespace weir::walk {
namespace {

constexpr std::string_view kDriverFiles[] = {"libcuda", "libcudadebugger", "libcudart", "libnvidia"};

constexpr bool is_word_char(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Bytes of the addresses that an object takes up from its first mapping on, its zeroed variables with it; 0: it is none.
std::uintptr_t object_bytes(std::uintptr_t begin, std::uintptr_t mapped) noexcept {
  const auto& header = *reinterpret_cast<const Elf64_Ehdr*>(begin);
  constexpr std::string_view kElf{ELFMAG, SELFMAG};
  if (std::string_view{reinterpret_cast<const char*>(header.e_ident), SELFMAG} != kElf) return 0;
  if (header.e_phentsize != sizeof(Elf64_Phdr) ||
      header.e_phoff + header.e_phnum * sizeof(Elf64_Phdr) > mapped)
    return 0;
  const auto* segments = reinterpret_cast<const Elf64_Phdr*>(begin + header.e_phoff);
  std::uintptr_t low = UINTPTR_MAX, high = 0;
  for (unsigned i = 0; i != header.e_phnum; ++i) {
    if (segments[i].p_type != PT_LOAD) continue;
    if (segments[i].p_vaddr < low) low = segments[i].p_vaddr;
    if (segments[i].p_vaddr + segments[i].p_memsz > high) high = segments[i].p_vaddr + segments[i].p_memsz;
  }
  return high == 0 ? 0 : align_up(high - align_down(low, platform::kPageBytes), platform::kPageBytes);
}

}  // namespace

bool is_driver_file(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  for (const std::string_view name : kDriverFiles)
    if (path.starts_with(name) && (path.size() == name.size() || !is_word_char(path[name.size()])))
      return true;
  return false;
}

bool CudaBlocks::make(std::size_t blocks, std::uint32_t sites) noexcept {
  if (blocks >= UINT32_MAX || !blocks_.make(blocks) || !driver_sites_.make(sites)) return false;
  most_ = static_cast<std::uint32_t>(blocks);
  sites_ = sites;
  return true;
}

void CudaBlocks::add(std::uintptr_t address, std::uint64_t bytes, std::uint32_t site, bool is_host) noexcept {
  if (count_ == most_ || address + bytes < address) return;
  blocks_[count_++] = {.address = address,
                       .bytes = bytes,
                       .site = site,
                       .state = State::Unreached,
                       .contents = is_host ? Contents::Missing : Contents::Device};
}

void CudaBlocks::begin(bool is_copy) noexcept {
  sort(blocks_.data(), count_);
  if (count_ == 0) return;
  low_ = blocks_[0].address;
  std::uintptr_t high = low_;
  for (std::uint32_t i = 0; i != count_; ++i)
    if (blocks_[i].address + blocks_[i].bytes > high) high = blocks_[i].address + blocks_[i].bytes;
  span_ = high - low_;
  if (is_copy) reader_.begin();
}

std::uint32_t CudaBlocks::up_to(std::uintptr_t address) const noexcept {
  std::uint32_t low = 0, high = count_;
  while (low != high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (blocks_[middle].address <= address)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

bool CudaBlocks::find_in_span(std::uintptr_t word, std::uint32_t& number) const noexcept {
  const std::uint32_t behind = up_to(word);
  if (behind == 0) return false;
  number = behind - 1;
  const std::uint64_t offset = word - blocks_[number].address;
  return offset < blocks_[number].bytes ||
         (offset == blocks_[number].bytes && word % platform::kPageBytes != 0);
}

void CudaBlocks::note(const platform::Mapping& mapping, std::string_view name) noexcept {
  if (mapping.readable && mapping.offset == 0 && mapping.inode != 0 && driver_count_ != kMostDrivers &&
      is_driver_file(name)) {
    const std::uintptr_t bytes = object_bytes(mapping.begin, mapping.end - mapping.begin);
    if (bytes != 0) drivers_[driver_count_++] = {mapping.begin, mapping.begin + bytes};
  }
  if (!mapping.readable) return;
  const std::uint32_t first = mapping.begin == 0 ? 0 : up_to(mapping.begin - 1);
  if (first != 0)  // it may reach into this one
    if (CudaBlock& below = blocks_[first - 1];
        below.contents != Contents::Device && below.address + below.bytes > mapping.begin)
      below.contents = Contents::Foreign;
  for (std::uint32_t i = first; i != count_ && blocks_[i].address < mapping.end; ++i) {
    CudaBlock& block = blocks_[i];
    if (block.contents == Contents::Device) continue;
    const bool is_plain =
        !mapping.shared && !name.starts_with("/dev/") && block.address + block.bytes <= mapping.end;
    block.contents = is_plain ? Contents::Private : Contents::Foreign;
  }
}

bool CudaBlocks::is_drivers(std::uintptr_t at, std::uintptr_t end, std::uintptr_t& part_end) const noexcept {
  part_end = end;
  for (std::uint32_t i = 0; i != driver_count_; ++i) {
    const Range& range = drivers_[i];
    if (at >= range.begin && at < range.end) {
      part_end = end < range.end ? end : range.end;
      return true;
    }
    if (range.begin > at && range.begin < part_end) part_end = range.begin;
  }
  return false;
}

}  // namespace weir::walk
