// Runs a fuzzer without libFuzzer: its seeds and the files of the folders given, each whole and with fixed mutations, fewer
// of each where there are many.
//
//   <name>_fuzz [--write-seeds DIR] [FILE|DIR]...
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "fuzz/fuzz.hpp"

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr int kMutations = 3000;
constexpr std::size_t kAllMutations = 10000;

class Random {
 public:
  std::uint64_t operator()(std::uint64_t below) {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return state_ % below;
  }

 private:
  std::uint64_t state_ = 0x9E3779B97F4A7C15;
};

void mutate(Bytes& bytes, Random& random) {
  for (std::uint64_t changes = 1 + random(8); changes != 0 && !bytes.empty(); --changes) {
    const std::size_t at = random(bytes.size());
    switch (random(5)) {
      case 0:
        bytes[at] = static_cast<std::uint8_t>(random(256));
        break;
      case 1:
        bytes[at] ^= static_cast<std::uint8_t>(1U << random(8));
        break;
      case 2:
        bytes.resize(random(8) == 0 ? at : bytes.size());
        break;
      case 3:
        std::fill_n(bytes.begin() + static_cast<long>(at), std::min<std::size_t>(8, bytes.size() - at), 0xff);
        break;
      default:
        std::copy_n(bytes.begin() + static_cast<long>(random(bytes.size() - at)),
                    std::min<std::size_t>(16, bytes.size() - at) / 2, bytes.begin() + static_cast<long>(at));
        break;
    }
  }
}

void read_into(const fs::path& path, std::vector<Bytes>& out) {
  if (!fs::exists(path)) return;  // no corpus yet
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator{path})
      if (entry.is_regular_file()) read_into(entry.path(), out);
    return;
  }
  std::ifstream in{path, std::ios::binary};
  out.emplace_back(std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{});
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Bytes> inputs = fuzz_seeds();
  if (argc == 3 && std::strcmp(argv[1], "--write-seeds") == 0) {
    for (std::size_t i = 0; i != inputs.size(); ++i)
      std::ofstream{fs::path{argv[2]} / std::to_string(i), std::ios::binary}.write(
          reinterpret_cast<const char*>(inputs[i].data()), static_cast<long>(inputs[i].size()));
    return 0;
  }
  for (int i = 1; i < argc; ++i) read_into(argv[i], inputs);
  Random random;
  const auto each = std::min<int>(kMutations, static_cast<int>(kAllMutations / inputs.size()));
  for (const Bytes& input : inputs) {
    LLVMFuzzerTestOneInput(input.data(), input.size());
    const int rounds = input.size() > 4'000'000 ? std::min(50, each) : each;
    for (int i = 0; i != rounds; ++i) {
      Bytes bytes = input;
      mutate(bytes, random);
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
  }
  std::printf("%zu inputs, %d mutations each\n", inputs.size(), each);
  return 0;
}
