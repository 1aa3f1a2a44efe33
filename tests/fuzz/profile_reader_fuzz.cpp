// Any bytes as a profile, of one process or merged: a report in both formats and a merged file, or an Error.
#include <cstring>
#include <sstream>

#include "fuzz/fuzz.hpp"
#include "support/profile_builder.hpp"
#include "tool/merge/merge.hpp"
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
    tool::Merger merger;
    if (merger.add(profile)) static_cast<void>(tool::parse(tool::merged_bytes(merger.finish()), "fuzz"));
  } catch (const tool::Error&) {
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> seeds;
  tool::Merger merger;
  std::uint32_t pid = 1;
  for (test::ProfileBuilder builder : {test::full_profile(), test::pools_profile(), test::sampled_profile(), test::judged_profile()}) {
    builder.header.pid = pid++;
    static_cast<void>(merger.add(tool::parse(builder.bytes(), "seed")));
  }
  for (const auto& bytes :
       {test::full_profile().bytes(), test::pools_profile().bytes(), test::judged_profile().bytes(), tool::merged_bytes(merger.finish())}) {
    std::vector<std::uint8_t> seed(bytes.size());
    std::memcpy(seed.data(), bytes.data(), bytes.size());
    seeds.push_back(std::move(seed));
  }
  return seeds;
}
