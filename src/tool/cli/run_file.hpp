// How `weir run` learns which profiles its command's processes made: a file to which each of them adds a line.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace weir::tool {

class RunFile {
 public:
  struct Entry {
    pid_t pid;
    std::string profile;
  };

  RunFile();   ///< makes an empty temporary file; throws Error
  ~RunFile();  ///< removes it
  RunFile(const RunFile&) = delete;
  RunFile& operator=(const RunFile&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// What processes have written so far, in order. Lines that make no sense are left out; the last entry of a process is what
  /// it ended as, those before it what it was before exec.
  [[nodiscard]] std::vector<Entry> entries() const;

 private:
  std::string path_;
};

}  // namespace weir::tool
