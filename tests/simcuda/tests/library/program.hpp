// Programs and libraries written within a test, compiled and run against the simulated driver.
#pragma once
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace simcuda::test {

struct Ran {
  int status = -1;     // exit status; 128 + n: ended by signal n
  std::string output;  // stdout and stderr together
};

inline std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  size_t begin = 0;
  for (size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    all.push_back(text.substr(begin, end - begin));
  }
  return all;
}

inline Ran run(const std::string& command) {
  Ran ran;
  FILE* pipe = popen(("{ " + command + "; } 2>&1").c_str(), "r");
  if (pipe == nullptr) return ran;
  char part[4096];
  for (size_t got = 0; (got = fread(part, 1, sizeof part, pipe)) > 0;) ran.output.append(part, got);
  const int status = pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

// A folder that goes when the process ends.
inline const std::string& folder() {
  struct Folder {
    std::string path;
    Folder() {
      char name[] = "/tmp/simcuda.XXXXXX";
      path = mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path); }
  };
  static const Folder only;
  return only.path;
}

inline std::string written(const std::string& name, const std::string& text) {
  const std::string path = folder() + "/" + name;
  std::ofstream(path) << text;
  return path;
}

inline std::string build(const std::string& source, const std::string& options, const std::string& result) {
  static int count = 0;
  const std::string number = std::to_string(++count);
  const std::string path = folder() + "/" + result + number;
  const auto built = run(std::string(SIMCUDA_CC) + " -w -g -o " + path + " " +
                         written("source" + number + ".c", source) + " -I" SIMCUDA_INCLUDE " " + options);
  if (built.status != 0) std::fprintf(stderr, "%s", built.output.c_str());
  return path;
}

// A C library; its path.
inline std::string library(const std::string& source) { return build(source, "-shared -fPIC", "library"); }

// A C program linked -lcuda, run with these variables for a minute at most.
inline Ran program(const std::string& source, const std::string& environment = "") {
  const std::string path = build(source, "-L" SIMCUDA_FOLDER " -lcuda -ldl -lpthread", "program");
  return run("env LD_LIBRARY_PATH=" SIMCUDA_FOLDER " " + environment + " timeout 60 " + path);
}

}  // namespace simcuda::test
