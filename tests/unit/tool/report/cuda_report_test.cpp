// What the report says of CUDA memory: by space, by leak, by library, by device; and that it keeps quiet without any.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "support/profile_builder.hpp"
#include "tool/report/owners.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

std::string report(const test::ProfileBuilder& builder, ReportOptions options) {
  options.symbolize = &symbolize_none;
  std::ostringstream out;
  write_report(parse(builder.bytes(), "x"), options, out);
  return out.str();
}

std::string text(const test::ProfileBuilder& builder, const char* only = "", std::size_t width = 100) {
  ReportOptions options;
  options.only = only;
  options.width = width;
  return report(builder, options);
}

nlohmann::json json(const test::ProfileBuilder& builder) {
  ReportOptions options;
  options.format = "json";
  return nlohmann::json::parse(report(builder, options));
}

std::string short_report(const test::ProfileBuilder& builder) {
  return summary(parse(builder.bytes(), "x"), {.profile_path = "x.weir", .symbolize = &symbolize_none});
}

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  EXPECT_TRUE(found) << part << "\n is not in\n" << text;
  return found;
}

const nlohmann::json& of(const nlohmann::json& list, const char* key, const nlohmann::json& value) {
  for (const auto& each : list)
    if (each[key] == value) return each;
  ADD_FAILURE() << "none has " << key << " = " << value;
  return list;
}

TEST(CudaJson, SpacesAndSitesSayTheSame) {
  const auto all = json(test::cuda_profile());
  EXPECT_EQ(all["spaces"]["device"]["live_bytes"], 3 * kMiB + 64);
  EXPECT_EQ(all["spaces"]["device"]["peak_bytes"], 603 * kMiB + 8192);
  EXPECT_EQ(all["spaces"]["pinned"]["live_blocks"], 1);
  EXPECT_EQ(all["spaces"]["managed"]["freed_bytes"], 16 * kMiB);
  EXPECT_EQ(all["spaces"]["imported"]["live_bytes"], 32 * kMiB);
  for (const auto& [name, space] : all["spaces"].items()) {
    std::uint64_t live = 0, allocated = 0;
    for (const auto& site : all["sites"]) {
      if (site["space"] != name) continue;
      live += site["live_bytes"].get<std::uint64_t>();
      allocated += site["allocated_blocks"].get<std::uint64_t>();
    }
    EXPECT_EQ(space["live_bytes"], live) << name;
    EXPECT_EQ(space["allocated_blocks"], allocated) << name;
  }
}

TEST(CudaJson, ASiteSaysWhereItsMemoryIsAndOfWhatKind) {
  const auto sites = json(test::cuda_profile())["sites"];
  EXPECT_EQ(of(sites, "kind", "physical")["device"], 0);
  EXPECT_EQ(of(sites, "kind", "array")["device"], 1);
  EXPECT_TRUE(of(sites, "space", "pinned")["device"].is_null());
  EXPECT_TRUE(of(sites, "space", "host")["kind"].is_null());
  EXPECT_EQ(of(sites, "space", "imported")["kind"], "imported");
}

TEST(CudaJson, LeaksAreOfThisProcessOnly) {
  const auto leaks = json(test::cuda_profile())["leaks"];
  EXPECT_EQ(leaks["bytes"], 3 * kMiB + 4096 + 100) << "neither imported memory nor variables of modules";
  EXPECT_EQ(leaks["sites"].size(), 3U);
  EXPECT_EQ(leaks["sites"][0]["space"], "device");
  EXPECT_EQ(leaks["sites"][0]["device"], 0);
  EXPECT_EQ(leaks["sites"][0]["kind"], "plain");
  EXPECT_EQ(leaks["sites"][0]["bytes"], 3 * kMiB);
}

TEST(CudaJson, WhatAContextTookAlongIsToldApart) {
  const auto released = json(test::cuda_profile())["leaks"]["released"];
  EXPECT_EQ(released["bytes"], 8192);
  EXPECT_EQ(released["blocks"], 2);
  ASSERT_EQ(released["sites"].size(), 1U);
  EXPECT_EQ(released["sites"][0]["released_by"], "context_destroyed");
  EXPECT_EQ(released["sites"][0]["device"], 1);
  EXPECT_EQ(released["sites"][0]["frames"][2]["offset"], 0x1300);
  EXPECT_EQ(released["sites"][0]["released_at"][0]["offset"], 0x1900);
  EXPECT_EQ(json(test::ProfileBuilder{})["leaks"]["released"]["bytes"], 0);
}

