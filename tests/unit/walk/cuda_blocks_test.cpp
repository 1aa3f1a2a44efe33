// Blocks of CUDA's among those of the heap: what counts as a pointer to one, and whose words do not.
#include "core/walk/cuda_blocks.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "core/walk/cuda_verdict.hpp"
#include "core/walk/marker.hpp"
#include "tests/unit/walk/tagged_blocks.hpp"

namespace weir::walk {
namespace {

using test::TaggedBlocks;

constexpr std::uintptr_t kDevice = 0x7000'0000'0000;  // nobody looks there
constexpr std::uint32_t kSite = TaggedBlocks::kFirstSite + 3000, kDriverSite = kSite + 1, kSites = kSite + 10;
/// A variable of this program's.
char g_variable[64];
constexpr State kReachable = State::Reachable, kLost = State::Lost, kLostToo = State::LostToo;

/// Pages of the test's own, as pinned memory is.
class Pages {
 public:
  explicit Pages(std::size_t bytes, int flags = MAP_PRIVATE)
      : bytes_{bytes}, at_{mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0)} {}
  ~Pages() { munmap(at_, bytes_); }
  std::uintptr_t* words() const { return static_cast<std::uintptr_t*>(at_); }
  std::uintptr_t begin() const { return address_of(at_); }
  void forbid() const { mprotect(at_, bytes_, PROT_NONE); }

 private:
  std::size_t bytes_;
  void* at_;
};

struct Look {
  TaggedBlocks blocks;
  CudaBlocks cuda;

  Look() { EXPECT_TRUE(cuda.make(5000, kSites)); }
  void device(std::uintptr_t offset, std::uint64_t bytes) { cuda.add(kDevice + offset, bytes, kSite, false); }
  void host(const Pages& pages, std::uint64_t bytes) { cuda.add(pages.begin(), bytes, kSite, true); }
  std::uintptr_t* block(std::size_t bytes, std::uint32_t site = kSite) {
    auto* made = static_cast<std::uintptr_t*>(blocks.make(bytes, 0, site));
    std::fill_n(made, host::class_bytes_of(made) / 8 - 1, 0);  // the words of an earlier test's
    return made;
  }

