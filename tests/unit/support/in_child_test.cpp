#include "support/in_child.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace weir::test {
namespace {

TEST(InChild, AnExceptionEndsIt) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
  struct Frame {
    int out;
    pid_t owner = getpid();
    ~Frame() {
      if (getpid() != owner) (void)!write(out, "x", 1);
    }
  } frame{ends[1]};
  EXPECT_EQ(end_of_child([] { throw std::runtime_error{"thrown by the test"}; }), End::Killed);
  char byte;
  EXPECT_EQ(read(ends[0], &byte, 1), -1) << "the child has left its piece of the test";
  close(ends[0]);
  close(ends[1]);
}

TEST(InChild, ItsAnswerIsTheChilds) {
  EXPECT_EQ(end_of_child([] { return true; }), End::True);
  EXPECT_EQ(end_of_child([] { return false; }), End::False);
  EXPECT_EQ(end_of_child([] {}), End::True);
  EXPECT_EQ(end_of_child([] { raise(SIGKILL); }), End::Killed);
}

}  // namespace
}  // namespace weir::test
