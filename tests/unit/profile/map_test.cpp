// The mapping in which core keeps its tables: chunks, and the move into a file and out of it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "core/profile/profile.hpp"
#include "support/small_profile.hpp"
#include "support/temporary_folder.hpp"

namespace weir::profile {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(Map, BeginsWithItsHeaderAndDirectory) {
  const test::SmallProfile small;
  ASSERT_TRUE(small.is_there);
  const Header& header = small.map.header();
  EXPECT_EQ(header.magic, kMagic);
  EXPECT_EQ(header.version, kFormatVersion);
  EXPECT_EQ(header.header_bytes, sizeof(Header));
  EXPECT_EQ(header.chunk_bytes, kChunkBytes);
  EXPECT_EQ(header.max_chunks, test::kSmallChunks);
  EXPECT_EQ(header.used_chunks, 2U);
  EXPECT_EQ(small.map.entries()[0].kind, ChunkKind::Header);
  EXPECT_EQ(small.map.entries()[1].kind, ChunkKind::Directory);
  EXPECT_FALSE(small.map.has_file());
}

TEST(Map, IsNeverSmallerThanAMebibyte) {
  EXPECT_FALSE(Map{}.exists());
  const test::SmallProfile small{1};
  ASSERT_TRUE(small.is_there);
  EXPECT_TRUE(small.map.exists());
  EXPECT_EQ(small.map.max_chunks() * kChunkBytes, 1U << 20);
}

TEST(Map, TakesLessWhenTheKernelRefuses) {
  const test::SmallProfile large{std::uint64_t{1} << 50};  // more than the address space
  ASSERT_TRUE(large.is_there);
  const Map& map = large.map;
  EXPECT_LT(map.max_chunks() * kChunkBytes, std::uint64_t{1} << 48);
  EXPECT_EQ(map.header().max_chunks, map.max_chunks());
  const std::uint64_t directory = map.max_chunks() * sizeof(ChunkEntry) / kChunkBytes;
  EXPECT_GE(map.used_chunks(), 1 + directory);
  EXPECT_EQ(map.entries()[directory].kind, ChunkKind::Directory);
}

TEST(AddChunk, ListsAZeroedChunkWithItsNames) {
  test::SmallProfile small;
  std::byte* chunk = small.map.add_chunk(ChunkKind::Counters, 7, 3);
  ASSERT_EQ(chunk, small.map.chunk(2));
  const ChunkEntry& entry = small.map.entries()[2];
  EXPECT_EQ(entry.kind, ChunkKind::Counters);
  EXPECT_EQ(entry.owner, 7U);
  EXPECT_EQ(entry.index, 3U);
  EXPECT_EQ(entry.ready, 1U);
  EXPECT_EQ(std::to_integer<int>(chunk[0]) | std::to_integer<int>(chunk[kChunkBytes - 1]), 0);
}

TEST(AddChunk, EndsWhenTheProfileIsFull) {
  test::SmallProfile small;
  for (std::uint64_t n = 2; n != test::kSmallChunks; ++n)
    ASSERT_EQ(small.map.add_chunk(ChunkKind::Nodes, 0, 0), small.map.chunk(n));
  EXPECT_EQ(small.map.add_chunk(ChunkKind::Nodes, 0, 0), nullptr);
  EXPECT_EQ(small.map.used_chunks(), test::kSmallChunks);
  EXPECT_EQ(small.map.header().losses.growth_failures, 0U);  // it is no failure of the file
}

TEST(DropChunk, TakesItOffTheListButNotItsBytes) {
  test::SmallProfile small;
  std::byte* chunk = small.map.add_chunk(ChunkKind::Counters, 1, 0);
  chunk[5] = std::byte{9};
  small.map.drop_chunk(2);
  EXPECT_EQ(small.map.entries()[2].kind, ChunkKind::Free);
  EXPECT_EQ(small.map.entries()[2].ready, 0U);
  EXPECT_EQ(chunk[5], std::byte{9});
}

TEST(MoveTo, KeepsEveryPointerAndWritesThroughToTheFile) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "p.weir";
  test::SmallProfile small;
  std::byte* chunk = small.map.add_chunk(ChunkKind::Errors, 0, 0);
  std::memcpy(chunk, "before", 6);
  ASSERT_EQ(small.map.move_to(path.c_str()), 0);
  EXPECT_TRUE(small.map.has_file());
  EXPECT_EQ(small.map.path(), path);
  EXPECT_EQ(std::memcmp(chunk, "before", 6), 0);
  std::memcpy(chunk + 6, "after", 5);
  EXPECT_EQ(content_of(path).substr(2 * kChunkBytes, 11), "beforeafter");
}

