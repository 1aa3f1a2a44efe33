// An address that is not a word of its own, or not itself.
// lost lose_unaligned 1 290
// lost lose_masked 1 291
// lost lose_in_halves 1 292
// lost lose_negated 1 293
#include "leak.h"
static char room[32] __attribute__((aligned(16)));
static volatile uintptr_t masked, negated;
static volatile uint32_t halves[4];
APART void lose_unaligned(void) {
  char* made = block(290);
  memcpy(room + 3, &made, sizeof made);
}
APART void lose_masked(void) { masked = (uintptr_t)block(291) ^ 0x5555555555555555; }
APART void lose_in_halves(void) {
  uintptr_t at = (uintptr_t)block(292);
  halves[0] = (uint32_t)at;
  halves[1] = 1;
  halves[2] = (uint32_t)(at >> 32);
}
APART void lose_negated(void) { negated = -(uintptr_t)block(293); }
int main(void) {
  lose_unaligned();
  lose_masked();
  lose_in_halves();
  lose_negated();
  scrub();
  return 0;
}
