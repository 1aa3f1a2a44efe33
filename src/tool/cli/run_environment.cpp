// Checking choices and putting them into variables.
#include "tool/cli/run_environment.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "core/config/config.hpp"
#include "tool/cli/output.hpp"
#include "tool/profile/profile.hpp"

namespace weir::tool {
namespace {

std::string variable_of(std::string name) {
  for (char& c : name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return name.starts_with("WEIR_") ? name : "WEIR_" + name;
}

/// --set NAME=VALUE as an environment entry.
std::string entry_of(const std::string& choice) {
  const std::size_t equals = choice.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Error{fmt::format("--set {}: expected NAME=VALUE", choice)};
  std::string entry = variable_of(choice.substr(0, equals)) + choice.substr(equals);
  config::Config config;
  const config::Judgement judgement = config::apply(config, entry);
  switch (judgement.verdict) {
    case config::Verdict::Taken: return entry;
    case config::Verdict::Unparsable:
      throw Error{fmt::format("--set {}: not understood; accepted: {}", choice, judgement.row->values)};
    case config::Verdict::Reserved:
      throw Error{fmt::format("--set {}: this option is not in this version", choice)};
    case config::Verdict::Unknown:
    case config::Verdict::NotOurs: break;
  }
  const std::string hint =
      judgement.row == nullptr
          ? "see weir options"
          : fmt::format("did you mean {}?", variable_of(std::string{judgement.row->name}));
  throw Error{fmt::format("--set {}: no such option; {}", choice, hint)};
}

bool same_variable(std::string_view a, std::string_view b) {
  return a.substr(0, a.find('=')) == b.substr(0, b.find('='));
}

/// The preload is silent when it runs under us, so bad variables are told of here, but for those we replace.
void complain_of_variables(const std::vector<std::string>& replaced) {
  config::Config config;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry{*at};
    if (std::any_of(replaced.begin(), replaced.end(),
                    [&](const auto& own) { return same_variable(own, entry); }))
      continue;
    char line[1024];
    std::string_view text = config::complaint(config::apply(config, entry), entry, line);
    constexpr std::string_view kOwn = "weir: ";
    if (text.starts_with(kOwn)) text.remove_prefix(kOwn.size());
    if (!text.empty()) complain(text);
  }
}

/// Absolute, because the command may change its directory; what the directory's own name has of '%' is no letter
/// of the pattern.
std::string absolute_pattern(const std::string& path) {
  if (path.starts_with('/')) return path;
  std::string out;
  for (const char c : std::filesystem::current_path().string()) {
    if (c == '%') out += '%';
    out += c;
  }
  return out + "/" + path;
}

/// `first`, and behind it what the variable holds already.
std::string prefixed(const char* variable, std::string first) {
  const char* held = std::getenv(variable);
  return held == nullptr || *held == '\0' ? first : std::move(first) + ":" + held;
}

/// Without a library: what is preloaded already, but for an outer weir's.
std::string preload_list(const std::string& library) {
  if (!library.empty()) return prefixed("LD_PRELOAD", library);
  std::string out;
  const std::string held = prefixed("LD_PRELOAD", "");
  for (std::size_t at = 0; at < held.size();) {
    const std::size_t end = std::min(held.find_first_of(": ", at), held.size());
    const std::string entry = held.substr(at, end - at);
    if (!entry.empty() && !entry.ends_with("libweir.so")) out += (out.empty() ? "" : ":") + entry;
    at = end + 1;
  }
  return out;
}

}  // namespace

void clear_way(const std::string& path) {
  const auto fail = [&](const char* why) { throw Error{fmt::format("cannot write {}: {}", path, why)}; };
  const std::string dir = path.find('/') == std::string::npos ? "." : path.substr(0, path.rfind('/') + 1);
  struct stat status {};
  if (stat(dir.c_str(), &status) != 0) fail(std::strerror(errno));
  if (access(dir.c_str(), W_OK) != 0) fail(std::strerror(errno));
  if (stat(path.c_str(), &status) != 0) return;
  if (S_ISDIR(status.st_mode)) fail("it is a directory");
  if (!S_ISREG(status.st_mode)) fail("it exists and is no profile");
  if (status.st_size != 0) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(std::strerror(errno));
    std::byte head[8];
    const ssize_t got = read(fd, head, sizeof(head));
    close(fd);
    if (got != sizeof(head) || !has_magic(head)) fail("it exists and is no weir profile");
  }
  if (unlink(path.c_str()) != 0) fail(std::strerror(errno));
}

std::vector<std::string> run_environment(const RunChoices& choices, const std::string& library,
                                         const std::string& run_file) {
  std::vector<std::string> out;
  for (const std::string& choice : choices.sets) out.push_back(entry_of(choice));
  if (!choices.out.empty()) {
    out.push_back("WEIR_OUT=" + absolute_pattern(choices.out));
    config::Config config;
    if (config::apply(config, out.back()).verdict != config::Verdict::Taken)
      throw Error{fmt::format("-o {}: not understood; after % comes one of p e h r n %", choices.out)};
    if (choices.out.find('%') == std::string::npos) clear_way(choices.out);
  }
  complain_of_variables(out);
  out.push_back("LD_PRELOAD=" + preload_list(library));
  // Where there is an auditor, the loader sets thread-local storage aside before it knows of preloaded libraries: weir's share
  // has no room in what is spare by default.
  if (!library.empty() && std::getenv("LD_AUDIT") != nullptr)
    out.push_back("GLIBC_TUNABLES=" + prefixed("GLIBC_TUNABLES", "glibc.rtld.optional_static_tls=4096"));
  out.push_back("WEIR_RUN_FILE=" + run_file);
  return out;
}

}  // namespace weir::tool
