#include "second_process.hpp"

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>

extern char** environ;

namespace simcuda::test {
namespace {

std::map<std::string, std::function<int(const Message&)>>& roles() {
  static std::map<std::string, std::function<int(const Message&)>> all;
  return all;
}

std::string hexadecimal(std::span<const unsigned char> bytes) {
  std::string text;
  char pair[3];
  for (unsigned char byte : bytes) {
    std::snprintf(pair, sizeof pair, "%02x", byte);
    text += pair;
  }
  return text;
}

Message from_hexadecimal(const std::string& text) {
  Message bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<unsigned char>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

/// Before the first test of a process that was started to play a role.
class Stage : public ::testing::Environment {
  void SetUp() override {
    const char* role = std::getenv("SIMCUDA_TEST_ROLE");
    if (role == nullptr) return;
    const char* message = std::getenv("SIMCUDA_TEST_MESSAGE");
    std::exit(roles().at(role)(from_hexadecimal(message == nullptr ? "" : message)));
  }
};

[[maybe_unused]] auto* const stage = ::testing::AddGlobalTestEnvironment(new Stage);

}  // namespace

Role::Role(const char* name, std::function<int(const Message&)> play) {
  roles().emplace(name, std::move(play));
}

int play(const std::string& role, std::span<const unsigned char> message, int descriptor) {
  std::vector<std::string> variables = {"SIMCUDA_TEST_ROLE=" + role,
                                        "SIMCUDA_TEST_MESSAGE=" + hexadecimal(message)};
  for (char** each = environ; *each != nullptr; ++each) variables.emplace_back(*each);
  std::vector<char*> environment;
  for (std::string& each : variables) environment.push_back(each.data());
  environment.push_back(nullptr);

  // Some test must be selected for the stage to be entered: the one that runs now.
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string program = "/proc/self/exe";
  std::string filter = std::string("--gtest_filter=") + test->test_suite_name() + "." + test->name();
  char* arguments[] = {program.data(), filter.data(), nullptr};

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (descriptor >= 0) posix_spawn_file_actions_adddup2(&actions, descriptor, kGivenDescriptor);
  pid_t child = -1;
  int failed = posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return -1;
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

}  // namespace simcuda::test
