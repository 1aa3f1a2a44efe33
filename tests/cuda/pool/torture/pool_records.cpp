#include "torture/pool_records.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace torture {

using namespace weir::profile;

void PoolRecords::open() {
  is_looked_for_ = true;
  const char* path = std::getenv("WEIR_OUT");
  const int file = path != nullptr ? ::open(path, O_RDONLY) : -1;
  if (file < 0) return;
  Header header{};
  if (pread(file, &header, sizeof header, 0) == sizeof header) {
    // As large as it may become: pages behind its end may not be touched, and are not.
    bytes_ = header.max_chunks * kChunkBytes;
    void* found = mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, file, 0);
    file_ = found == MAP_FAILED ? nullptr : static_cast<const std::byte*>(found);
  }
  ::close(file);
}

const PoolRecord* PoolRecords::of(int device) {
  if (!is_looked_for_) open();
  if (file_ == nullptr) return nullptr;
  const auto& header = *reinterpret_cast<const Header*>(file_);
  const auto* entries = reinterpret_cast<const ChunkEntry*>(file_ + kChunkBytes);
  const auto number = static_cast<std::uint32_t>(device + 1);
  for (std::uint64_t i = 0; i != __atomic_load_n(&header.used_chunks, __ATOMIC_ACQUIRE); ++i) {
    if (__atomic_load_n(&entries[i].ready, __ATOMIC_ACQUIRE) == 0) continue;
    if (entries[i].kind != ChunkKind::Pools || entries[i].index != number / kPoolsPerChunk) continue;
    const auto* pools = reinterpret_cast<const PoolRecord*>(file_ + i * kChunkBytes);
    const PoolRecord& pool = pools[number % kPoolsPerChunk];
    return __atomic_load_n(&pool.ready, __ATOMIC_ACQUIRE) != 0 ? &pool : nullptr;
  }
  return nullptr;
}

PoolRecords::Use PoolRecords::in_all(int devices) {
  Use use{};
  for (int device = -1; device != devices; ++device) {
    const PoolRecord* pool = of(device);
    if (pool == nullptr) continue;
    use.hits += pool->hits;
    use.misses += pool->misses;
    use.waits += pool->waits;
    use.by_fence += pool->retired_by_fence;
    use.by_program += pool->retired_by_program;
    use.shed += pool->shed_blocks;
    use.aside += pool->aside_allocs + pool->aside_frees;
    for (int rung = 0; rung != 6; ++rung) use.rescued += pool->rescued[rung];
  }
  return use;
}

}  // namespace torture
