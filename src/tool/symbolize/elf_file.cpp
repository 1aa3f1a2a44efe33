// Opening, and the question whether the file is still the one that ran.
#include "tool/symbolize/elf_file.hpp"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace weir::tool {
namespace {

bool same_build_id(Elf* elf, const std::string& recorded) {
  const void* id = nullptr;
  const ssize_t bytes = dwelf_elf_gnu_build_id(elf, &id);
  return bytes > 0 && static_cast<std::size_t>(bytes) == recorded.size() &&
         std::memcmp(id, recorded.data(), recorded.size()) == 0;
}

bool same_stamp(const struct stat& status, const Module& module) {
  const auto mtime = static_cast<std::uint64_t>(status.st_mtim.tv_sec) * 1'000'000'000U +
                     static_cast<std::uint64_t>(status.st_mtim.tv_nsec);
  return (module.file_bytes == 0 || module.file_bytes == static_cast<std::uint64_t>(status.st_size)) &&
         (module.file_mtime_ns == 0 || module.file_mtime_ns == mtime);
}

constexpr Dwfl_Callbacks kCallbacks{.find_elf = nullptr,
                                    .find_debuginfo = &dwfl_standard_find_debuginfo,
                                    .section_address = &dwfl_offline_section_address,
                                    .debuginfo_path = nullptr};

}  // namespace

ElfFile::ElfFile(const Module& module) : verdict_{open(module)} {}

ElfFile::~ElfFile() {
  if (dwfl_ != nullptr) dwfl_end(dwfl_);
  if (fd_ >= 0) close(fd_);
}

ElfFile::Verdict ElfFile::open(const Module& module) {
  fd_ = ::open(module.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd_ < 0) return errno == ENOENT || errno == ENOTDIR ? Verdict::Missing : Verdict::Unreadable;
  struct stat status {};
  if (fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return Verdict::Unreadable;
  dwfl_ = dwfl_begin(&kCallbacks);
  if (dwfl_ == nullptr) return Verdict::Unreadable;
  dwfl_report_begin(dwfl_);
  // Base 0 plus the file's own program headers: addresses are those of the file. The descriptor stays ours only
  // when this fails.
  module_ = dwfl_report_elf(dwfl_, module.path.c_str(), module.path.c_str(), fd_, 0, true);
  if (module_ != nullptr) fd_ = -1;
  dwfl_report_end(dwfl_, nullptr, nullptr);
  GElf_Addr bias = 0;
  Elf* elf = module_ == nullptr ? nullptr : dwfl_module_getelf(module_, &bias);
  if (elf == nullptr) return Verdict::Unreadable;
  const bool same =
      module.build_id.empty() ? same_stamp(status, module) : same_build_id(elf, module.build_id);
  return same ? Verdict::Same : Verdict::Changed;
}

}  // namespace weir::tool
