// Who loads the program's libraries: nobody (static), glibc's loader, or one that knows nothing of ours.
#include <elf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tool/doctor/checks.hpp"

namespace weir::tool {
namespace {

constexpr std::string_view kSystemLoaders[] = {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"};

std::string name_of(const std::string& path) { return std::filesystem::path{path}.filename(); }

Finding without_loader(const Subject& subject) {
  const ElfFacts& facts = subject.facts;
  if (name_of(subject.path).starts_with("ld-") || facts.name.starts_with("ld-linux"))
    return start_error(
        "is_loader",
        fmt::format("{} is the loader itself: the program that it is given is meant.", subject.path),
        "Start that program without the loader in front.");
  if (facts.type == ET_DYN && !facts.is_pie)
    return start_error(
        "no_program",
        fmt::format("{} names no loader: it is a shared library (or linked statically by an old "
                    "linker); nothing can be preloaded into it.",
                    subject.path),
        "");
  const bool is_pie = facts.type == ET_DYN;
  return start_error(
      is_pie ? "static_pie" : "static",
      fmt::format(
          "{} is linked statically{}: no loader runs, LD_PRELOAD has no effect, and weir sees nothing of it.",
          subject.path, is_pie ? " (static-pie)" : ""),
      fmt::format("Link it dynamically (without {}), or use a dynamically linked build of it.",
                  is_pie ? "-static-pie" : "-static"));
}

}  // namespace

bool Subject::has_system_loader() const {
  return facts.interpreter && std::find(std::begin(kSystemLoaders), std::end(kSystemLoaders),
                                        *facts.interpreter) != std::end(kSystemLoaders);
}

void check_loader(const Subject& subject, Findings& out) {
  if (!subject.facts.is_elf() || is_hopeless(out)) return;
  if (!subject.facts.interpreter) return out.push_back(without_loader(subject));
  const std::string& loader = *subject.facts.interpreter;
  if (is_for_musl(subject.facts))
    return out.push_back(
        start_error("musl",
                    fmt::format("{} is built for musl (its loader is {}), libweir.so for glibc: with it in "
                                "LD_PRELOAD the program does not even start. weir run starts it without.",
                                subject.path, loader),
                    "Use a build for glibc."));
  if (access(loader.c_str(), F_OK) != 0)
    return out.push_back(
        start_error("loader_missing",
                    fmt::format("{} names the loader {}, which does not exist here: the "
                                "program cannot start.",
                                subject.path, loader),
                    "Install the C library that it was built for, or use a build for this system."));
  const std::string name = name_of(loader);
  if (!name.starts_with("ld-linux") && !name.starts_with("ld.so") && !name.starts_with("ld64.so"))
    out.push_back({.id = "loader_unknown",
                   .severity = Severity::Error,
                   .topic = Topic::Start,
                   .allows = Verdict::No,
                   .text = fmt::format("{} has the loader {}, which is not glibc's; libweir.so needs glibc.",
                                       subject.path, loader),
                   .advice = "Use a build for glibc."});
}

}  // namespace weir::tool
