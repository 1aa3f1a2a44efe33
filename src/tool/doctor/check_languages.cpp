// Languages whose run time keeps a heap of its own, in whole pages from the kernel, where no malloc is called.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "tool/doctor/checks.hpp"

namespace weir::tool {
namespace {

std::string name_of(const Subject& subject) { return std::filesystem::path{subject.path}.filename(); }

bool needs(const Subject& subject, std::string_view prefix) {
  return std::any_of(subject.libraries.begin(), subject.libraries.end(),
                     [&](const Library& library) { return library.asked_as.starts_with(prefix); });
}

void add(std::string id, Severity severity, Verdict allows, std::string text, std::string advice,
         Findings& out) {
  out.push_back({.id = std::move(id),
                 .severity = severity,
                 .topic = Topic::Memory,
                 .allows = allows,
                 .text = std::move(text),
                 .advice = std::move(advice)});
}

void check_go(const Subject& subject, Findings& out) {
  if (!subject.facts.has_go_build_info && !subject.facts.shows(Mark::GoRuntime)) return;
  const std::string advice = "Use Go's own profiler (runtime/pprof) for the Go heap.";
  if (is_hopeless(out))
    add("go", Severity::Info, Verdict::Yes,
        "It is a Go program. A dynamically linked build (CGO_ENABLED=1) would show the memory of its C code, "
        "never Go's own heap.",
        advice, out);
  else if (needs(subject, "libc.so"))
    add("go_cgo", Severity::Warning, Verdict::Partly,
        "It is a Go program with C code (cgo): weir records what the C code allocates. The Go heap, which "
        "Go's run time maps by "
        "itself, is not seen.",
        advice, out);
  else
    add("go", Severity::Error, Verdict::No,
        "It is a Go program without C code (no cgo): it never calls malloc, and weir sees nothing of its "
        "heap.",
        advice, out);
}

void check_python(const Subject& subject, Findings& out) {
  const bool is_python = subject.facts.exported.has(Mark::Python) ||
                         (name_of(subject).starts_with("python") && needs(subject, "libpython"));
  const std::string choice = subject.variable("PYTHONMALLOC").value_or("");
  if (is_hopeless(out) || !is_python || choice.starts_with("malloc")) return;
  add("python_pools", Severity::Warning, Verdict::Partly,
      "Python keeps objects of up to 512 bytes in pools that it maps itself: weir records larger ones, and "
      "all of C extensions.",
      "Set PYTHONMALLOC=malloc, and weir records every object.", out);
}

void check_node(const Subject& subject, Findings& out) {
  if (is_hopeless(out) || (!subject.facts.exported.has(Mark::Node) && !needs(subject, "libnode.so"))) return;
  add("javascript_heap", Severity::Warning, Verdict::Partly,
      "JavaScript's objects live in V8's own heap, which is not seen: weir records what native code and "
      "addons allocate.",
      "For the JavaScript heap: node --heap-prof.", out);
}

void check_java(const Subject& subject, Findings& out) {
  const bool is_java = subject.facts.imported.has(Mark::Java) || subject.facts.exported.has(Mark::Java) ||
                       needs(subject, "libjli.so") || needs(subject, "libjvm.so");
  if (is_hopeless(out) || !is_java) return;
  add("java_heap", Severity::Warning, Verdict::Partly,
      "Java's objects live in the virtual machine's own heap, which is not seen: weir records what the "
      "machine itself and native "
      "code allocate.",
      "For the Java heap: jcmd PID GC.class_histogram, or a heap dump.", out);
}

}  // namespace

void check_languages(const Subject& subject, Findings& out) {
  check_go(subject, out);
  check_python(subject, out);
  check_node(subject, out);
  check_java(subject, out);
}

}  // namespace weir::tool
