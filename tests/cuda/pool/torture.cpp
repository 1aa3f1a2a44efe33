// A random program that uses device and pinned memory as hard as a legal program may, and trusts nobody: it asks the
// simulated driver after every allocation whether work is still queued that may touch the block, stamps what it is given and
// looks at the stamps later, and compares what the driver has handed out with what it holds.
//
//   torture SEED OPERATIONS THREADS [WORD...]
//     lazy    work starts as late as is legal, in an order drawn by the seed
//     held    streams are held now and then; another thread lets them go
//     calm    no context ends
//     small   little device memory: allocations may fail, but not where there is room
//     seconds=N  ends after that long, however many operations were ordered
//
// Prints one line of JSON. Ends with 1 after the first violation. The parts are in torture/.
//
// run by: torture/run.py
#include <cstdlib>
#include <cstring>
#include <thread>

#include "torture/worker.hpp"

using namespace torture;

int main(int count, char** words) {
  if (count < 4) return 2;
  Options options;
  options.seed = std::strtoull(words[1], nullptr, 10);
  options.operations = std::strtoull(words[2], nullptr, 10);
  options.threads = std::atoi(words[3]);
  for (int i = 4; i < count; ++i) {
    const std::string word = words[i];
    if (word == "lazy") options.lazy = true;
    if (word == "held") options.held = true;
    if (word == "calm") options.calm = true;
    if (word == "small") options.small = true;
    if (word.starts_with("seconds=")) options.seconds = std::strtod(word.c_str() + 8, nullptr);
  }
  World world{options};
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i != options.threads; ++i) workers.push_back(std::make_unique<Worker>(world, i));
  std::jthread releaser{[&](const std::stop_token& stop) { let_go(stop, options); }};
  {
    std::vector<std::jthread> all;
    for (auto& worker : workers) all.emplace_back([&worker] { worker->work(); });
  }
  if (!is_stopped()) {
    for (auto& worker : workers) worker->free_all();
    world.tidy();
    world.holdings.check_account("at the end");
  }
  releaser.request_stop();
  print_sums(world.holdings.pools());
  std::_Exit(is_stopped() ? 1 : 0);  // contexts are left to the process's end
}