TEST(CudaJson, OwnersAreTheLibrariesThatAskedForIt) {
  const auto owners = json(test::cuda_profile())["owners"];
  EXPECT_EQ(owners[0]["owner"], "NCCL") << "the largest at the peak of device memory";
  EXPECT_EQ(owners[0]["at_peak_bytes"], 500 * kMiB);
  EXPECT_EQ(owners[0]["modules"], nlohmann::json::array({"/opt/lib/libnccl.so.2.21"}));
  EXPECT_EQ(of(owners, "owner", "libcompute")["allocated_bytes"], 100 * kMiB);
  EXPECT_EQ(of(owners, "owner", "the program")["live_bytes"], 3 * kMiB + 64);
  for (const char* space : {"device", "managed", "pinned", "imported"}) {
    std::uint64_t live = 0;
    for (const auto& owned : owners)
      if (owned["space"] == space) live += owned["live_bytes"].get<std::uint64_t>();
    EXPECT_EQ(json(test::cuda_profile())["spaces"][space]["live_bytes"], live);
  }
}

TEST(CudaJson, ADeviceTellsTheGapAndWhenItWasMeasured) {
  const auto device = json(test::cuda_profile())["devices"][0];
  EXPECT_EQ(device["peak_bytes"], 600 * kMiB);
  EXPECT_EQ(device["highest"]["seconds"], 1.6);
  EXPECT_EQ(device["highest"]["used_bytes"], 1000 * kMiB);
  EXPECT_EQ(device["highest"]["tracked_bytes"], 572 * kMiB);
  // 28 MiB more than is live of it are in stream-ordered pools.
  EXPECT_EQ(device["highest"]["unattributed_bytes"], 400 * kMiB);
  EXPECT_EQ(device["highest"]["coverage"], 0.6);
  EXPECT_TRUE(json(test::cuda_profile())["devices"][1]["highest"].is_null()) << "nobody asked";
}

TEST(CudaJson, MoreTrackedThanUsedIsFullCoverage) {
  test::ProfileBuilder builder;
  profile::DeviceRecord record{};
  record.looks = 1;
  record.first = record.last =
      record.highest = {.at_ns = 1, .used = 100, .tracked = 150, .ordered = 0, .pools_reserved = 0};
  builder.add_device(0, "x", record);
  const auto look = json(builder)["devices"][0]["highest"];
  EXPECT_EQ(look["unattributed_bytes"], 0);
  EXPECT_EQ(look["coverage"], 1.0);
}

TEST(CudaJson, FragmentationOfADeviceInventsNoNumber) {
  const auto device = json(test::cuda_profile())["fragmentation"]["device"];
  ASSERT_EQ(device.size(), 2U);
  EXPECT_EQ(device[0]["live_bytes"], 3 * kMiB);
  EXPECT_EQ(device[0]["driver_pools_reserved_bytes"], 128 * kMiB);
  for (const char* unknown :
       {"reserved_bytes", "idle_bytes", "largest_idle_bytes", "pool_hits", "pool_misses"})
    EXPECT_TRUE(device[0][unknown].is_null()) << unknown;
  EXPECT_TRUE(device[1]["driver_pools_reserved_bytes"].is_null());
}

TEST(CudaJson, CoverageListsRoutesAndWhatGotBy) {
  const auto coverage = json(test::cuda_profile())["coverage"];
  EXPECT_EQ(coverage["cuda_driver"], "13.0");
  EXPECT_EQ(coverage["routes"]["linked"], 12);
  EXPECT_EQ(coverage["routes"]["proc_address"], 3456);
  EXPECT_EQ(coverage["unhooked_symbols"][0]["name"], "cuMemAllocNew");
  EXPECT_EQ(coverage["unhooked_symbols"][0]["route"], "proc_address");
  EXPECT_EQ(coverage["unhooked_symbols"][0]["times"], 3);
  EXPECT_EQ(coverage["deepbind_opens"][0]["path"], "/opt/app/plugin.so");
}

