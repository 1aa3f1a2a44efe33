// A profile of a process whose heap was looked through.
#include "support/profile_builder.hpp"

namespace weir::test {

using namespace profile;

ProfileBuilder judged_profile() {
  ProfileBuilder out;
  const auto app = out.add_module("/opt/app/leaky", 0x10000, 0x10000, 0x20000, "0123456789abcdef0123");
  const auto main = out.add_node(0x11000, 0, app);
  const auto both = out.add_site(out.add_node(0x11100, main, app));
  const auto cache = out.add_site(out.add_node(0x11200, main, app));
  const auto unseen = out.add_site(out.add_node(0x11300, main, app));
  const auto device = out.add_site(main, Space::Device);
  out.count_blocks(both, 100, 10, 0);
  out.count_blocks(cache, 16, 1000, 0);
  out.count_blocks(unseen, 8, 1, 0);
  out.count_blocks(device, 4096, 1, 0);
  VerdictRecord lost{};
  lost.lost_blocks = 3;
  lost.lost_bytes = 300;
  lost.indirect_blocks = 2;
  lost.indirect_bytes = 200;
  lost.reachable_blocks = 5;
  lost.reachable_bytes = 500;
  lost.slabs = 1;
  lost.slab_bytes = 4096;
  lost.slab_live_bytes = 2048;
  lost.small_bytes = 1000;
  lost.example = 0x7000;
  out.judge(both, lost);
  VerdictRecord pins{};
  pins.reachable_blocks = 1000;
  pins.reachable_bytes = 16000;
  pins.slabs = 500;
  pins.slab_bytes = 500 * 16384;
  pins.slab_live_bytes = 245'760;
  pins.small_bytes = 15'000;
  pins.sole_bytes = 1 << 20;
  pins.pinned_bytes = 2 << 20;
  out.judge(cache, pins);
  ScanRecord scan{};
  scan.result = ScanResult::Done;
  scan.by_page = 1;
  scan.took_ns = 2'500'000;
  scan.blocks = 1010;
  scan.slabs = 600;
  scan.empty_slabs = 7;
  scan.empty_slab_bytes = 7 << 14;
  scan.root_bytes = 1 << 16;
  scan.root_mappings = 12;
  scan.shared_mappings = 1;
  scan.threads = 3;
  scan.without_registers = 2;
  scan.whole_stacks = 1;
  out.scan(scan);
  out.walked_class({32, 1000, 256'000, 500, 16384});
  out.walked_class({16, 10, 256, 1, 4096});
  return out;
}

}  // namespace weir::test
