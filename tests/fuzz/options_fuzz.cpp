// Any text as an environment entry: a judgement, and a sentence of one line that fits.
#include <cstdlib>
#include <string>

#include "core/config/config.hpp"
#include "fuzz/fuzz.hpp"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of exactly this size: a read beyond it is seen by the sanitizer.
  const std::string entry{reinterpret_cast<const char*>(data), size};
  config::Config config;
  const config::Judgement judgement = config::apply(config, entry);
  char line[160];
  const std::string_view text = config::complaint(judgement, entry, line);
  const bool good =
      judgement.verdict == config::Verdict::Taken || judgement.verdict == config::Verdict::NotOurs;
  if (text.empty() != good || text.size() > sizeof(line) || text.find('\n') != std::string_view::npos)
    std::abort();
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> out;
  for (const std::string entry :
       {"WEIR_OUT=x.%p.%e", "WEIR_PROFILE_MAX=64MiB", "WEIR_STACK_DEPTH=64", "WEIR_FOLOW=all",
        "WEIR_RECORD=exact", "WEIR_QUIET=yes", "WEIR_DEVICE_POOL=x", "PATH=/bin"})
    out.emplace_back(entry.begin(), entry.end());
  return out;
}
