// Every check, and what it looks at.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "tool/doctor/command.hpp"
#include "tool/doctor/doctor.hpp"
#include "tool/doctor/elf_facts.hpp"
#include "tool/doctor/libraries.hpp"

namespace weir::tool {

/// The program that will run, and around it what the checks need.
struct Subject {
  const Surroundings& around;
  const CommandEnd& command;
  std::string path;  ///< the ELF file
  ElfFacts facts;
  ElfFacts weir;  ///< libweir.so's; not Done when there is none
  std::vector<Library> libraries;
  LoaderSettings loader;

  /// True if the loader of this system brings its libraries, so that our search is its.
  [[nodiscard]] bool has_system_loader() const;
  [[nodiscard]] std::optional<std::string> variable(std::string_view name) const {
    return tool::variable(command.environment, name);
  }
};

using Findings = std::vector<Finding>;

/// Adds its findings. A check is only asked of a program that could be read (is_elf()), but check_file and the ones
/// that look at surroundings alone.
using Check = void (*)(const Subject& subject, Findings& out);

void check_command(const Subject& subject, Findings& out);
void check_file(const Subject& subject, Findings& out);
void check_loader(const Subject& subject, Findings& out);
void check_secure(const Subject& subject, Findings& out);
void check_libraries(const Subject& subject, Findings& out);
void check_sanitizers(const Subject& subject, Findings& out);
void check_allocators(const Subject& subject, Findings& out);
void check_languages(const Subject& subject, Findings& out);
void check_names(const Subject& subject, Findings& out);
void check_cuda(const Subject& subject, Findings& out);
void check_profile(const Subject& subject, Findings& out);
void check_options(const Subject& subject, Findings& out);
void check_preload(const Subject& subject, Findings& out);
void check_limits(const Subject& subject, Findings& out);

/// Built for musl's loader.
[[nodiscard]] bool is_for_musl(const ElfFacts& facts);

/// True if AddressSanitizer's runtime will end the program that has another library before it: the program answers for the
/// runtime's options itself, so libweir.so cannot.
[[nodiscard]] bool asan_insists(const ElfFacts& facts, const std::vector<std::string>& environment);

/// True if a finding says that weir cannot be in the program at all.
[[nodiscard]] bool is_hopeless(const Findings& findings);

/// True if the program uses CUDA, and this libweir.so records that.
[[nodiscard]] bool records_cuda(const Subject& subject);

}  // namespace weir::tool