  /// States by address.
  std::vector<State> judge(const std::vector<std::uintptr_t>& roots, bool is_copy = true) {
    cuda.begin(is_copy);
    platform::Mappings mappings;
    platform::Mapping mapping;
    char name[512];
    while (mappings.next(mapping, name)) cuda.note(mapping, name);
    Heap heap;
    EXPECT_TRUE(heap.build());
    Marker marker{heap};
    marker.follow_too(cuda);
    EXPECT_TRUE(marker.begin());
    for (const std::uintptr_t root : roots) marker.root(root);
    marker.classify();
    std::vector<State> states;
    for (std::uint32_t i = 0; i != cuda.count(); ++i) states.push_back(cuda[i].state);
    return states;
  }
};
using States = std::vector<State>;

TEST(CudaBlocks, AreFoundByWordsInThemAndRightBehindThem) {
  Look look;
  for (const std::uintptr_t at : {0x4000, 0x0000, 0x1000, 0x2000, 0x3000}) look.device(at, 0x800);
  EXPECT_EQ(look.judge({kDevice, kDevice + 0x17ff, kDevice + 0x2800, kDevice + 0x3801}),
            (States{kReachable, kReachable, kReachable, kLost, kLost}));
}

TEST(CudaBlocks, TheEndOfOneThatIsTheBeginningOfAnotherIsTheOthers) {
  Look look;
  look.device(0, 0x1000);
  look.device(0x1000, 0x1000);
  EXPECT_EQ(look.judge({kDevice + 0x1000}), (States{kLost, kReachable}));
}

TEST(CudaBlocks, APageRightBehindOneIsNotItsOwn) {
  Look look;
  look.device(0, 0x1000);
  look.device(0x2000, 0xfff);
  EXPECT_EQ(look.judge({kDevice + 0x1000, kDevice + 0x2fff}), (States{kLost, kReachable}));
}

TEST(CudaBlocks, AreHeldByBlocksOfTheHeapAndSharedByTheirFate) {
  Look look;
  look.device(0, 100);
  look.device(0x1000, 100);
  std::uintptr_t *kept = look.block(64), *lost = look.block(64);
  kept[3] = kDevice + 40;
  lost[5] = kDevice + 0x1000;
  EXPECT_EQ(look.judge({address_of(kept)}), (States{kReachable, kLostToo}));
}

TEST(CudaBlocks, ThePythonIntOfAnAddressIsAPointer) {
  Look look;
  look.device(0, 100);
  look.device(0x1000, 100);
  const std::uintptr_t address = kDevice + 0x1000;
  EXPECT_EQ(look.judge({(address & 0x3fffffff) | (address >> 30) << 32}), (States{kLost, kReachable}));
}

TEST(CudaBlocks, WhatTheDriverAllocatesHoldsNoneButHoldsTheHeaps) {
  Look look;
  look.device(0, 100);
  look.device(0x1000, 100);
  std::uintptr_t *drivers = look.block(64, kDriverSite), *programs = look.block(64);
  look.cuda.add_driver_site(kDriverSite);
  drivers[0] = kDevice;
  drivers[1] = address_of(programs);
  programs[2] = kDevice + 0x1000;
  EXPECT_EQ(look.judge({address_of(drivers)}), (States{kLost, kReachable}));
}

TEST(CudaBlocks, HostMemoryAmongThemIsFollowed) {
  for (const int flags : {MAP_PRIVATE, MAP_SHARED}) {
    Look look;
    const Pages pages{1 << 20, flags};
    look.host(pages, 1 << 20);
    look.device(0, 100);
    pages.words()[100'000] = kDevice;
    const States states = look.judge({pages.begin() + 5});
    EXPECT_EQ(states, (States{kReachable, kReachable})) << flags;
    EXPECT_EQ(look.cuda.unread(), 0u) << flags;
  }
}

TEST(CudaBlocks, WordsBehindAHostBlockAreNotItsOwn) {
  Look look;
  const Pages pages{4096};
  look.host(pages, 64);
  look.device(0, 100);
  pages.words()[8] = kDevice;
  EXPECT_EQ(look.judge({pages.begin()})[pages.begin() < kDevice ? 1 : 0], kLost);
}

TEST(CudaBlocks, ForeignMemoryIsNotTouchedWhereThereIsNoCopy) {
  Look look;
  const Pages pages{4096, MAP_SHARED};
  look.host(pages, 4096);
  look.judge({pages.begin()}, false);
  EXPECT_EQ(look.cuda.unread(), 1u);
}

TEST(CudaBlocks, HostMemoryThatCannotBeReadIsCounted) {
  Look look;
  const Pages forbidden{4096}, gone{8192, MAP_SHARED}, whole{4096};
  look.host(forbidden, 4096);
  look.host(gone, 8192);
  look.host(whole, 4096);
  forbidden.forbid();
  munmap(reinterpret_cast<void*>(gone.begin() + 4096), 4096);
  look.judge({forbidden.begin(), gone.begin(), whole.begin()});
  EXPECT_EQ(look.cuda.unread(), 2u);
}

TEST(CudaBlocks, ACycleOfHostMemoryIsOneLostBlock) {
  Look look;
  const Pages one{4096}, other{4096};
  look.host(one, 4096);
  look.host(other, 4096);
  one.words()[1] = other.begin();
  other.words()[1] = one.begin() + 80;
  EXPECT_EQ(look.judge({}), (States{kLost, kLostToo}));
}

TEST(CudaBlocks, AreSummedUpBySite) {
  Look look;
  look.device(0, 100);
  look.device(0x1000, 30);
  look.device(0x2000, 5);
  look.cuda.add(kDevice + 0x3000, 7, kSites + 1, false);
  std::vector<SiteVerdict> sites{kSites};
  Verdicts out{};
  out.sites = kSites;
  out.of_site = sites.data();
  look.judge({kDevice + 0x1000});
  const CudaVerdict found = sum_up(look.cuda, out);
  EXPECT_EQ(sites[kSite].lost_blocks, 2u);
  EXPECT_EQ(sites[kSite].lost_bytes, 105u);
  EXPECT_EQ(sites[kSite].reachable_blocks, 1u);
  EXPECT_EQ(sites[kSite].reachable_bytes, 30u);
  EXPECT_EQ(sites[kSite].slabs, 0u);
  EXPECT_EQ(out.heap.unknown_sites, 1u);
  EXPECT_EQ(found.blocks, 4u);
}

/// Against a list that is searched from end to end.
TEST(CudaBlocks, ManyAreFoundAsByAPlainSearch) {
  std::mt19937_64 random{7};
  Look look;
  std::map<std::uintptr_t, std::uint64_t> list;
  for (std::uintptr_t at = kDevice; list.size() != 4000; at += 512 * (1 + random() % 9)) list[at] = 1 + random() % 512;
  for (const auto& [at, bytes] : list) look.cuda.add(at, bytes, kSite, false);
  look.cuda.begin(false);
  for (int i = 0; i != 100'000; ++i) {
    const std::uintptr_t word = kDevice - 4096 + random() % (list.rbegin()->first - kDevice + 8192);
    const auto behind = list.upper_bound(word);
    const bool wanted = behind != list.begin() && word - std::prev(behind)->first < std::prev(behind)->second + (word % 4096 != 0);
    std::uint32_t number = 0;
    ASSERT_EQ(look.cuda.find(word, number), wanted) << word;
    if (wanted) {
      ASSERT_EQ(look.cuda[number].address, std::prev(behind)->first);
    }
  }
}

TEST(CudaBlocks, TheDriverIsKnownByItsName) {
  for (const char* name : {"/usr/lib/libcuda.so.1", "libcuda.so.550.54.14", "/lib/libnvidia-ptxjitcompiler.so.1",
                           "/opt/libcudart.so.12 (deleted)", "libcudadebugger.so.1"})
    EXPECT_TRUE(is_driver_file(name)) << name;
  for (const char* name : {"", "/libcudax.so", "/x/libcuda_helper.so", "/libcuda.so/libtorch.so",
                           "libcublas.so.12", "[heap]"})
    EXPECT_FALSE(is_driver_file(name)) << name;
}

TEST(CudaBlocks, TheDriversVariablesAreItsOwnAsFarAsItsHeaderSays) {
  // This program's first mapping, under the driver's name.
  Look look;
  platform::Mappings mappings;
  platform::Mapping mapping;
  char name[512];
  const auto variable = address_of(g_variable);
  std::uintptr_t begin = 0;
  while (mappings.next(mapping, name)) {
    if (begin == 0 && mapping.inode != 0 && mapping.offset == 0) {
      look.cuda.note(mapping, "/lib/libcuda.so.1");
      begin = mapping.begin;
    }
  }
  std::uintptr_t end = 0;
  EXPECT_TRUE(look.cuda.is_drivers(variable & ~std::uintptr_t{7}, variable + 64, end));
  EXPECT_FALSE(look.cuda.is_drivers(begin - 4096, variable, end));
  EXPECT_EQ(end, begin);
  int on_stack = 0;
  EXPECT_FALSE(look.cuda.is_drivers(address_of(&on_stack), address_of(&on_stack + 1), end));
}

}  // namespace
}  // namespace weir::walk
