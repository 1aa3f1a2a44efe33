/* graph BLOCKS [lost]: small blocks in a random graph, for the look at the exit. Each holds two pointers to blocks drawn at
 * random; one array points to all of them, or with "lost" to every second one only. Nothing is freed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
  struct node* to[2];
};

static uint64_t drawn = 88172645463325252u;

static uint64_t draw(uint64_t bound) { /* xorshift64 */
  drawn ^= drawn << 13;
  drawn ^= drawn >> 7;
  drawn ^= drawn << 17;
  return drawn % bound;
}

int main(int count, char** words) {
  const uint64_t blocks = count > 1 ? strtoull(words[1], NULL, 10) : 0;
  const int loses = count > 2 && strcmp(words[2], "lost") == 0;
  if (blocks == 0) return 2;
  static struct node** all; /* what keeps them; it is gone from the stack when the look is taken */
  all = calloc(blocks, sizeof(*all));
  if (all == NULL) return 1;
  for (uint64_t i = 0; i < blocks; ++i) {
    all[i] = calloc(1, sizeof(struct node) + draw(5) * 24); /* 16 to 112 bytes */
    if (all[i] == NULL) return 1;
  }
  for (uint64_t i = 0; i < blocks; ++i) {
    /* Reachable blocks must not keep those that are to be lost. */
    all[i]->to[0] = all[loses && i % 2 == 0 ? draw(blocks / 2) * 2 : draw(blocks)];
    all[i]->to[1] = all[loses && i % 2 == 0 ? draw(blocks / 2) * 2 : draw(blocks)];
  }
  for (uint64_t i = 1; loses && i < blocks; i += 2) all[i] = NULL;
  printf("%llu\n", (unsigned long long)blocks);
  return 0;
}