TEST(CudaJson, AMisuseSaysOfWhichMemory) {
  const auto error = json(test::cuda_profile())["errors"][0];
  EXPECT_EQ(error["space"], "device");
  EXPECT_EQ(error["allocated_at"][2]["offset"], 0x1100);
  EXPECT_EQ(json(test::full_profile())["errors"][0]["space"], "host");
}

void collect_keys(const nlohmann::json& value, std::set<std::string>& out) {
  if (value.is_object())
    for (const auto& [key, member] : value.items()) out.insert(key);
  for (const auto& each : value)
    if (each.is_structured()) collect_keys(each, out);
}

TEST(CudaJson, EveryKeyIsDocumented) {
  std::ifstream file{WEIR_TEST_GOLDEN "/../../docs/report-json.md"};
  const std::string document{std::istreambuf_iterator<char>{file}, {}};
  std::set<std::string> keys;
  for (const auto& builder : {test::cuda_profile(), test::full_profile(), test::sampled_profile()})
    collect_keys(json(builder), keys);
  EXPECT_GT(keys.size(), 100U);
  for (const std::string& key : keys) {
    const bool is_twin = key.ends_with("_stderr");
    EXPECT_NE(document.find('`' + (is_twin ? key.substr(0, key.size() - 7) : key) + '`'), std::string::npos) << key;
  }
}

TEST(CudaText, LeaksAreGroupedWithDeviceMemoryFirst) {
  const std::string shown = text(test::cuda_profile(), "leaks", 120);
  has(shown, "Of these: device 3.00 MiB, pinned 4.00 KiB, host 100 B.");
  has(shown, "1. 3,145,728 bytes in 2 blocks (device 0) - leaky+0x1100");
  const auto device =
      shown.find("Device memory: 3.00 MiB (3,145,728 bytes) in 2 blocks, allocated at 1 call site.");
  const auto pinned = shown.find("Pinned memory: 4.00 KiB"), host = shown.find("Host memory: 100 B");
  EXPECT_LT(device, pinned);
  EXPECT_LT(pinned, host);
  EXPECT_NE(host, std::string::npos);
  has(shown, "8,192 bytes in 2 blocks, allocated at 1");
  has(shown, "released when its context was destroyed, 2.00 s after the start, by leaky+0x1900");
}

TEST(CudaText, EachSpaceHasItsOwnersOfThePeak) {
  const std::string shown = text(test::cuda_profile(), "sites");
  has(shown, "Who held the peak of 603 MiB of device memory, 1.50 s after the start:");
  has(shown, "Who held the peak of 16.0 MiB of managed memory");
  has(shown, "Who held the peak of 4.00 KiB of pinned memory");
  has(shown, "500 MiB    83 %  device 0, physical");
}

TEST(CudaText, RegisteredMemoryIsSaidToBeCountedTwice) {
  test::ProfileBuilder builder = test::cuda_profile();
  EXPECT_EQ(text(builder, "spaces").find("Registered"), std::string::npos);
  builder.count_blocks(builder.add_site(0, Space::Pinned, MemoryKind::Registered, 0), 8192, 1, 0,
                       test::ProfileBuilder::kCuda);
  has(text(builder, "spaces"), "Registered memory is the program's own");
}

TEST(CudaText, AMisuseOfDeviceMemoryHasBothStacks) {
  const std::string shown = text(test::cuda_profile(), "errors");
  has(shown, "freed a block of device memory that was free already");
  has(shown, "The block was allocated here:");
  has(shown, "and freed before here:");
}

TEST(CudaText, TheGapOfADeviceIsSaidInWords) {
  const std::string shown = text(test::cuda_profile(), "devices", 120);
  has(shown, "1.60 s after the start, 600 MiB of 1000 MiB were known to weir, 400 MiB unattributed");
  has(shown, "Unattributed are contexts, modules");
}

