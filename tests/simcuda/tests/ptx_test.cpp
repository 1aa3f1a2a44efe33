// What is read of PTX text: entries with the offsets of their parameters, variables with sizes and first values.
#include <gtest/gtest.h>

#include <cstring>

#include "module/ptx.hpp"

namespace {

using simcuda::module::parse_ptx;
using simcuda::module::Ptx;

const char* const kText = R"(
// a comment with .entry ghost(
.version 9.0
.target sm_90
.address_size 64
/* .global .u32 ghost; */
.file 1 "a.cu .entry ghost"
.global .align 4 .u32 counter = 5;
.const .align 4 .b8 table[4] = {0, 0, 128, 63};
.global .attribute(.managed) .align 8 .s64 shared = -7;
.visible .global .align 16 .v4 .f32 vectors[2][3];
.global .f32 half = 0f3F000000;
.extern .global .align 4 .u32 elsewhere;
.extern .func (.param .b32 r) helper(.param .b64 p);
.visible .entry _Z5scalefPKf(
	.param .f32 p0,
	.param .u64 .ptr .global .align 4 p1,
	.param .u8 p2,
	.param .align 8 .b8 p3[24],
	.param .u16 p4
)
.maxntid 256, 1, 1
{
	.reg .f32 	%f<2>;
	{ .param .b64 inner; call helper, (inner); }
	.global .u32 not_here;
	ret;
}
.visible .entry none() { ret; }
.weak .entry bare { ret; }
)";

TEST(Ptx, EntriesAndTheOffsetsOfTheirParameters) {
  const Ptx ptx = parse_ptx(kText);
  ASSERT_EQ(ptx.entries.size(), 3u);
  EXPECT_EQ(ptx.entries[0].name, "_Z5scalefPKf");
  const std::size_t wanted[][2] = {{0, 4}, {8, 8}, {16, 1}, {24, 24}, {48, 2}};
  ASSERT_EQ(ptx.entries[0].parameters.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(ptx.entries[0].parameters[i].offset, wanted[i][0]) << i;
    EXPECT_EQ(ptx.entries[0].parameters[i].bytes, wanted[i][1]) << i;
  }
  EXPECT_EQ(ptx.entries[0].parameter_bytes(), 50u);
  EXPECT_EQ(ptx.entries[1].name, "none");
  EXPECT_EQ(ptx.entries[1].parameter_bytes(), 0u);
  EXPECT_EQ(ptx.entries[2].name, "bare");
}

template <typename T>
T value(const std::vector<std::byte>& bytes) {
  T result{};
  EXPECT_EQ(bytes.size(), sizeof result);
  std::memcpy(&result, bytes.data(), std::min(bytes.size(), sizeof result));
  return result;
}

TEST(Ptx, VariablesTheirSizesAndFirstValues) {
  const Ptx ptx = parse_ptx(kText);
  ASSERT_EQ(ptx.variables.size(), 5u);
  EXPECT_EQ(ptx.variables[0].name, "counter");
  EXPECT_EQ(value<int>(ptx.variables[0].initial), 5);
  EXPECT_EQ(ptx.variables[1].name, "table");
  EXPECT_TRUE(ptx.variables[1].constant);
  EXPECT_EQ(value<float>(ptx.variables[1].initial), 1.0f);
  EXPECT_EQ(ptx.variables[2].name, "shared");
  EXPECT_TRUE(ptx.variables[2].managed);
  EXPECT_EQ(value<long long>(ptx.variables[2].initial), -7);
  EXPECT_EQ(ptx.variables[3].name, "vectors");
  EXPECT_EQ(ptx.variables[3].bytes, 96u);
  EXPECT_TRUE(ptx.variables[3].initial.empty());
  EXPECT_EQ(value<float>(ptx.variables[4].initial), 0.5f);
}

TEST(Ptx, AnyTextEndsWithoutHarm) {
  const std::string text = kText;
  for (std::size_t length = 0; length <= text.size(); ++length)
    parse_ptx(std::string_view(text).substr(0, length));
}

TEST(Image, TextFatBinaryMachineCodeAndNonsenseAreToldApart) {
  simcuda::module::Image image;
  ASSERT_TRUE(simcuda::module::read_image(kText, image));
  EXPECT_EQ(image.ptx, kText);
  EXPECT_FALSE(image.opaque);

  std::string fat("\x50\xed\x55\xba\x01\x00\x10\x00", 8);
  const std::string body = std::string("\x01\x00\xff\x00", 4) +
                           ".version 9.0\n.target sm_90\n.entry k()\n{ret;}\n" + std::string(8, '\0');
  const std::uint64_t bytes = body.size();
  fat.append(reinterpret_cast<const char*>(&bytes), 8).append(body);
  ASSERT_TRUE(simcuda::module::read_image(fat.data(), image));
  EXPECT_EQ(parse_ptx(image.ptx).entries.at(0).name, "k");
  struct {
    int magic, version;
    const void* data;
    void* more;
  } wrapper{0x466243b1, 1, fat.data(), nullptr};
  ASSERT_TRUE(simcuda::module::read_image(&wrapper, image));
  EXPECT_EQ(parse_ptx(image.ptx).entries.size(), 1u);

  ASSERT_TRUE(simcuda::module::read_image("\177ELF and so on", image));
  EXPECT_TRUE(image.opaque);
  EXPECT_FALSE(simcuda::module::read_image("nonsense", image));
  EXPECT_FALSE(simcuda::module::read_image(nullptr, image));
}

}  // namespace