TEST(MoveTo, MakesAFileForTheOwnerOnly) {
  const test::TemporaryFolder folder;
  test::SmallProfile small;
  ASSERT_EQ(small.map.move_to((folder / "p.weir").c_str()), 0);
  struct stat info {};
  ASSERT_EQ(stat((folder / "p.weir").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST(MoveTo, RefusesAnExistingFileAndALinkAndStaysWhereItWas) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "p.weir", link = folder / "link";
  std::ofstream{path} << "theirs";
  std::filesystem::create_symlink(folder / "none", link);
  test::SmallProfile small;
  std::byte* chunk = small.map.add_chunk(ChunkKind::Errors, 0, 0);
  EXPECT_EQ(small.map.move_to(path.c_str()), -EEXIST);
  EXPECT_EQ(small.map.move_to(link.c_str()), -EEXIST);
  EXPECT_EQ(content_of(path), "theirs");
  EXPECT_FALSE(small.map.has_file());
  chunk[0] = std::byte{1};
  EXPECT_EQ(small.map.add_chunk(ChunkKind::Errors, 0, 0), chunk + kChunkBytes);
}

TEST(MoveTo, CarriesEveryChunkThatIsInUse) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "p.weir";
  test::SmallProfile small;
  small.fill();
  *small.map.chunk(test::kSmallChunks - 1) = std::byte{'z'};
  ASSERT_EQ(small.map.move_to(path.c_str()), 0);
  const std::string content = content_of(path);
  ASSERT_EQ(content.size(), test::kSmallChunks * kChunkBytes);
  EXPECT_EQ(content[(test::kSmallChunks - 1) * kChunkBytes], 'z');
}

/// Waits for the file, and says what is in it by then.
std::string first_look(const std::string& path) {
  int fd = -1;
  while ((fd = open(path.c_str(), O_RDONLY)) < 0) {
  }
  std::array<char, 8> magic{};
  const bool is_whole = read(fd, &magic, sizeof(magic)) == sizeof(magic) && magic == kMagic;
  struct stat info {};
  fstat(fd, &info);
  close(fd);
  return is_whole ? "whole" : "its first " + std::to_string(info.st_size) + " bytes";
}

TEST(MoveTo, IsSeenByNobodyBeforeItIsWhole) {
  const test::TemporaryFolder folder;
  if (!platform::open_unnamed_file((folder / "").c_str(), 0600).is_open())
    GTEST_SKIP() << "no file can be made here without a name";
  for (int n = 0; n != 300; ++n) {
    const std::string path = folder / (std::to_string(n) + ".weir").c_str();
    test::SmallProfile small;
    std::string found;
    std::thread reader{[&] { found = first_look(path); }};
    const int failed = small.map.move_to(path.c_str());
    reader.join();
    ASSERT_EQ(failed, 0);
    ASSERT_EQ(found, "whole") << n;
  }
}

TEST(MoveTo, DoesWithoutFilesThatHaveNoName) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "p.weir";
  platform::g_lost_rights = static_cast<platform::Rights>(platform::Right::NameFiles);
  test::SmallProfile small;
  EXPECT_EQ(small.map.move_to(path.c_str()), 0);
  EXPECT_EQ(test::SmallProfile{}.map.move_to(path.c_str()), -EEXIST);
  platform::g_lost_rights = 0;
  EXPECT_EQ(small.map.path(), path);
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(small.map.header().file_key, static_cast<std::uint32_t>(info.st_ino));
}

TEST(LeaveFile, KeepsWhatIsThereAndWritesNoMoreToTheFile) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "p.weir";
  test::SmallProfile small;
  std::byte* chunk = small.map.add_chunk(ChunkKind::Errors, 0, 0);
  ASSERT_TRUE(small.map.leave_file());  // there is none yet
  ASSERT_EQ(small.map.move_to(path.c_str()), 0);
  chunk[0] = std::byte{'a'};
  ASSERT_TRUE(small.map.leave_file());
  EXPECT_FALSE(small.map.has_file());
  EXPECT_EQ(chunk[0], std::byte{'a'});
  chunk[0] = std::byte{'b'};
  EXPECT_EQ(content_of(path)[2 * kChunkBytes], 'a');
  small.fill();
  EXPECT_EQ(small.map.used_chunks(), test::kSmallChunks);  // memory behind all of it again
  *small.map.chunk(test::kSmallChunks - 1) = std::byte{'z'};
  EXPECT_EQ(small.map.move_to((folder / "child.weir").c_str()), 0);
}

TEST(TrimFile, CutsTheFileAtTheLastChunk) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "p.weir";
  test::SmallProfile small;
  ASSERT_EQ(small.map.move_to(path.c_str()), 0);
  EXPECT_GT(std::filesystem::file_size(path), 3 * kChunkBytes);
  std::byte* chunk = small.map.add_chunk(ChunkKind::Errors, 0, 0);
  small.map.trim_file();
  EXPECT_EQ(std::filesystem::file_size(path), 3 * kChunkBytes);
  chunk[kChunkBytes - 1] = std::byte{'e'};
  EXPECT_EQ(content_of(path).back(), 'e');
  EXPECT_EQ(*small.map.chunk(5), std::byte{0});  // what was cut off can be touched

  std::byte* next = small.map.add_chunk(ChunkKind::Errors, 0, 1);  // and it grows again where it was cut
  ASSERT_EQ(next, chunk + kChunkBytes);
  next[0] = std::byte{'n'};
  EXPECT_EQ(content_of(path)[3 * kChunkBytes], 'n');
}

}  // namespace
}  // namespace weir::profile