TEST(CudaText, WhatWasThereAtTheFirstLookIsToldFromWhatCameLater) {
  test::ProfileBuilder builder;
  profile::DeviceRecord record{};
  record.looks = 3;
  record.peak = 100 * kMiB;
  record.first = {
      .at_ns = 1'000'000, .used = 64 * kMiB, .tracked = 0, .ordered = 0, .pools_reserved = 0};
  record.highest = record.last = {
      .at_ns = 2'000'000, .used = 170 * kMiB, .tracked = 96 * kMiB, .ordered = 0, .pools_reserved = 0};
  builder.add_device(0, "x", record);
  const std::string shown = text(builder, "devices", 300);
  has(shown, "74.0 MiB unattributed: 64.0 MiB were so at the first look, 1.0 ms after the start, 10.0 MiB came later");
  EXPECT_EQ(shown.find("not asked at the peak"), std::string::npos) << shown;
  const auto device = json(builder)["devices"][0];
  EXPECT_EQ(device["first"]["unattributed_since_first_bytes"], 0);
  EXPECT_EQ(device["highest"]["unattributed_since_first_bytes"], 10 * kMiB);
  record.peak = 200 * kMiB;
  test::ProfileBuilder other;
  other.add_device(0, "x", record);
  has(text(other, "devices", 300), "The driver was not asked at the peak of 200 MiB");
}

TEST(CudaText, ItsTablesKeepWithinTheTerminal) {
  test::ProfileBuilder builder = test::cuda_profile();
  builder.add_device(7, "An accelerator with a name of sixty-three bytes, which is the most it has",
                     {.name = {},
                      .total = 139ULL << 30,
                      .live = 100LL << 30,
                      .peak = 138LL << 30,
                      .peak_at_ns = 7200'000'000'000,
                      .managed_live = 0,
                      .managed_peak = 0,
                      .ordered_live = 0,
                      .pools_reserved = 1,
                      .pools_used = 0,
                      .pools_at_ns = 1,
                      .looks = 2,
                      .looks_took_ns = 1,
                      .first = {1, 2ULL << 30, 0, 0, 0},
                      .last = {3, 2ULL << 30, 0, 0, 0},
                      .highest = {7199'000'000'000, 139ULL << 30, 138ULL << 30, 0, 0},
                      .ready = 1,
                      .extra_first = 0, .extra_last = 0, .extra_highest = 0, .reserved = {}});
  std::istringstream lines{text(builder)};
  for (std::string line; std::getline(lines, line);) {
    const auto width = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
    EXPECT_LE(width, 100) << line;
  }
}

TEST(CudaText, OfManyOwnersTheOthersAreSummedUp) {
  test::ProfileBuilder builder;
  for (std::uint64_t n = 0; n != 25; ++n) {
    const std::uint64_t base = 0x100000 * (n + 1);
    const auto module = builder.add_module("/lib" + std::to_string(n) + ".so", base, base, base + 0x100000);
    for (const Space space : {Space::Device, Space::Pinned})
      builder.count_blocks(builder.add_site(builder.add_node(base + 5, 0, module), space, MemoryKind::Plain, 0),
                           (25 - n) * 1024, 1, 0, test::ProfileBuilder::kCuda);
  }
  const std::string shown = text(builder, "owners");
  has(shown, "lib9 ");
  has(shown, "15 others");
  EXPECT_EQ(shown.find("lib10"), std::string::npos) << shown;
  EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 3 + 2 * 11 + 3) << shown;
  has(shown, "120 KiB");  // 15 + 14 + … + 1
  EXPECT_EQ(json(builder)["owners"].size(), 50U);
}

TEST(CudaText, StacksDoNotShowWeirItself) {
  test::ProfileBuilder builder;
  const auto app = builder.add_module("/opt/app", 0x10000, 0x10000, 0x20000);
  const auto weir = builder.add_module("/opt/lib/libweir.so", 0x20000, 0x20000, 0x30000);
  const auto beyond = builder.add_module("/usr/lib/libbeyond.so.1", 0x30000, 0x30000, 0x40000);
  const auto wrapper = builder.add_node(0x20100, builder.add_node(0x11000, 0, app), weir);
  builder.count_blocks(builder.add_site(builder.add_node(0x30100, wrapper, beyond)), 10, 1, 0);
  const std::string shown = text(builder, "leaks");
  has(shown, "libbeyond.so.1+");
  has(shown, "app+");
  EXPECT_EQ(shown.find("libweir"), std::string::npos) << shown;
  EXPECT_EQ(json(builder)["leaks"]["sites"][0]["frames"].size(), 3U);
}

