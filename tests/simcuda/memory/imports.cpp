#include "memory/imports.hpp"

#include <sys/mman.h>

#include <map>

#include "heap/blocks.hpp"
#include "heap/window.hpp"
#include "memory/physical.hpp"

namespace simcuda::memory {
namespace {

constexpr std::uint64_t kPage = 4096;

struct Import {
  CUdeviceptr addresses = 0;  // whole pages around the block
  std::byte* view = nullptr;
  std::size_t bytes = 0;
};

std::map<CUdeviceptr, Import>& imports() {
  static auto& all = *new std::map<CUdeviceptr, Import>;
  return all;
}

}  // namespace

CUdeviceptr map_import(const FileRange& range, const Block& model) {
  std::uint64_t skipped = range.offset % kPage;
  std::size_t bytes = (skipped + range.bytes + kPage - 1) / kPage * kPage;
  void* view = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, range.descriptor,
                    static_cast<off_t>(range.offset - skipped));
  if (view == MAP_FAILED) return 0;
  auto address = window().take(bytes);
  if (!address) {
    munmap(view, bytes);
    return 0;
  }
  Import import{.addresses = *address, .view = static_cast<std::byte*>(view), .bytes = bytes};
  Block block = model;
  block.base = *address + skipped;
  block.bytes = range.bytes;
  block.kind = Kind::imported;
  block.backing = import.view + skipped;
  add_block(block);
  imports().emplace(block.base, import);
  return block.base;
}

bool unmap_import(CUdeviceptr base) {
  auto found = imports().extract(base);
  if (found.empty()) return false;
  const Import& import = found.mapped();
  remove_block(base);
  release_addresses(import.view, import.bytes);
  window().give(import.addresses, import.bytes);
  return true;
}

}  // namespace simcuda::memory
