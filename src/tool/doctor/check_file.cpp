// The file itself: how the command leads to it, whether this machine runs it, and whether it can be read.
#include <elf.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "tool/doctor/checks.hpp"

namespace weir::tool {
namespace {

struct Machine {
  std::uint16_t number;
  std::string_view name;
};
constexpr Machine kMachines[] = {{EM_386, "i386"},        {EM_X86_64, "x86-64"},      {EM_ARM, "arm"},
                                 {EM_AARCH64, "aarch64"}, {EM_RISCV, "riscv"},        {EM_PPC64, "ppc64"},
                                 {EM_S390, "s390"},       {EM_MIPS, "mips"},          {EM_PPC, "ppc"},
                                 {EM_SPARCV9, "sparc64"}, {EM_LOONGARCH, "loongarch"}};

std::string machine_name(std::uint16_t number) {
  const auto found = std::find_if(std::begin(kMachines), std::end(kMachines),
                                  [&](const Machine& machine) { return machine.number == number; });
  return found != std::end(kMachines) ? std::string{found->name} : fmt::format("machine {}", number);
}

/// What the tool itself was built for, as libweir.so is.
std::uint16_t own_machine() {
#if defined(__aarch64__)
  return EM_AARCH64;
#else
  return EM_X86_64;
#endif
}

void check_machine(const Subject& subject, Findings& out) {
  const ElfFacts& facts = subject.facts;
  const bool is_own_32 = facts.bits == 32 && own_machine() == EM_X86_64 &&
                         (facts.machine == EM_386 || facts.machine == EM_X86_64);
  if (is_own_32)
    out.push_back(
        start_error("bits_32",
                    fmt::format("{} is a 32-bit program, libweir.so a 64-bit library: the loader leaves it "
                                "out.",
                                subject.path),
                    "Use a 64-bit build of the program."));
  else if (facts.machine != own_machine() || facts.bits != 64)
    out.push_back(start_error("machine",
                              fmt::format("{} is built for {}, libweir.so for {}.", subject.path,
                                          machine_name(facts.machine), machine_name(own_machine())),
                              "Use a build of the program for this machine."));
}

void check_kind(const Subject& subject, Findings& out) {
  const ElfFacts& facts = subject.facts;
  if (facts.type == ET_REL || facts.type == ET_CORE)
    out.push_back(start_error("no_program",
                              fmt::format("{} is {}, not a program.", subject.path,
                                          facts.type == ET_REL ? "an object file" : "a core dump"),
                              ""));
}

}  // namespace

void check_command(const Subject& subject, Findings& out) {
  const CommandEnd& command = subject.command;
  if (command.problem) return out.push_back(*command.problem);
  const std::string follow = subject.variable("WEIR_FOLLOW").value_or("all");
  if (!command.env.empty() && (follow == "none" || follow == "fork"))
    out.push_back({.id = "not_followed",
                   .severity = Severity::Error,
                   .topic = Topic::Start,
                   .allows = Verdict::No,
                   .text = fmt::format(
                       "{} becomes {} by exec, and WEIR_FOLLOW={} does not follow it there: weir records "
                       "only the former.",
                       command.env, subject.path, follow),
                   .advice = "Set WEIR_FOLLOW=all or exec."});
  if (!command.is_script) return;
  out.push_back(
      {.id = "script",
       .severity = Severity::Info,
       .topic = Topic::Start,
       .allows = Verdict::Yes,
       .text = fmt::format("{} is a script: weir records its interpreter, {}, which is what the following is "
                           "about.",
                           command.chain.front(), subject.path),
       .advice =
           "Programs that it starts have profiles of their own (WEIR_FOLLOW); ask weir doctor about them one "
           "by one."});
}

void check_file(const Subject& subject, Findings& out) {
  if (!subject.weir.is_elf())
    out.push_back(
        start_error("no_library",
                    subject.around.library.empty()
                        ? subject.around.no_library + "."
                        : fmt::format("{} is no library that could be preloaded.", subject.around.library),
                    "Build or install libweir.so, or name it in WEIR_RUN_LIBRARY."));
  if (subject.command.problem) return;
  switch (subject.facts.reading) {
    case ElfFacts::Reading::Done:
      check_kind(subject, out);
      check_machine(subject, out);
      break;
    case ElfFacts::Reading::Unreadable:
      out.push_back({.id = "unreadable",
                     .severity = Severity::Warning,
                     .topic = Topic::Start,
                     .allows = Verdict::Partly,
                     .text = fmt::format(
                         "{} may be run but not read by you: what it is made of is unknown, and reports "
                         "will show no names for its code.",
                         subject.path),
                     .advice = "Ask for the right to read it, or try weir run."});
      break;
    case ElfFacts::Reading::Missing:
    case ElfFacts::Reading::NotElf:
    case ElfFacts::Reading::Damaged:
      out.push_back(start_error(
          "damaged", fmt::format("{} is a damaged program file: the kernel will not start it.", subject.path),
          "Build or install it again."));
      break;
  }
}

}  // namespace weir::tool