TEST(CudaText, HostileNamesDoNoHarm) {
  test::ProfileBuilder builder = test::cuda_profile();
  const std::string hostile = "\x1b[31mred\n\r\xff\xfe\xe2\x80\xae", long_name(300, 'x');
  profile::DeviceRecord record{};
  record.looks = 2;
  builder.add_device(3, hostile, record);
  builder.add_unhooked(hostile, 1, hostile, 1);
  builder.add_deepbind("/" + hostile, 1);
  for (const std::string& name : {hostile, long_name})
    for (std::uint64_t n = 0; n != 20; ++n) {
      const auto module = builder.add_module("/" + std::to_string(n) + name + "/lib" + name + std::to_string(n) + ".so",
                                             0x100000 * (n + 1), 0x100000 * (n + 1), 0x100000 * (n + 2));
      for (const Space space : {Space::Device, Space::Pinned, Space::Managed})
        builder.count_blocks(
            builder.add_site(builder.add_node(0x100000 * (n + 1) + 5, 0, module), space, MemoryKind::Plain, 0), 1000, 2,
            1, test::ProfileBuilder::kCuda);
    }
  EXPECT_NO_THROW(json(builder));
  for (const std::size_t width : {100U, 120U}) {
    std::istringstream lines{text(builder, "", width) + short_report(builder)};
    for (std::string line; std::getline(lines, line);) {
      for (const char c : line) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << line;
      EXPECT_EQ(line.find("\xe2\x80\xae"), std::string::npos) << line;
    }
    std::istringstream tables{text(builder, "owners", width) + text(builder, "devices", width)};
    for (std::string line; std::getline(tables, line);) {
      const auto shown = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
      EXPECT_LE(static_cast<std::size_t>(shown), width) << line;
    }
  }
}

TEST(CudaText, WithoutCudaNothingIsSaidOfIt) {
  test::ProfileBuilder builder;
  builder.count_blocks(builder.add_site(0), 10, 1, 0);
  const std::string shown = text(builder) + short_report(builder);
  for (const char* word : {"CUDA", "device", "pinned", "managed", "Host memory", "host memory"})
    EXPECT_EQ(shown.find(word), std::string::npos) << word << "\n" << shown;
}

TEST(CudaText, OfManyDevicesTheWidestGapsAreTold) {
  test::ProfileBuilder builder;
  profile::DeviceRecord record{};
  record.looks = 1;
  for (std::uint64_t n = 0; n != 16; ++n) {
    record.first = record.last = record.highest = {
        .at_ns = 1, .used = (n + 1) * kMiB, .tracked = 0, .ordered = 0, .pools_reserved = 0};
    builder.add_device(static_cast<std::uint8_t>(n), "x", record);
  }
  const std::string shown = text(builder, "devices");
  has(shown, "Device 15: when most was in use");
  has(shown, "Device 8: ");
  has(shown, "... and 8 more devices with less unattributed.");
  EXPECT_EQ(shown.find("Device 7: "), std::string::npos) << shown;
  EXPECT_EQ(json(builder)["devices"].size(), 16U);
}

/// A program with a host leak, and CUDA memory of that kind of which so many of 2 blocks were freed.
std::string leaks_beside(Space space, MemoryKind kind, std::uint64_t freed, std::uint64_t host_blocks) {
  test::ProfileBuilder builder;
  builder.header.end = profile::End::Exited;
  if (host_blocks != 0) builder.count_blocks(builder.add_site(builder.add_node(1, 0, 0)), 10, host_blocks, 0);
  builder.count_blocks(builder.add_site(builder.add_node(2, 0, 0), space, kind, 0), 100, 2, freed,
                       test::ProfileBuilder::kCuda);
  return text(builder, "leaks");
}

TEST(CudaText, NothingIsCalledFreedThatIsLive) {
  has(leaks_beside(Space::Device, MemoryKind::Plain, 2, 1), "All CUDA memory was freed.");
  has(leaks_beside(Space::Device, MemoryKind::Plain, 2, 0), "every block was freed");
  for (const std::uint64_t host_blocks : {0U, 1U}) {
    const std::string shown = leaks_beside(Space::Device, MemoryKind::Global, 0, host_blocks) +
                              leaks_beside(Space::Imported, MemoryKind::Imported, 1, host_blocks);
    EXPECT_EQ(shown.find("was freed"), std::string::npos) << shown;
  }
}

