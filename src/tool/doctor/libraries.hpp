// The libraries that the loader will bring for a program, found as it finds them (man 8 ld.so). Those that the program
// opens later with dlopen are known to nobody.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tool/doctor/elf_facts.hpp"

namespace weir::tool {

struct Library {
  std::string asked_as;  ///< the name that was asked for
  std::string asked_by;  ///< path of the file that asked first
  std::string path;      ///< empty: not found
  ElfFacts facts;
};

struct LoaderSettings {
  std::string library_path;  ///< LD_LIBRARY_PATH
  std::string cache;         ///< path of ld.so.cache
};

/// In the loader's order, each once.
[[nodiscard]] std::vector<Library> find_libraries(const std::string& program, const ElfFacts& facts,
                                                  const LoaderSettings& settings);

/// The path of one library by name, as dlopen in that program would find it; empty: not found.
[[nodiscard]] std::string find_library_named(std::string_view name, const std::string& program,
                                             const ElfFacts& facts, const LoaderSettings& settings);

}  // namespace weir::tool
