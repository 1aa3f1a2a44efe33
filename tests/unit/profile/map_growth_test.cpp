// The profile's file grows as chunks are added, and everything that may keep it from growing.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <thread>

#include "core/profile/profile.hpp"
#include "support/in_child.hpp"
#include "support/small_profile.hpp"
#include "support/temporary_folder.hpp"

namespace weir::profile {
namespace {

std::uint64_t chunks_in(const std::string& path) { return std::filesystem::file_size(path) / kChunkBytes; }

struct InFile : test::SmallProfile {
  test::TemporaryFolder folder;
  std::string path = folder / "p.weir";
  std::uint64_t first_chunks;
  InFile() {
    EXPECT_EQ(map.move_to(path.c_str()), 0);
    first_chunks = chunks_in(path);
  }
  /// Uses up what the file has.
  void fill_file() { fill(map.max_chunks() - first_chunks); }
  [[nodiscard]] std::uint64_t failures() const { return map.header().losses.growth_failures; }
};

TEST(MapGrowth, AFullFileHasEveryChunkThatWasEverAdded) {
  InFile in;
  while (std::byte* chunk = in.map.add_chunk(ChunkKind::Errors, 0, 0)) *chunk = std::byte{'x'};
  EXPECT_EQ(in.map.used_chunks(), test::kSmallChunks);
  EXPECT_EQ(chunks_in(in.path), test::kSmallChunks);
  EXPECT_EQ(in.failures(), 0U);
  std::ifstream file{in.path, std::ios::binary};
  for (std::uint64_t n = 2; n != test::kSmallChunks; ++n) {
    file.seekg(static_cast<std::streamoff>(n * kChunkBytes));
    EXPECT_EQ(file.get(), 'x') << n;
  }
}

TEST(MapGrowth, AFileThatWasDeletedIsNotMadeAnew) {
  InFile in;
  in.fill_file();
  std::filesystem::remove(in.path);
  EXPECT_EQ(in.map.add_chunk(ChunkKind::Errors, 0, 0), nullptr);
  EXPECT_FALSE(std::filesystem::exists(in.path));
  EXPECT_EQ(in.failures(), 1U);
  *in.map.chunk(in.first_chunks - 1) = std::byte{1};  // what it has stays usable
  in.map.trim_file();
  EXPECT_FALSE(std::filesystem::exists(in.path));
}

TEST(MapGrowth, AFileThatIsNotFoundAnyMoreGrowsAllTheSameIfThatWasPrepared) {
  InFile in;
  in.map.prepare_to_lose_path();
  if (!in.map.can_lose_path()) GTEST_SKIP() << "the kernel has no MADV_POPULATE_WRITE";
  const std::string moved = in.folder / "moved.weir";
  std::filesystem::rename(in.path, moved);
  while (std::byte* chunk = in.map.add_chunk(ChunkKind::Errors, 0, 0)) *chunk = std::byte{'x'};
  EXPECT_EQ(in.map.used_chunks(), test::kSmallChunks);
  EXPECT_EQ(in.failures(), 0U);
  std::ifstream file{moved, std::ios::binary};
  file.seekg(static_cast<std::streamoff>((test::kSmallChunks - 1) * kChunkBytes));
  EXPECT_EQ(file.get(), 'x');
}

TEST(MapGrowth, PreparedForNoCallsItHasRoomThatNeedsNone) {
  InFile in;
  in.map.prepare_to_lose_calls();
  std::filesystem::remove(in.path);
  while (std::byte* chunk = in.map.add_chunk(ChunkKind::Errors, 0, 0)) *chunk = std::byte{'x'};
  EXPECT_EQ(in.map.used_chunks(), test::kSmallChunks);
  EXPECT_EQ(in.failures(), 0U);
}

TEST(MapGrowth, AFileThatTookItsNameIsLeftAlone) {
  InFile in;
  in.fill_file();
  std::filesystem::rename(in.path, in.folder / "moved");
  std::ofstream{in.path} << "theirs";
  EXPECT_EQ(in.map.add_chunk(ChunkKind::Errors, 0, 0), nullptr);
  EXPECT_EQ(std::filesystem::file_size(in.path), 6U);
  in.map.trim_file();
  EXPECT_EQ(std::filesystem::file_size(in.path), 6U);
  EXPECT_EQ(in.failures(), 1U);
}

TEST(MapGrowth, ALinkInItsPlaceIsNotFollowed) {
  InFile in;
  in.fill_file();
  std::filesystem::rename(in.path, in.folder / "moved");
  std::filesystem::create_symlink(in.folder / "moved", in.path);
  EXPECT_EQ(in.map.add_chunk(ChunkKind::Errors, 0, 0), nullptr);
}

TEST(MapGrowth, IsTriedAgainOnlyAfterASecond) {
  InFile in;
  in.fill_file();
  std::filesystem::rename(in.path, in.folder / "moved");
  EXPECT_EQ(in.map.add_chunk(ChunkKind::Errors, 0, 0), nullptr);
  std::filesystem::rename(in.folder / "moved", in.path);
  EXPECT_EQ(in.map.add_chunk(ChunkKind::Errors, 0, 0), nullptr);
  EXPECT_EQ(in.failures(), 1U);
  std::this_thread::sleep_for(std::chrono::milliseconds{1010});
  EXPECT_NE(in.map.add_chunk(ChunkKind::Errors, 0, 0), nullptr);
}

void limit_files_to(std::uint64_t bytes) {
  const rlimit limit{bytes, bytes};
  setrlimit(RLIMIT_FSIZE, &limit);
  signal(SIGXFSZ, SIG_DFL);  // kills
}

TEST(MapGrowth, KeepsWithinTheFileSizeLimitWithoutASignal) {
  InFile in;
  in.fill_file();
  EXPECT_TRUE(test::holds_in_child([&] {
    limit_files_to((in.first_chunks + 2) * kChunkBytes);  // less than what it would like, enough for two more
    const bool two = in.map.add_chunk(ChunkKind::Errors, 0, 0) != nullptr &&
                     in.map.add_chunk(ChunkKind::Errors, 0, 0) != nullptr;
    return two && in.map.add_chunk(ChunkKind::Errors, 0, 0) == nullptr && in.failures() == 1 &&
           chunks_in(in.path) == in.first_chunks + 2;
  }));
}

TEST(MoveTo, LeavesNoFileBehindWhenTheLimitIsTooSmall) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "p.weir";
  test::SmallProfile small;
  EXPECT_TRUE(test::holds_in_child([&] {
    limit_files_to(kChunkBytes);
    return small.map.move_to(path.c_str()) == -EFBIG && !small.map.has_file() &&
           !std::filesystem::exists(path) && small.map.add_chunk(ChunkKind::Errors, 0, 0) != nullptr;
  }));
}

TEST(MoveTo, SaysWhyAFolderWillNotHaveIt) {
  const test::TemporaryFolder folder;
  test::SmallProfile small;
  EXPECT_EQ(small.map.move_to((folder / "none/p.weir").c_str()), -ENOENT);
  EXPECT_EQ(small.map.move_to((folder / "x").insert(0, "/dev/null").c_str()), -ENOTDIR);
  std::filesystem::permissions(folder.path(),
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  EXPECT_TRUE(test::holds_in_child([&] {
    if (getuid() == 0 && setuid(65534) != 0) return true;  // root may write anywhere
    return small.map.move_to((folder / "p.weir").c_str()) == -EACCES && !small.map.has_file();
  }));
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace weir::profile
