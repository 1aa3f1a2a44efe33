// Any bytes as a profile: a report in both formats, or an Error.
#include <cstring>
#include <sstream>

#include "fuzz/fuzz.hpp"
#include "support/profile_builder.hpp"
#include "tool/report/report.hpp"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tool::ReportOptions options;
  options.symbolize = &tool::symbolize_none;
  std::ostringstream out;
  try {
    const tool::Profile profile = tool::parse({reinterpret_cast<const std::byte*>(data), size}, "fuzz");
    tool::write_report(profile, options, out);
    options.format = "json";
    tool::write_report(profile, options, out);
  } catch (const tool::Error&) {
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> seeds;
  for (const auto& bytes : {test::full_profile().bytes(), test::pools_profile().bytes()}) {
    std::vector<std::uint8_t> seed(bytes.size());
    std::memcpy(seed.data(), bytes.data(), bytes.size());
    seeds.push_back(std::move(seed));
  }
  return seeds;
}
