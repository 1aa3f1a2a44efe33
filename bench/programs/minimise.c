/* Minimises logic functions in two levels: expand, irredundant, reduce, until nothing is gained; every cube and every
 * cover is a block on the heap, and the work is done by functions that cofactor and call themselves. So: many millions
 * of small blocks, from many thousands of different stacks.
 *
 *   minimise VARIABLES CUBES FUNCTIONS     draws functions one after another, prints the cost before and after
 *
 * Status 1 if a result is not the same function. A cube has two bits for each variable: 01 the variable must be 0,
 * 10 it must be 1, 11 either. A cover is a list of cubes, and owns them. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  uint64_t bits;
} cube;

typedef struct {
  unsigned count, capacity;
  cube** cubes;
} cover;

static unsigned variables;
static uint64_t all; /* the cube of everything */

static const uint64_t kZeros = 0x5555555555555555;

static cube* cube_new(uint64_t bits) {
  cube* c = malloc(sizeof *c);
  if (c == NULL) abort();
  c->bits = bits;
  return c;
}

static int is_empty(uint64_t bits) { return (~(bits | bits >> 1) & kZeros & all) != 0; }
static int holds(uint64_t outer, uint64_t inner) { return (inner & ~outer) == 0; }
static uint64_t both_of(unsigned variable) { return UINT64_C(3) << 2 * variable; }
static uint64_t literal(unsigned variable, unsigned value) {
  return (all & ~both_of(variable)) | UINT64_C(1) << (2 * variable + value);
}

static cover* cover_new(void) {
  cover* f = malloc(sizeof *f);
  if (f == NULL) abort();
  *f = (cover){0, 0, NULL};
  return f;
}

static void add(cover* f, cube* c) {
  if (f->count == f->capacity) {
    f->capacity = f->capacity == 0 ? 4 : f->capacity * 2;
    f->cubes = realloc(f->cubes, f->capacity * sizeof *f->cubes);
    if (f->cubes == NULL) abort();
  }
  f->cubes[f->count++] = c;
}

static void cover_free(cover* f) {
  for (unsigned i = 0; i != f->count; ++i) free(f->cubes[i]);
  free(f->cubes);
  free(f);
}

static cover* cover_copy(const cover* f) {
  cover* copy = cover_new();
  for (unsigned i = 0; i != f->count; ++i) add(copy, cube_new(f->cubes[i]->bits));
  return copy;
}

/* What f says within the cube `within`; cube number `without` is left out. */
static cover* cofactor_without(const cover* f, uint64_t within, unsigned without) {
  cover* part = cover_new();
  for (unsigned i = 0; i != f->count; ++i)
    if (i != without && !is_empty(f->cubes[i]->bits & within))
      add(part, cube_new((f->cubes[i]->bits | ~within) & all));
  return part;
}

static cover* cofactor(const cover* f, uint64_t within) { return cofactor_without(f, within, UINT32_MAX); }

/* The variable that most cubes depend on, if some depend on it both ways; else `variables`: f is unate. */
static unsigned most_binate(const cover* f) {
  unsigned best = variables, most = 0;
  for (unsigned v = 0; v != variables; ++v) {
    unsigned zeros = 0, ones = 0;
    for (unsigned i = 0; i != f->count; ++i) {
      const unsigned value = f->cubes[i]->bits >> 2 * v & 3;
      zeros += value == 1;
      ones += value == 2;
    }
    if (zeros == 0 || ones == 0 || zeros + ones <= most) continue;
    most = zeros + ones;
    best = v;
  }
  return best;
}

static int has_everything(const cover* f) {
  for (unsigned i = 0; i != f->count; ++i)
    if (f->cubes[i]->bits == all) return 1;
  return 0;
}

static int is_tautology(const cover* f) {
  if (has_everything(f)) return 1;
  const unsigned v = most_binate(f);
  if (v == variables) return 0; /* a unate cover is one only by the cube of everything */
  cover* zero = cofactor(f, literal(v, 0));
  const int first = is_tautology(zero);
  cover_free(zero);
  if (!first) return 0;
  cover* one = cofactor(f, literal(v, 1));
  const int second = is_tautology(one);
  cover_free(one);
  return second;
}

/* x'·zero + x·one, with the cubes that are in both written once; takes the two covers. */
static cover* merged(cover* zero, cover* one, unsigned v) {
  cover* f = cover_new();
  for (unsigned i = 0; i != zero->count; ++i) {
    unsigned j = 0;
    while (j != one->count && (one->cubes[j] == NULL || one->cubes[j]->bits != zero->cubes[i]->bits)) ++j;
    if (j != one->count) {
      free(one->cubes[j]);
      one->cubes[j] = NULL;
      add(f, cube_new(zero->cubes[i]->bits));
    } else {
      add(f, cube_new(zero->cubes[i]->bits & literal(v, 0)));
    }
  }
  for (unsigned j = 0; j != one->count; ++j)
    if (one->cubes[j] != NULL) add(f, cube_new(one->cubes[j]->bits & literal(v, 1)));
  cover_free(zero);
  cover_free(one);
  return f;
}

/* What one cube leaves out: a cube for each of its literals. */
static cover* complement_of_cube(uint64_t bits) {
  cover* f = cover_new();
  for (unsigned v = 0; v != variables; ++v) {
    const unsigned value = bits >> 2 * v & 3;
    if (value != 3) add(f, cube_new(literal(v, value == 1)));
  }
  return f;
}

/* The variable that most cubes depend on at all. */
static unsigned most_used(const cover* f) {
  unsigned best = 0, most = 0;
  for (unsigned v = 0; v != variables; ++v) {
    unsigned used = 0;
    for (unsigned i = 0; i != f->count; ++i) used += (f->cubes[i]->bits >> 2 * v & 3) != 3;
    if (used > most) most = used, best = v;
  }
  return best;
}

