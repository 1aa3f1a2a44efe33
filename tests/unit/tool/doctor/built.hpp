// Programs built for one test, and the doctor asked about them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"
#include "tool/doctor/doctor.hpp"

namespace weir::test {

class Built {
 public:
  static constexpr const char* kProgram = "int main() { return 0; }\n";

  /// Compiles as C. The path, or an empty text where that fails.
  std::string operator()(const std::string& name, const std::string& flags = "", const std::string& source = kProgram) {
    const std::string path = folder_ / name.c_str();
    std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
    std::ofstream{path + ".c"} << source;
    const std::string command = std::string{WEIR_TEST_CXX} + " -Wl,--as-needed -x c -O1 -g " + path + ".c -x none -o " + path + " " + flags +
                                " 2>/dev/null";
    return std::system(command.c_str()) == 0 ? path : std::string{};
  }
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

inline std::string bytes_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Writes an executable file.
inline void put(const std::string& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
  std::filesystem::permissions(path, std::filesystem::perms{0755});
}

/// Puts `text` where `old` stands, zeros behind it.
inline std::string patched(std::string bytes, const std::string& old, std::string text) {
  const std::size_t at = bytes.find(old);
  if (at == std::string::npos || text.size() > old.size()) return {};
  text.resize(old.size());
  return bytes.replace(at, old.size(), text);
}

/// No variables, words are paths, a library that can be preloaded.
inline tool::Surroundings surroundings(Built& built) {
  tool::Surroundings out;
  out.find_program = [](const std::string& word) { return word; };
  out.library = built("libweir.so", "-shared -fPIC", "int weir_stand_in;\n");
  out.user = getuid();
  out.group = getgid();
  return out;
}

inline const tool::Finding* find(const tool::Diagnosis& diagnosis, const std::string& id) {
  const auto found = std::find_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                                  [&](const tool::Finding& finding) { return finding.id == id; });
  return found == diagnosis.findings.end() ? nullptr : &*found;
}

inline std::string ids(const tool::Diagnosis& diagnosis) {
  std::string out;
  for (const tool::Finding& finding : diagnosis.findings) out += finding.id + " ";
  return out;
}

}  // namespace weir::test
