// Files by raw system calls, against what libc says of the same files.
#include "core/platform/files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <vector>

#include "support/in_child.hpp"
#include "support/temporary_folder.hpp"

namespace weir::platform {
namespace {

bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

TEST(File, ClosesItselfAndMovesItsDescriptor) {
  int first = -1, second = -1;
  {
    File file = open_file("/dev/null", O_RDONLY);
    first = file.fd();
    ASSERT_TRUE(file.is_open());
    File other{static_cast<File&&>(file)};
    EXPECT_FALSE(file.is_open());
    EXPECT_EQ(other.fd(), first);
    second = open_file("/dev/null", O_RDONLY).release();
    file = File{second};
    file = static_cast<File&&>(other);  // closes what it held
    EXPECT_FALSE(is_open(second));
    EXPECT_FALSE(other.is_open());
    EXPECT_TRUE(is_open(first));
  }
  EXPECT_FALSE(is_open(first));
}

TEST(OpenFile, IsNotInheritedByOtherPrograms) {
  const File file = open_file("/dev/null", O_RDONLY);
  EXPECT_EQ(fcntl(file.fd(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(OpenFile, FailsWithTheErrorAndLeavesErrnoAlone) {
  errno = 17;
  EXPECT_EQ(open_file("/nowhere/at/all", O_RDONLY).fd(), -ENOENT);
  EXPECT_EQ(errno, 17);
}

TEST(ReadFile, ReadsWholeCutAndMissingFiles) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "text", content(10'000, 'x');
  std::ofstream{path} << content;
  std::string room(20'000, '#');
  EXPECT_EQ(read_file(path.c_str(), room), content.size());
  EXPECT_EQ(room.substr(0, content.size()), content);
  EXPECT_EQ(room[content.size()], '#');
  EXPECT_EQ(read_file(path.c_str(), std::span{room}.first(100)), 100U);
  EXPECT_EQ(read_file(path.c_str(), {}), 0U);
  EXPECT_EQ(read_file((folder / "none").c_str(), room), 0U);
  EXPECT_EQ(read_file(folder.path().c_str(), room), 0U);
}

TEST(FactsOf, AreThoseOfStat) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "file";
  std::ofstream{path} << "12345";
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  const File file = open_file(path.c_str(), O_RDONLY);
  for (const FileFacts& facts : {facts_of(path.c_str()), facts_of(file.fd())}) {
    EXPECT_EQ(facts.device, info.st_dev);
    EXPECT_EQ(facts.inode, info.st_ino);
    EXPECT_EQ(facts.bytes, 5U);
    EXPECT_EQ(facts.mtime_ns, static_cast<std::uint64_t>(info.st_mtim.tv_sec) * 1'000'000'000U +
                                  static_cast<std::uint64_t>(info.st_mtim.tv_nsec));
  }
}

TEST(FactsOf, AreZeroForWhatIsNotThere) {
  EXPECT_EQ(facts_of("/nowhere/at/all").inode, 0U);
  EXPECT_EQ(facts_of(-1).inode, 0U);
}

TEST(OwnStartTicks, AreReadBehindANameWithSpacesAndParentheses) {
  const std::uint64_t ticks = own_start_ticks();
  EXPECT_GT(ticks, 0U);
  char before[16]{};
  prctl(PR_GET_NAME, before);
  prctl(PR_SET_NAME, ") R 1 (2) 3");
  EXPECT_EQ(own_start_ticks(), ticks);
  prctl(PR_SET_NAME, before);
}

TEST(ResidentBytes, GrowWithTouchedMemory) {
  const std::uint64_t before = resident_bytes();
  EXPECT_GT(before, 0U);
  std::vector<char> touched(16U << 20, 1);
  EXPECT_GE(resident_bytes(), before + (8U << 20));
  EXPECT_EQ(touched.back(), 1);
}

std::string said(std::string_view line) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const int stderr_before = dup(2);
  dup2(ends[1], 2);
  say(line);
  dup2(stderr_before, 2);
  close(stderr_before);
  close(ends[1]);
  std::string text(5000, '\0');
  const ssize_t bytes = read(ends[0], text.data(), text.size());
  close(ends[0]);
  text.resize(bytes < 0 ? 0 : static_cast<std::size_t>(bytes));
  return text;
}

TEST(Say, WritesOneLineInOnePiece) {
  EXPECT_EQ(said("weir: hello"), "weir: hello\n");
  EXPECT_EQ(said(""), "\n");
  const std::string cut = said(std::string(4000, 'x'));
  EXPECT_EQ(cut, std::string(cut.size() - 1, 'x') + "\n");
  EXPECT_GE(cut.size(), 1000U);
}

TEST(Say, DoesNothingWhenStandardErrorIsClosed) {
  EXPECT_TRUE(test::holds_in_child([] {
    close(2);
    say("nobody hears");
    return true;
  }));
}

}  // namespace
}  // namespace weir::platform
