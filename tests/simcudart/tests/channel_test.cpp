#include "convert/channel.hpp"

#include <gtest/gtest.h>

using namespace simcudart;

namespace {

cudaChannelFormatDesc desc(int x, int y, int z, int w, cudaChannelFormatKind kind) {
  return {x, y, z, w, kind};
}

TEST(Channel, ComesBackAsItWas) {
  for (const cudaChannelFormatKind kind : {cudaChannelFormatKindSigned, cudaChannelFormatKindUnsigned})
    for (const int bits : {8, 16, 32})
      for (const cudaChannelFormatDesc& one :
           {desc(bits, 0, 0, 0, kind), desc(bits, bits, 0, 0, kind), desc(bits, bits, bits, bits, kind)}) {
        const cudaChannelFormatDesc back = description_of(channel_of(one));
        EXPECT_EQ(back.x, one.x);
        EXPECT_EQ(back.y, one.y);
        EXPECT_EQ(back.z, one.z);
        EXPECT_EQ(back.w, one.w);
        EXPECT_EQ(back.f, one.f);
      }
}

TEST(Channel, CountsBytesOfAllComponents) {
  EXPECT_EQ(element_bytes(channel_of(desc(32, 0, 0, 0, cudaChannelFormatKindFloat))), 4u);
  EXPECT_EQ(element_bytes(channel_of(desc(16, 16, 16, 16, cudaChannelFormatKindFloat))), 8u);
  EXPECT_EQ(element_bytes(channel_of(desc(8, 8, 0, 0, cudaChannelFormatKindUnsigned))), 2u);
}

TEST(Channel, RefusesWhatNoArrayCanHold) {
  EXPECT_EQ(channel_of(desc(8, 8, 8, 0, cudaChannelFormatKindUnsigned)).components, 0u);
  EXPECT_EQ(channel_of(desc(7, 0, 0, 0, cudaChannelFormatKindSigned)).components, 0u);
  EXPECT_EQ(channel_of(desc(0, 0, 0, 0, cudaChannelFormatKindNone)).components, 0u);
}

}  // namespace
