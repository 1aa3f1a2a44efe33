// The environment in which `weir run` starts its command: the preload, and the options.
#pragma once

#include <string>
#include <vector>

namespace weir::tool {

struct RunChoices {
  std::string out;                ///< -o; empty: the option's own default
  std::vector<std::string> sets;  ///< --set, as given
};

/// "NAME=VALUE" each; an empty `library` is not preloaded. Complains on stderr of WEIR_* variables that have no effect; throws Error for a choice that
/// makes no sense.
[[nodiscard]] std::vector<std::string> run_environment(const RunChoices& choices, const std::string& library,
                                                       const std::string& run_file);

/// Makes way for a new profile at `path`. Throws Error when something else than a profile is there, or when
/// nothing could be written there.
void clear_way(const std::string& path);

}  // namespace weir::tool
