// Any bytes as a program, as the loader's cache, as a first line: facts, or none.
#include <fstream>
#include <iterator>
#include <span>

#include "fuzz/fuzz.hpp"
#include "tool/doctor/command.hpp"
#include "tool/doctor/elf_facts.hpp"
#include "tool/doctor/loader_cache.hpp"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  static_cast<void>(tool::read_elf(std::as_bytes(std::span{data, size}), tool::ElfDepth::Full));
  static_cast<void>(tool::parse_loader_cache(text));
  if (const auto line = tool::hash_bang(text); line && line->argument)
    static_cast<void>(tool::env_words({*line->argument, "word"}));
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> out;
  for (const char* path : {"/bin/true", "/lib64/ld-linux-x86-64.so.2", "/etc/ld.so.cache"}) {
    std::ifstream in{path, std::ios::binary};
    out.emplace_back(std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{});
  }
  constexpr std::string_view kLine{"#!/usr/bin/env -S A=1 'b c' -u X \\d\n"};
  out.emplace_back(kLine.begin(), kLine.end());
  return out;
}
