// What a profile says of CUDA memory, one "KEY NUMBER" a line, for run.py. Keys that are not printed are 0.
#include <cstdio>
#include <map>
#include <string>

#include "tool/profile/profile.hpp"

using namespace weir;

namespace {

constexpr const char* kSpaces[] = {"host", "device", "pinned", "managed", "imported"};
constexpr const char* kKinds[] = {"none",       "plain",  "ordered",  "physical", "array",
                                  "registered", "global", "imported", "graph"};
constexpr const char* kRoutes[] = {"linked", "dlsym", "proc_address", "patched"};
constexpr const char* kEnds[] = {"none", "context", "reset", "module"};
constexpr const char* kErrors[] = {"none", "double", "invalid", "overrun", "mismatched"};

using Facts = std::map<std::string, std::uint64_t>;

void add(Facts& facts, const std::string& what, const tool::Counts& counts) {
  facts[what + ".live_bytes"] += counts.live_bytes;
  facts[what + ".live_blocks"] += counts.live_blocks;
  facts[what + ".allocated_bytes"] += counts.allocated_bytes;
  facts[what + ".allocated_blocks"] += counts.allocated_blocks;
  facts[what + ".freed_blocks"] += counts.freed_blocks;
}

Facts facts_of(const tool::Profile& profile) {
  Facts facts;
  for (const tool::Site& site : profile.sites) {
    if (!site.exists || site.inherited || site.space == profile::Space::Host) continue;
    const std::string space = kSpaces[static_cast<int>(site.space)];
    add(facts, space, site.counts);
    add(facts, std::string{kKinds[static_cast<int>(site.kind)]} + "." + space, site.counts);
    add(facts, "device" + std::to_string(site.device) + "." + space, site.counts);
    facts["sites"] += site.counts.allocated_blocks != 0 ? 1 : 0;
    facts["without_stack"] += site.node == 0 ? site.counts.allocated_blocks : 0;
  }
  for (std::size_t route = 0; route != profile::kCudaRoutes; ++route)
    facts[std::string{"route."} + kRoutes[route]] = profile.cuda_calls[route];
  for (const tool::Unhooked& it : profile.unhooked)
    facts["unhooked." + it.name + "." + kRoutes[it.route] + "." + it.why] += it.times;
  for (const tool::DeepbindOpen& it : profile.deepbinds)
    facts["deepbind." + it.path.substr(it.path.rfind('/') + 1)] += it.times;
  for (const profile::ReleaseRecord& it : profile.releases)
    facts[std::string{"released."} + kEnds[static_cast<int>(it.how)]] += it.blocks;
  for (const profile::ErrorRecord& it : profile.errors)
    facts[std::string{"error."} + kErrors[static_cast<int>(it.kind)] + "." +
          kSpaces[static_cast<int>(it.space)]] += it.times;
  for (const tool::Device& it : profile.devices) {
    const std::string name = "device" + std::to_string(it.ordinal);
    facts[name + ".total"] = it.record.total;
    facts[name + ".looks"] = it.record.looks;
    facts[name + ".pools_reserved"] = it.record.pools_reserved;
  }
  facts["driver_version"] = profile.cuda_driver_version;
  facts["devices"] = profile.devices.size();
  facts["frees_missed"] = profile.losses.cuda_frees_missed;
  return facts;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) return 2;
  const tool::Profile profile = tool::load(words[1]);
  std::printf("process.pid %u\nprocess.parent_pid %u\n", profile.process.pid, profile.process.parent_pid);
  for (const auto& [key, value] : facts_of(profile))
    std::printf("%s %llu\n", key.c_str(), static_cast<unsigned long long>(value));
  return 0;
}
