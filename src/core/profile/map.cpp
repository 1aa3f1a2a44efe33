#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cstring>

#include "core/base/bits.hpp"
#include "core/base/text.hpp"
#include "core/profile/profile.hpp"

namespace weir::profile {
namespace {

constexpr std::uint64_t kSmallest = 1U << 20;
constexpr std::uint64_t kFirstSpare = 5;  // what a process that hardly allocates needs until its end
constexpr std::uint64_t kRetryAfterNs = 1'000'000'000;

constexpr std::uint64_t kShareOfAddressSpace = 16;  // where that is limited: it is the program's

std::uint64_t limit_of(int resource) noexcept {
  struct rlimit limit {};
  if (platform::raw_syscall(SYS_prlimit64, 0, resource, nullptr, &limit) != 0) return RLIM_INFINITY;
  return limit.rlim_cur;
}

/// True if a file of `bytes` is within RLIMIT_FSIZE; beyond it the kernel would send SIGXFSZ to the program.
bool size_is_allowed(std::uint64_t bytes) noexcept { return bytes <= limit_of(RLIMIT_FSIZE); }

/// Makes sure that the first `bytes` of the file have room on the disk, so that no later store can raise SIGBUS.
int take_room(int fd, std::uint64_t bytes) noexcept {
  if (!size_is_allowed(bytes)) return -EFBIG;
  const long done = platform::raw_syscall(SYS_fallocate, fd, 0, 0L, bytes);
  if (done != -EOPNOTSUPP && done != -ENOSYS) return static_cast<int>(done);
  // A filesystem without fallocate: write zeros where the file ends.
  static constexpr char kZeros[4096]{};
  for (std::uint64_t at = platform::facts_of(fd).bytes; at < bytes;) {
    const std::uint64_t piece = bytes - at < sizeof(kZeros) ? bytes - at : sizeof(kZeros);
    const long written = platform::raw_syscall(SYS_pwrite64, fd, kZeros, piece, at);
    if (written <= 0) return written == 0 ? -ENOSPC : static_cast<int>(written);
    at += static_cast<std::uint64_t>(written);
  }
  return 0;
}

int write_all(int fd, const std::byte* base, std::uint64_t at, std::uint64_t end) noexcept {
  while (at != end) {
    const long written = platform::raw_syscall(SYS_pwrite64, fd, base + at, end - at, at);
    if (written == -EINTR) continue;
    if (written <= 0) return written == 0 ? -ENOSPC : static_cast<int>(written);
    at += static_cast<std::uint64_t>(written);
  }
  return 0;
}

bool is_zero_page(const std::byte* page) noexcept {
  std::uint64_t any = 0;
  for (std::size_t i = 0; i != platform::kPageBytes && any == 0; i += 64) {
    std::uint64_t words[8];
    std::memcpy(words, page + i, sizeof(words));
    for (const std::uint64_t word : words) any |= word;
  }
  return any == 0;
}

struct Gap {
  std::uint64_t begin, end;
};

/// Calls see(begin, end) for each run of pages among the first `bytes` that hold anything, until it gives other than 0.
template <class See>
int each_filled_run(const std::byte* base, std::uint64_t bytes, Gap gap, See see) noexcept {
  const auto is_empty = [&](std::uint64_t at) {
    return (at >= gap.begin && at < gap.end) || is_zero_page(base + at);
  };
  int result = 0;
  for (std::uint64_t at = 0; at < bytes && result == 0;) {
    if (is_empty(at)) {
      at += platform::kPageBytes;
      continue;
    }
    std::uint64_t end = at + platform::kPageBytes;
    while (end < bytes && !is_empty(end)) end += platform::kPageBytes;
    result = see(at, end);
    at = end;
  }
  return result;
}

/// The pages of the directory that have no entry, if there are so many chunks.
Gap unused_directory(std::uint64_t chunks, std::uint64_t max_chunks) noexcept {
  const std::uint64_t used = align_up(kChunkBytes + chunks * sizeof(ChunkEntry), platform::kPageBytes);
  const std::uint64_t end = kChunkBytes * (1 + divide_up(max_chunks * sizeof(ChunkEntry), kChunkBytes));
  return {used, end > used ? end : used};
}

}  // namespace

bool Map::begin(std::uint64_t max_bytes) noexcept {
  const std::uint64_t share = limit_of(RLIMIT_AS) / kShareOfAddressSpace;
  const std::uint64_t wanted = max_bytes < share ? max_bytes : share;
  std::uint64_t bytes = align_up(wanted < kSmallest ? kSmallest : wanted, kChunkBytes);
  for (; bytes >= kSmallest; bytes = align_down(bytes / 2, kChunkBytes)) {
    base_ = static_cast<std::byte*>(platform::reserve_pages(bytes));
    if (base_ != nullptr) break;
  }
  if (base_ == nullptr) return false;
  max_chunks_ = grown_chunks_ = bytes / kChunkBytes;
  const std::uint64_t directory_chunks = divide_up(max_chunks_ * sizeof(ChunkEntry), kChunkBytes);
  Header& h = header();
  h.magic = kMagic;
  h.version = kFormatVersion;
  h.header_bytes = sizeof(Header);
  h.chunk_bytes = kChunkBytes;
  h.max_chunks = max_chunks_;
  h.used_chunks = own_chunks_ = 1 + directory_chunks;
  entries()[0] = {.kind = ChunkKind::Header, .owner = 0, .reserved = 0, .index = 0, .ready = 1};
  for (std::uint32_t i = 0; i != directory_chunks; ++i)
    entries()[1 + i] = {.kind = ChunkKind::Directory, .owner = 0, .reserved = 0, .index = i, .ready = 1};
  return true;
}

int Map::move_to(const char* path) noexcept {
  const platform::Holding hold{lock_};
  const platform::File file =
      platform::open_file(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY, 0600);
  if (!file.is_open()) return file.fd();
  const std::uint64_t used = used_chunks();
  const std::uint64_t wanted = used + kFirstSpare;
  const std::uint64_t chunks = wanted < max_chunks_ ? wanted : max_chunks_;
  const Gap gap = unused_directory(chunks, max_chunks_);
  int failed = take_room(file.fd(), chunks * kChunkBytes);
  const auto write_run = [&](std::uint64_t begin, std::uint64_t end) {
    return write_all(file.fd(), base_, begin, end);
  };
  if (failed == 0) failed = each_filled_run(base_, used * kChunkBytes, gap, write_run);
  if (failed == 0 && platform::raw_mmap(base_, chunks * kChunkBytes, PROT_READ | PROT_WRITE,
                                        MAP_SHARED | MAP_FIXED, file.fd(), 0) == nullptr)
    failed = -ENODEV;  // a filesystem that cannot share mappings
  if (failed != 0) {
    platform::raw_syscall(SYS_unlink, path);
    return failed;
  }
  facts_ = platform::facts_of(file.fd());
  grown_chunks_ = chunks;
  TextBuffer kept{path_};
  kept << path;
  (void)kept.c_str();
  return 0;
}

bool Map::leave_file() noexcept {
  if (!has_file()) return true;
  const std::uint64_t bytes = own_chunks_ * kChunkBytes;
  void* copy = platform::reserve_pages(max_chunks_ * kChunkBytes);
  if (copy == nullptr) return false;
  const auto copy_run = [&](std::uint64_t begin, std::uint64_t end) {
    std::memcpy(static_cast<std::byte*>(copy) + begin, base_ + begin, end - begin);
    return 0;
  };
  (void)each_filled_run(base_, bytes, unused_directory(own_chunks_, max_chunks_), copy_run);
  const long moved = platform::raw_syscall(SYS_mremap, copy, max_chunks_ * kChunkBytes,
                                           max_chunks_ * kChunkBytes, MREMAP_MAYMOVE | MREMAP_FIXED, base_);
  if (moved < 0) {
    platform::unmap(copy, max_chunks_ * kChunkBytes);
    return false;
  }
  facts_ = {};
  grown_chunks_ = max_chunks_;
  for (std::uint64_t later = own_chunks_; later < used_chunks(); ++later) drop_chunk(later);
  header().used_chunks = own_chunks_;
  return true;
}

platform::File Map::reopen() const noexcept {
  platform::File file = platform::open_file(path_, O_RDWR | O_NOFOLLOW | O_NOCTTY);
  if (!file.is_open()) return file;
  const platform::FileFacts now = platform::facts_of(file.fd());
  return now.inode == facts_.inode && now.device == facts_.device ? static_cast<platform::File&&>(file)
                                                                  : platform::File{};
}

bool Map::grow(std::uint64_t chunks) noexcept {
  if (chunks > max_chunks_) return false;
  const std::uint64_t now = platform::monotonic_ns();
  if (failed_at_ns_ != 0 && now - failed_at_ns_ < kRetryAfterNs) return false;
  const platform::File file = reopen();
  std::uint64_t target = chunks + chunks / 2;
  if (target > max_chunks_) target = max_chunks_;
  bool grown = false;
  if (file.is_open()) {
    int failed = take_room(file.fd(), target * kChunkBytes);
    if (failed != 0) failed = take_room(file.fd(), (target = chunks) * kChunkBytes);
    grown =
        failed == 0 && platform::raw_mmap(chunk(grown_chunks_), (target - grown_chunks_) * kChunkBytes,
                                          PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file.fd(),
                                          static_cast<std::int64_t>(grown_chunks_ * kChunkBytes)) != nullptr;
  }
  if (!grown) {
    failed_at_ns_ = now;
    add_shared(header().losses.growth_failures, 1);
    return false;
  }
  failed_at_ns_ = 0;
  grown_chunks_ = target;
  return true;
}

std::byte* Map::add_chunk(ChunkKind kind, std::uint16_t owner, std::uint32_t index) noexcept {
  const platform::Holding hold{lock_};
  const std::uint64_t number = header().used_chunks;
  if (number >= max_chunks_) return nullptr;
  if (number >= grown_chunks_ && !grow(number + 1)) return nullptr;
  ChunkEntry& entry = entries()[number];
  entry.kind = kind;
  entry.owner = owner;
  entry.index = index;
  // release: a reader that sees the entry ready sees its other fields; the chunk's zeros are valid content.
  store_release(entry.ready, 1U);
  store_release(header().used_chunks, number + 1);
  own_chunks_ = number + 1;
  return chunk(number);
}

void Map::trim_file() noexcept {
  if (!has_file()) return;
  const platform::Holding hold{lock_};
  const platform::File file = reopen();
  if (!file.is_open()) return;
  const std::uint64_t used = used_chunks();
  if (used >= grown_chunks_) return;
  // What is cut off must not be touched any more: private memory takes its place first.
  if (platform::raw_mmap(chunk(used), (grown_chunks_ - used) * kChunkBytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == nullptr)
    return;
  platform::leave_out_of_dumps(chunk(used), (grown_chunks_ - used) * kChunkBytes);
  grown_chunks_ = used;
  platform::raw_syscall(SYS_ftruncate, file.fd(), used * kChunkBytes);
}

}  // namespace weir::profile