static cover* complement(const cover* f) {
  if (has_everything(f)) return cover_new();
  if (f->count == 0) {
    cover* everything = cover_new();
    add(everything, cube_new(all));
    return everything;
  }
  if (f->count == 1) return complement_of_cube(f->cubes[0]->bits);
  unsigned v = most_binate(f);
  if (v == variables) v = most_used(f);
  cover* part = cofactor(f, literal(v, 0));
  cover* zero = complement(part);
  cover_free(part);
  part = cofactor(f, literal(v, 1));
  cover* one = complement(part);
  cover_free(part);
  return merged(zero, one, v);
}

/* Is the cube within what f covers, cube number `without` of f left out? */
static int covers(const cover* f, uint64_t bits, unsigned without) {
  cover* part = cofactor_without(f, bits, without);
  const int answer = is_tautology(part);
  cover_free(part);
  return answer;
}

static int meets(const cover* f, uint64_t bits) {
  for (unsigned i = 0; i != f->count; ++i)
    if (!is_empty(f->cubes[i]->bits & bits)) return 1;
  return 0;
}

static void drop(cover* f, unsigned i) {
  free(f->cubes[i]);
  f->cubes[i] = f->cubes[--f->count];
}

/* Makes each cube as large as the off-set allows, and drops those that another then holds. */
static void expand(cover* f, const cover* off, unsigned first) {
  for (unsigned i = 0; i < f->count; ++i) {
    for (unsigned k = 0; k != variables; ++k) {
      cube* larger = cube_new(f->cubes[i]->bits | both_of((first + k) % variables));
      if (larger->bits != f->cubes[i]->bits && !meets(off, larger->bits)) {
        free(f->cubes[i]);
        f->cubes[i] = larger;
      } else {
        free(larger);
      }
    }
    for (unsigned j = f->count; j-- != 0;)
      if (j != i && holds(f->cubes[i]->bits, f->cubes[j]->bits)) {
        if (i == f->count - 1) i = j;
        drop(f, j);
      }
  }
}

static void make_irredundant(cover* f) {
  for (unsigned i = f->count; i-- != 0;)
    if (covers(f, f->cubes[i]->bits, i)) drop(f, i);
}

/* Makes each cube as small as it can be while the others cover the rest. */
static void reduce(cover* f) {
  for (unsigned i = 0; i != f->count; ++i) {
    cover* others = cofactor_without(f, f->cubes[i]->bits, i);
    cover* alone = complement(others);
    uint64_t needed = 0;
    for (unsigned j = 0; j != alone->count; ++j) needed |= alone->cubes[j]->bits;
    if (needed != 0) {
      cube* smaller = cube_new(f->cubes[i]->bits & needed);
      free(f->cubes[i]);
      f->cubes[i] = smaller;
    }
    cover_free(others);
    cover_free(alone);
  }
}

static unsigned cost(const cover* f) {
  unsigned literals = 0;
  for (unsigned i = 0; i != f->count; ++i)
    for (unsigned v = 0; v != variables; ++v) literals += (f->cubes[i]->bits >> 2 * v & 3) != 3;
  return f->count * 1000 + literals;
}

static cover* minimised(const cover* f, const cover* off) {
  cover* best = cover_copy(f);
  expand(best, off, 0);
  make_irredundant(best);
  for (unsigned round = 1, idle = 0; idle != 3; ++round) {
    cover* next = cover_copy(best);
    reduce(next);
    expand(next, off, round * 5);
    make_irredundant(next);
    idle = cost(next) < cost(best) ? 0 : idle + 1;
    cover* worse = idle == 0 ? best : next;
    best = idle == 0 ? next : best;
    cover_free(worse);
  }
  return best;
}

static int same_function(const cover* before, const cover* after, const cover* off) {
  for (unsigned i = 0; i != before->count; ++i)
    if (!covers(after, before->cubes[i]->bits, UINT32_MAX)) return 0;
  for (unsigned i = 0; i != after->count; ++i)
    if (meets(off, after->cubes[i]->bits)) return 0;
  return 1;
}

/* Cubes of about seven literals each. */
static cover* drawn(unsigned cubes, uint32_t seed) {
  cover* f = cover_new();
  while (f->count != cubes) {
    uint64_t bits = all;
    for (unsigned v = 0; v != variables; ++v) {
      seed = seed * 1664525 + 1013904223;
      const unsigned dice = (seed >> 16) % (variables * 2);
      if (dice < 14) bits &= literal(v, dice % 2);
    }
    add(f, cube_new(bits));
  }
  return f;
}

/* One function from drawing to checking. */
static int work(unsigned cubes, uint32_t seed) {
  cover* f = drawn(cubes, seed);
  cover* off = complement(f);
  cover* result = minimised(f, off);
  const int same = same_function(f, result, off);
  printf("%u cubes became %u, cost %u became %u: %s\n", f->count, result->count, cost(f), cost(result),
         same ? "the same function" : "NOT the same function");
  cover_free(f);
  cover_free(off);
  cover_free(result);
  return same;
}

int main(int count, char** words) {
  if (count != 4) return 2;
  variables = (unsigned)atoi(words[1]);
  if (variables < 6 || variables > 31) return 2;
  all = (UINT64_C(1) << 2 * variables) - 1;
  const uint32_t functions = (uint32_t)atoi(words[3]);
  for (uint32_t seed = 1; seed <= functions; ++seed)
    if (!work((unsigned)atoi(words[2]), seed)) return 1;
  return 0;
}