TEST(CudaText, WhereNoCudaMemoryWasAllocatedNoneIsCalledFreed) {
  test::ProfileBuilder builder;
  builder.count_blocks(builder.add_site(0), 10, 1, 0);
  builder.header.cuda_driver_version = 13000;
  EXPECT_EQ(text(builder, "leaks").find("CUDA"), std::string::npos);
}

TEST(CudaSummary, NamesTheMemoryThatLeaks) {
  const std::string shown = short_report(test::cuda_profile());
  has(shown, "weir: never freed, device memory: 3,145,728 bytes in 2 blocks, allocated at 1 call site");
  has(shown, "weir:   3,145,728 bytes in 2 blocks (device 0): ");
  has(shown, "weir: never freed, pinned memory: 4,096 bytes in 1 block");
  has(shown, "weir: never freed, host memory: 100 bytes in 1 block");
  has(shown, "released with a context, device or module: 8,192 bytes in 2 blocks");
  has(shown, "device 603 MiB (603 MiB in 16 blocks), managed 16.0 MiB");
}

TEST(CudaSummary, HasTwentyLinesAtTheMost) {
  test::ProfileBuilder builder = test::cuda_profile();
  for (std::uint64_t n = 1; n != 10; ++n)
    for (const Space space : {Space::Host, Space::Device, Space::Pinned, Space::Managed})
      builder.count_blocks(builder.add_site(builder.add_node(n, 0, 0), space,
                                            space == Space::Host ? MemoryKind::None : MemoryKind::Plain, 0),
                           100 * n, 3 * profile::kBlockUnits, 0,
                           space == Space::Host ? std::uint16_t{1} : test::ProfileBuilder::kCuda);
  builder.header.record_mode = 1;
  builder.header.sample_every = 4096;
  builder.header.host_stats_take = 1;
  builder.stats.resident = builder.stats.requested = 4096;
  auto bytes = builder.bytes();
  bytes.resize(bytes.size() - 1);  // damage is one more line
  const std::string shown =
      summary(parse(bytes, "x"), {.profile_path = "x.weir", .symbolize = &symbolize_none});
  EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 20) << shown;
  for (const char* line : {"sampled, ", "device memory: ", "managed memory: ", "pinned memory: ", "host memory: ",
                           "but released", "peak of CUDA", "of host memory: no sample", "held: ", "misuse", "damaged", "profile: "})
    has(shown, line);
}

TEST(CudaText, InSampledModeItsNumbersAreExact) {
  test::ProfileBuilder builder = test::sampled_profile();
  builder.count(builder.add_site(0, Space::Device, MemoryKind::Plain, 0),
                {.allocated_blocks = 3 * profile::kBlockUnits,
                 .allocated_bytes = 3000,
                 .freed_blocks = profile::kBlockUnits,
                 .freed_bytes = 1000,
                 .temporary_blocks = 0,
                 .highest_live = 3000,
                 .at_peak = 0,
                 .peak_number = 1},
                test::ProfileBuilder::kCuda);
  const auto leaks = json(builder)["leaks"]["sites"];
  EXPECT_EQ(of(leaks, "space", "device")["blocks"], 2);
  EXPECT_EQ(of(leaks, "space", "device")["bytes_stderr"], 0.0);
  has(text(builder, "leaks"), "Device memory: 1.95 KiB (2,000 bytes) in 2 blocks, allocated at 1 call site.");
}

TEST(Owners, AreKnownByTheNamesOfTheirFiles) {
  Process process;
  process.exe = "/usr/bin/libncclish";
  EXPECT_EQ(owner_name("/a/libnccl.so.2", process), "NCCL");
  EXPECT_EQ(owner_name("/a/libcublasLt.so.13", process), "cuBLAS");
  EXPECT_EQ(owner_name("/a/libcudnn_ops.so.9", process), "cuDNN");
  EXPECT_EQ(owner_name("/a/libc10_cuda.so", process), "PyTorch");
  EXPECT_EQ(owner_name("/usr/bin/libncclish", process), "the program");
  EXPECT_EQ(owner_name("/a/libmine.so.1.2", process), "libmine");
  EXPECT_EQ(owner_name("/a/_ext.cpython-312-x86_64-linux-gnu.so", process),
            "_ext.cpython-312-x86_64-linux-gnu");
  EXPECT_EQ(owner_name("", process), "unknown");
}

}  // namespace
}  // namespace weir::tool
