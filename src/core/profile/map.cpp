#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cstring>

#include "core/base/bits.hpp"
#include "core/base/slice.hpp"
#include "core/base/text.hpp"
#include "core/profile/profile.hpp"
#include "core/profile/room.hpp"

namespace weir::profile {
namespace {

constexpr std::uint64_t kSmallest = 1U << 20;
constexpr std::uint64_t kFirstSpare = 5;    // what a process that hardly allocates needs until its end
constexpr std::uint64_t kSealSpare = 1024;  // 16 MiB: room for some 50,000 new call stacks
constexpr std::uint64_t kRetryAfterNs = 1'000'000'000;

constexpr std::uint64_t kShareOfAddressSpace = 16;  // where that is limited: it is the program's

constexpr unsigned kMode = 0600;

constexpr int kPopulateForWriting = 23;  // MADV_POPULATE_WRITE, since Linux 5.14

/// The kernel gives pages that were asked for, or says that the disk is full.
bool can_populate() noexcept {
  static constinit std::byte nothing[1]{};
  void* page = reinterpret_cast<void*>(align_down(address_of(nothing), platform::kPageBytes));
  return platform::may(platform::Right::Advise) && platform::raw_madvise(page, 0, kPopulateForWriting) == 0;
}

/// Not open: it is another file by now, or none.
platform::File open_again(const char* path, const platform::FileFacts& facts) noexcept {
  platform::File file = platform::open_file(path, O_RDWR | O_NOFOLLOW | O_NOCTTY);
  if (!file.is_open()) return file;
  const platform::FileFacts now = platform::facts_of(file.fd());
  return now.inode == facts.inode && now.device == facts.device ? static_cast<platform::File&&>(file)
                                                                : platform::File{};
}

}  // namespace

bool Map::begin(std::uint64_t max_bytes) noexcept {
  const std::uint64_t space = limit_of(RLIMIT_AS), data = limit_of(RLIMIT_DATA);
  const std::uint64_t share = (space < data ? space : data) / kShareOfAddressSpace;
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
  const std::uint64_t wanted = used_chunks() + kept_chunks_ + kFirstSpare;
  const std::uint64_t chunks = wanted < max_chunks_ ? wanted : max_chunks_;
  platform::File file = make_whole(path, chunks);
  if (!file.is_open() && file.fd() != -EEXIST) file = make_named(path, chunks);
  if (!file.is_open()) return file.fd();
  if (!map_file(file, 0, chunks)) {  // a filesystem that cannot share mappings
    platform::raw_syscall(SYS_unlink, path);
    header().file_key = 0;
    return -ENODEV;
  }
  // The rest is only a place from now on: a program that locks all its memory must not get it.
  if (chunks != max_chunks_)
    platform::raw_mmap(chunk(chunks), (max_chunks_ - chunks) * kChunkBytes, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  facts_ = platform::facts_of(file.fd());
  grown_chunks_ = mapped_chunks_ = chunks;
  TextBuffer kept{path_};
  kept << path;
  (void)kept.c_str();
  return 0;
}

platform::File Map::make_whole(const char* path, std::uint64_t chunks) noexcept {
  if (platform::facts_of(path).inode != 0) return platform::File{-EEXIST};
  const std::string_view name{path};
  TextBuffer directory{path_};
  directory << slice(name, 0, name.rfind('/') + 1);
  platform::File unnamed = platform::open_unnamed_file(directory.c_str(), kMode);
  path_[0] = '\0';
  if (!unnamed.is_open()) return unnamed;
  int failed = fill(unnamed, chunks);
  if (failed == 0) failed = platform::give_name(unnamed, path);
  if (failed != 0) return platform::File{failed};
  // What is mapped is called after what was opened.
  platform::File named = open_again(path, platform::facts_of(unnamed.fd()));
  return named.is_open() ? static_cast<platform::File&&>(named) : static_cast<platform::File&&>(unnamed);
}

platform::File Map::make_named(const char* path, std::uint64_t chunks) noexcept {
  platform::File file = platform::open_file(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY, kMode);
  if (!file.is_open()) return file;
  const int failed = fill(file, chunks);
  if (failed == 0) return file;
  platform::raw_syscall(SYS_unlink, path);
  return platform::File{failed};
}

int Map::fill(const platform::File& file, std::uint64_t chunks) noexcept {
  const Gap gap = unused_directory(chunks, max_chunks_);
  header().file_key = static_cast<std::uint32_t>(platform::facts_of(file.fd()).inode);
  int failed = take_room(file.fd(), 0, chunks * kChunkBytes, gap);
  const auto write_run = [&](std::uint64_t begin, std::uint64_t end) {
    return write_all(file.fd(), base_, begin, end);
  };
  if (failed == 0) failed = each_filled_run(base_, used_chunks() * kChunkBytes, gap, write_run);
  if (failed != 0) header().file_key = 0;
  return failed;
}

bool Map::leave_file() noexcept {
  if (!has_file()) return true;
  const std::uint64_t bytes = own_chunks_ * kChunkBytes, all = max_chunks_ * kChunkBytes;
  void* copy = platform::reserve_pages(all);
  if (copy == nullptr) return false;
  const auto copy_run = [&](std::uint64_t begin, std::uint64_t end) {
    std::memcpy(static_cast<std::byte*>(copy) + begin, base_ + begin, end - begin);
    return 0;
  };
  (void)each_filled_run(base_, bytes, unused_directory(own_chunks_, max_chunks_), copy_run);
  if (!put_in_place(copy, bytes)) {
    platform::unmap(copy, all);
    return false;
  }
  facts_ = {};
  header().file_key = 0;
  grown_chunks_ = max_chunks_;
  for (std::uint64_t later = own_chunks_; later < used_chunks(); ++later) drop_chunk(later);
  header().used_chunks = own_chunks_;
  return true;
}

bool Map::put_in_place(void* copy, std::uint64_t bytes) noexcept {
  const std::uint64_t all = max_chunks_ * kChunkBytes;
  if (platform::may(platform::Right::Move))
    return platform::raw_syscall(SYS_mremap, copy, all, all, MREMAP_MAYMOVE | MREMAP_FIXED, base_) >= 0;
  if (!map_private(0, max_chunks_)) return false;
  std::memcpy(base_, copy, bytes);
  platform::unmap(copy, all);
  return true;
}

bool Map::map_private(std::uint64_t first, std::uint64_t end) noexcept {
  const std::uint64_t bytes = (end - first) * kChunkBytes;
  if (platform::raw_mmap(chunk(first), bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == nullptr)
    return false;
  platform::leave_out_of_dumps(chunk(first), bytes);
  return true;
}

bool Map::map_file(const platform::File& file, std::uint64_t first, std::uint64_t end) noexcept {
  return platform::raw_mmap(chunk(first), (end - first) * kChunkBytes, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_FIXED, file.fd(),
                            static_cast<std::int64_t>(first * kChunkBytes)) != nullptr;
}

platform::File Map::reopen() const noexcept { return open_again(path_, facts_); }

bool Map::populate(std::uint64_t end) noexcept {
  const std::uint64_t directory = unused_directory(end, max_chunks_).begin;  // where its last used page ends
  return end <= mapped_chunks_ && platform::raw_madvise(base_, directory, kPopulateForWriting) == 0 &&
         platform::raw_madvise(chunk(grown_chunks_), (end - grown_chunks_) * kChunkBytes,
                               kPopulateForWriting) == 0;
}

bool Map::extend(const platform::File& file, std::uint64_t end) noexcept {
  const Gap gap = unused_directory(end, max_chunks_);
  if (take_room(file.fd(), grown_chunks_ * kChunkBytes, end * kChunkBytes, gap) != 0) return false;
  if (end <= mapped_chunks_) return true;
  if (!map_file(file, grown_chunks_, end)) return false;
  mapped_chunks_ = end;
  return true;
}

bool Map::grow(std::uint64_t chunks) noexcept {
  if (chunks > max_chunks_) return false;
  const std::uint64_t now = platform::coarse_monotonic_ns();
  if (failed_at_ns_ != 0 && now - failed_at_ns_ < kRetryAfterNs) return false;
  std::uint64_t target = chunks + chunks / 2;
  if (target > max_chunks_) target = max_chunks_;
  bool grown = false;
  if (mapped_chunks_ >= chunks && can_populate()) {
    grown = populate(target) || populate(target = chunks);
  } else if (const platform::File file = reopen(); file.is_open()) {
    grown = extend(file, target) || extend(file, target = chunks);
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

void Map::prepare_to_lose_path() noexcept {
  if (!has_file()) return;
  const platform::Holding hold{lock_};
  const platform::File file = reopen();
  if (!file.is_open()) return;
  // Mapped as far as it may ever go, without room on the disk: populate() takes that when it is needed.
  const std::uint64_t bytes = max_chunks_ * kChunkBytes;
  if (can_populate() && mapped_chunks_ < max_chunks_ && size_is_allowed(bytes) &&
      platform::raw_syscall(SYS_ftruncate, file.fd(), bytes) == 0 &&
      map_file(file, mapped_chunks_, max_chunks_))
    mapped_chunks_ = max_chunks_;
  if (mapped_chunks_ < max_chunks_) take_spare(file);
}

void Map::prepare_to_lose_calls() noexcept {
  if (!has_file()) return;
  const platform::Holding hold{lock_};
  const platform::File file = reopen();
  if (file.is_open()) take_spare(file);
}

void Map::take_spare(const platform::File& file) noexcept {
  const std::uint64_t most = max_chunks_ - grown_chunks_;
  const std::uint64_t wanted = used_chunks() * 4 > kSealSpare ? used_chunks() * 4 : kSealSpare;
  for (std::uint64_t spare = wanted < most ? wanted : most; spare != 0; spare /= 2) {
    if (!extend(file, grown_chunks_ + spare)) continue;
    grown_chunks_ += spare;
    return;
  }
}

std::byte* Map::add_chunk(ChunkKind kind, std::uint16_t owner, std::uint32_t index) noexcept {
  const platform::Holding hold{lock_};
  return has_room(1) ? add(kind, owner, index) : nullptr;
}

bool Map::keep_room() noexcept {
  const platform::Holding hold{lock_};
  if (!has_room(1)) return false;
  ++kept_chunks_;
  return true;
}

std::byte* Map::add_kept_chunk(ChunkKind kind, std::uint16_t owner, std::uint32_t index) noexcept {
  const platform::Holding hold{lock_};
  if (kept_chunks_ == 0) return has_room(1) ? add(kind, owner, index) : nullptr;
  if (!has_room(0)) return nullptr;  // the file was cut meanwhile
  --kept_chunks_;
  return add(kind, owner, index);
}

bool Map::has_room(std::uint64_t more) noexcept {
  const std::uint64_t wanted = used_chunks() + kept_chunks_ + more;
  return wanted <= max_chunks_ && (wanted <= grown_chunks_ || grow(wanted));
}

std::byte* Map::add(ChunkKind kind, std::uint16_t owner, std::uint32_t index) noexcept {
  const std::uint64_t number = used_chunks();
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
  if (used >= mapped_chunks_) return;
  // What is cut off must not be touched any more: private memory takes its place first.
  if (!map_private(used, mapped_chunks_)) return;
  grown_chunks_ = mapped_chunks_ = used;
  platform::raw_syscall(SYS_ftruncate, file.fd(), used * kChunkBytes);
}

}  // namespace weir::profile
