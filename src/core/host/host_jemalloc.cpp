#include <sys/random.h>

#include <cstring>

#include "core/host/host.hpp"
#include "core/platform/platform.hpp"

// "harder" is read after the program-wide names, which our copy of jemalloc cannot see anyway.
// dss:disabled: no block from sbrk, they would lie outside the home range.
extern "C" {
extern const char* weir_je_malloc_conf;
const char* weir_je_malloc_conf = "dss:disabled,prof:false,background_thread:false";

/// jemalloc's own table: the size class of each request, in steps of 8 bytes.
[[gnu::weak]] extern std::uint8_t je_sz_size2index_tab[];
}

namespace weir::host {

constinit std::uint64_t g_tag_secret{};

namespace {

/// The arena number that stands for all arenas in statistics names.
constexpr std::size_t kAllArenas = 4096;  // MALLCTL_ARENAS_ALL, <jemalloc/jemalloc.h> 5.3

bool read_ctl(const char* name, std::size_t& out) noexcept {
  std::size_t bytes = sizeof(out);
  return weir_je_mallctl(name, &out, &bytes, nullptr, 0) == 0;
}

/// stats.arenas.<all>.<group>.<index>.<leaf>, looked up once and then read by number.
class ClassCtl {
 public:
  ClassCtl(const char* name) noexcept { known_ = weir_je_mallctlnametomib(name, mib_, &depth_) == 0; }
  std::size_t read(std::size_t arena, std::size_t index) noexcept {
    std::size_t value = 0, bytes = sizeof(value);
    mib_[2] = arena;
    mib_[4] = index;
    return known_ && weir_je_mallctlbymib(mib_, depth_, &value, &bytes, nullptr, 0) == 0 ? value : 0;
  }
  std::size_t read_type(std::size_t index) noexcept {
    std::size_t value = 0, bytes = sizeof(value);
    mib_[2] = index;
    return known_ && weir_je_mallctlbymib(mib_, depth_, &value, &bytes, nullptr, 0) == 0 ? value : 0;
  }

 private:
  std::size_t mib_[8];
  std::size_t depth_ = 8;
  bool known_;
};

std::uint64_t random_word() noexcept {
  std::uint64_t word = 0;
  platform::raw_syscall(SYS_getrandom, &word, sizeof(word), GRND_NONBLOCK);
  return word ^ mix(platform::monotonic_ns()) ^ address_of(&word);
}

/// Requests of at most 8 bytes get 16, as all others do that are not larger: their class of 8 bytes is aligned to no more,
/// and glibc, whose place this is, aligns every block to 16.
void skip_smallest_class() noexcept {
  std::uint8_t* table = je_sz_size2index_tab;
  if (table != nullptr && table[0] == 0 && table[1] == 0 && table[2] == 1) table[0] = table[1] = 1;
}

}  // namespace

void begin() noexcept {
  if (g_tag_secret != 0) return;
  choose_home();
  weir_je_free(weir_je_malloc(1));
  skip_smallest_class();
  prove_page_map();
  g_tag_secret = random_word() << 4;
}

void put_memory_aside() noexcept {
  constexpr std::size_t kAside = 4U << 20;
  weir_je_free(weir_je_malloc(kAside));
  unsigned arena = 0;
  std::size_t bytes = sizeof(arena);
  if (weir_je_mallctl("thread.arena", &arena, &bytes, nullptr, 0) != 0) return;
  // Purged, it serves slabs of all sizes; before that, large blocks only.
  std::size_t mib[3], depth = 3;
  if (weir_je_mallctlnametomib("arena.0.purge", mib, &depth) != 0) return;
  mib[1] = arena;
  weir_je_mallctlbymib(mib, depth, nullptr, nullptr, nullptr, 0);
}

const char* version() noexcept {
  const char* text = "";
  std::size_t bytes = sizeof(text);
  weir_je_mallctl("version", &text, &bytes, nullptr, 0);
  return text;
}

Block allocate_aligned(std::size_t bytes, std::size_t align) noexcept {
  const std::size_t asked = bytes < 8 ? 16 : bytes + kTagBytes;
  void* at = weir_je_mallocx(asked, aligned_to(align));
  return {at, at == nullptr ? 0 : class_bytes_of(at)};
}

Totals totals() noexcept {
  std::uint64_t epoch = 1;
  std::size_t bytes = sizeof(epoch);
  weir_je_mallctl("epoch", &epoch, &bytes, &epoch, sizeof(epoch));
  Totals t{};
  read_ctl("stats.allocated", t.allocated);
  read_ctl("stats.active", t.active);
  read_ctl("stats.resident", t.resident);
  read_ctl("stats.retained", t.retained);
  read_ctl("stats.mapped", t.mapped);
  read_ctl("stats.metadata", t.metadata);
  read_ctl("stats.arenas.4096.tcache_bytes", t.cached);
  return t;
}

std::size_t class_uses(std::span<ClassUse> out) noexcept {
  unsigned bins = 0, large = 0;
  std::size_t bytes = sizeof(bins);
  weir_je_mallctl("arenas.nbins", &bins, &bytes, nullptr, 0);
  weir_je_mallctl("arenas.nlextents", &large, &bytes, nullptr, 0);
  std::size_t used = 0;

  ClassCtl bin_size{"arenas.bin.0.size"}, slab_size{"arenas.bin.0.slab_size"};
  ClassCtl live{"stats.arenas.0.bins.0.curregs"}, slabs{"stats.arenas.0.bins.0.curslabs"};
  for (unsigned i = 0; i != bins && used != out.size(); ++i) {
    ClassUse use{.bytes = bin_size.read_type(i),
                 .live_blocks = live.read(kAllArenas, i),
                 .capacity_blocks = 0,
                 .slabs = slabs.read(kAllArenas, i),
                 .slab_bytes = slab_size.read_type(i)};
    if (use.slabs == 0 || use.bytes == 0) continue;
    use.capacity_blocks = use.slabs * (use.slab_bytes / use.bytes);
    out[used++] = use;
  }
  ClassCtl extent_size{"arenas.lextent.0.size"}, extents{"stats.arenas.0.lextents.0.curlextents"};
  for (unsigned i = 0; i != large && used != out.size(); ++i) {
    const std::size_t count = extents.read(kAllArenas, i);
    if (count == 0) continue;
    out[used++] = {.bytes = extent_size.read_type(i),
                   .live_blocks = count,
                   .capacity_blocks = count,
                   .slabs = 0,
                   .slab_bytes = 0};
  }
  return used;
}

void purge() noexcept { weir_je_mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0); }

}  // namespace weir::host
