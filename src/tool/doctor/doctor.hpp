// What weir can see of a program before it runs: the files are read, nothing of them is run.
//
// A check is one function in check_<topic>.cpp and its row in kChecks (doctor.cpp); it adds findings. The verdict is the
// best one that every finding allows.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tool/profile/profile.hpp"

namespace weir::tool {

enum class Verdict { Yes, Partly, No };
enum class Severity { Info, Warning, Error };
/// The headings of the text, in its order.
enum class Topic { Start, Memory, Stacks, Libraries, Cuda, Profile, Surroundings };

struct Finding {
  std::string id;  ///< stable: other programs read it
  Severity severity = Severity::Info;
  Topic topic = Topic::Start;
  Verdict allows = Verdict::Yes;  ///< the best verdict beside it
  std::string text;
  std::string advice;  ///< empty: nothing to do
};

/// What keeps the program from starting, or weir from being in it.
[[nodiscard]] inline Finding start_error(std::string id, std::string text, std::string advice) {
  return {.id = std::move(id),
          .severity = Severity::Error,
          .topic = Topic::Start,
          .allows = Verdict::No,
          .text = std::move(text),
          .advice = std::move(advice)};
}

struct Diagnosis {
  Verdict verdict = Verdict::Yes;
  std::string program;             ///< the file that COMMAND names
  std::vector<std::string> chain;  ///< from it to the file that will run: scripts, their interpreters, env
  std::vector<Finding> findings;
};

/// In what surroundings the command would start.
struct Surroundings {
  std::vector<std::string> environment;  ///< "NAME=VALUE" each
  /// The file that a word means, as execvp finds it. Throws Error.
  std::function<std::string(const std::string& word)> find_program;
  std::string library;     ///< libweir.so; empty: there is none
  std::string no_library;  ///< why there is none
  uid_t user = 0;
  gid_t group = 0;
  std::string loader_cache = "/etc/ld.so.cache";
  std::string debug_folder = "/usr/lib/debug";
  std::string proc = "/proc";
};

/// Throws Error when the first word of `command` means no file that can be run.
[[nodiscard]] Diagnosis examine(const std::vector<std::string>& command, const Surroundings& around);

/// Why the command's program is to run without libweir.so in LD_PRELOAD, for it would not start, or stop at once; empty: it
/// bears it. The end of a sentence. Asks only
/// for the environment and find_program. Throws as examine() does.
[[nodiscard]] std::string why_preload_harms(const std::vector<std::string>& command,
                                            const Surroundings& around);

struct DiagnosisStyle {
  std::size_t width = 100;
  bool unicode = true;
};
[[nodiscard]] std::string diagnosis_text(const Diagnosis& diagnosis, const DiagnosisStyle& style);
[[nodiscard]] std::string diagnosis_json(const Diagnosis& diagnosis);

}  // namespace weir::tool
