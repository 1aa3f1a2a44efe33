// Facts of a file, and files that lie.
#include "tool/doctor/elf_facts.hpp"

#include <elf.h>

#include <cstring>
#include <span>

#include "unit/tool/doctor/built.hpp"

namespace weir::tool {
namespace {

using test::Built;

ElfFacts read(const std::string& bytes) { return read_elf(std::as_bytes(std::span{bytes}), ElfDepth::Full); }

TEST(ElfFacts, AreThoseOfTheProgram) {
  Built built;
  const std::string path = built("program", "-pie -fPIE -Wl,--build-id", "#include <stdlib.h>\nint main() { return malloc(9) == 0; }\n");
  const ElfFacts facts = read_elf(path, ElfDepth::Full);
  ASSERT_TRUE(facts.is_elf());
  EXPECT_EQ(facts.bits, 64);
  EXPECT_EQ(facts.type, ET_DYN);
  EXPECT_TRUE(facts.is_pie);
  ASSERT_TRUE(facts.interpreter.has_value());
  EXPECT_TRUE(facts.interpreter->find("ld-linux") != std::string::npos) << *facts.interpreter;
  EXPECT_EQ(facts.needed, std::vector<std::string>{"libc.so.6"});
  EXPECT_TRUE(facts.imported.has(Mark::Malloc));
  EXPECT_FALSE(facts.exported.has(Mark::Malloc));
  EXPECT_TRUE(facts.has_symbol_table);
  EXPECT_TRUE(facts.has_line_numbers);
  EXPECT_TRUE(facts.has_frame_table);
  EXPECT_EQ(facts.build_id.size(), 40U);
  EXPECT_GT(facts.frame_cover.value_or(0), 0.9);
}

TEST(ElfFacts, NeedNoSections) {
  Built built;
  std::string bytes = test::bytes_of(built("program", "-Wl,-rpath,/some/place"));
  auto* header = reinterpret_cast<Elf64_Ehdr*>(bytes.data());
  header->e_shoff = 0;
  header->e_shnum = header->e_shstrndx = 0;
  const ElfFacts facts = read(bytes);
  ASSERT_TRUE(facts.is_elf());
  EXPECT_TRUE(facts.interpreter.has_value());
  EXPECT_EQ(facts.needed, std::vector<std::string>{"libc.so.6"});
  EXPECT_EQ(facts.runpath + facts.rpath, "/some/place");
  EXPECT_FALSE(facts.has_symbol_table);
}

TEST(ElfFacts, WhatIsNoProgramIsToldApart) {
  Built built;
  EXPECT_EQ(read_elf(built.path() / "none", ElfDepth::Full).reading, ElfFacts::Reading::Missing);
  EXPECT_EQ(read_elf(built.path(), ElfDepth::Full).reading, ElfFacts::Reading::Unreadable);
  EXPECT_EQ(read_elf("/dev/null", ElfDepth::Full).reading, ElfFacts::Reading::Unreadable);
  EXPECT_EQ(read("text").reading, ElfFacts::Reading::NotElf);
  EXPECT_EQ(read(std::string{ELFMAG} + "\2\1\1").reading, ElfFacts::Reading::Damaged);
}

TEST(ElfFacts, SurviveFilesThatAreCut) {
  Built built;
  const std::string bytes = test::bytes_of(built("program"));
  ASSERT_GT(bytes.size(), 1000U);
  for (std::size_t length = 0; length < bytes.size(); length += length < 1100 ? 1 : 97) {
    const ElfFacts facts = read(bytes.substr(0, length));
    EXPECT_LE(facts.needed.size(), 1U);
  }
}

TEST(ElfFacts, SurviveHeadersThatLie) {
  Built built;
  const std::string bytes = test::bytes_of(built("program"));
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(bytes.data());
  const std::size_t sections = header->e_shoff, end = bytes.size();
  const auto lie = [&](std::size_t from, std::size_t to) {
    for (std::size_t at = from; at < to; ++at) {
      for (const char value : {'\0', '\1', '\x7f', '\xff'}) {
        std::string changed = bytes;
        changed[at] = value;
        static_cast<void>(read(changed));
      }
      std::string changed = bytes;
      std::memset(changed.data() + at, 0xff, std::min<std::size_t>(8, to - at));
      static_cast<void>(read(changed));
    }
  };
  lie(4, sizeof(Elf64_Ehdr) + header->e_phnum * sizeof(Elf64_Phdr));
  lie(sections, end);
}

}  // namespace
}  // namespace weir::tool
