/* Factors a number with all numbers on the heap: many millions of small blocks with short lives, from few call sites,
 * on shallow stacks.
 *
 *   factor N     prints N as a product; status 1 if it found no factor
 *
 * A factor of up to eleven digits or so is looked for by Pollard's rho method. What is left is split in two by the
 * continued fraction method of Morrison and Brillhart: the expansion of sqrt(N) gives A and Q, Q < 2 sqrt(N), with
 * A*A = +-Q (mod N). Those Q that split over the factor base are kept, until a product of some of them is a square:
 * then x*x = y*y (mod N), and gcd(x - y, N) may divide N. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

enum {
  kPrimes = 170,
  kExtra = 20,
  kRelations = kPrimes + kExtra,
  kWords = (kPrimes + 1 + 63) / 64 + (kRelations + 63) / 64
};
enum { kHistory = (kPrimes + 1 + 63) / 64 };

typedef struct {
  number* a;
  unsigned char exponent[kPrimes + 1]; /* the first is that of -1 */
} relation;

typedef struct {
  number *p, *q, *q_before, *a, *a_before; /* P(i), Q(i), Q(i-1), A(i-1), A(i-2) */
  unsigned turn;
} expansion;

static number *kN, *g_root;
static number* primes[kPrimes];
static relation relations[kRelations];

static void replace(number** place, number* value) {
  free(*place);
  *place = value;
}

static uint64_t power_modulo(uint64_t base, uint64_t exponent, uint64_t modulus) {
  uint64_t result = 1;
  for (base %= modulus; exponent != 0; exponent >>= 1, base = base * base % modulus)
    if (exponent & 1) result = result * base % modulus;
  return result;
}

static number* product_modulo(const number* a, const number* b, const number* modulus) {
  number* product = number_multiply(a, b);
  number* rest = number_modulo(product, modulus);
  free(product);
  return rest;
}

static number* distance(const number* a, const number* b) {
  return number_compare(a, b) < 0 ? number_subtract(b, a) : number_subtract(a, b);
}

static int is_one(const number* a) { return a->limbs == 1 && a->limb[0] == 1; }

/* A divisor of kN other than one and itself, or NULL; Brent's form of the cycle search. */
static number* divisor_by_rho(void) {
  enum { kSteps = 1 << 19, kBetweenGcds = 256 };
  number *one = number_from(1), *x = number_from(2), *fixed = number_copy(x), *product = number_from(1);
  number* found = NULL;
  for (unsigned step = 1; step != kSteps && found == NULL; ++step) {
    number *square = product_modulo(x, x, kN), *next = number_add(square, one),
           *apart = distance(next, fixed);
    free(square);
    replace(&x, next);
    replace(&product, product_modulo(product, apart, kN));
    free(apart);
    if ((step & (step - 1)) == 0) replace(&fixed, number_copy(x));
    if (step % kBetweenGcds != 0) continue;
    found = number_gcd(product, kN);
    if (!is_one(found) && number_compare(found, kN) != 0) break;
    free(found);
    found = NULL;
  }
  free(one), free(x), free(fixed), free(product);
  return found;
}

/* The primes that can divide some Q: those modulo which N is a square. */
static void choose_primes(void) {
  unsigned found = 0;
  for (uint64_t candidate = 2; found != kPrimes; ++candidate) {
    int is_prime = 1;
    for (uint64_t d = 2; d * d <= candidate; ++d) is_prime &= candidate % d != 0;
    if (!is_prime) continue;
    number* prime = number_from(candidate);
    number* rest = number_modulo(kN, prime);
    const uint64_t residue = rest->limbs != 0 ? rest->limb[0] : 0;
    free(rest);
    if (candidate == 2 || power_modulo(residue, (candidate - 1) / 2, candidate) <= 1)
      primes[found++] = prime;
    else
      free(prime);
  }
}

static void begin(expansion* e) {
  number* square = number_multiply(g_root, g_root);
  e->p = number_copy(g_root);
  e->q_before = number_from(1);
  e->q = number_subtract(kN, square);
  e->a_before = number_from(1);
  e->a = number_copy(g_root);
  e->turn = 1;
  free(square);
}

/* From Q(i), P(i) to the next; Q(i+1) is had without a long division. */
static void advance(expansion* e) {
  number *sum = number_add(g_root, e->p), *rest;
  number* partial = number_divide(sum, e->q, &rest);
  number* p = number_subtract(g_root, rest);
  number *square = number_multiply(p, p), *difference = number_subtract(kN, square), *none;
  number* q = number_divide(difference, e->q, &none);
  number *product = number_multiply(partial, e->a), *wide = number_add(product, e->a_before);
  number* a = number_modulo(wide, kN);
  replace(&e->p, p);
  replace(&e->q_before, e->q);
  e->q = q;
  replace(&e->a_before, e->a);
  e->a = a;
  ++e->turn;
  free(sum), free(partial), free(rest), free(square), free(difference), free(none), free(product), free(wide);
}

static int is_divisible(const number* a, const number* b) {
  number* rest = number_modulo(a, b);
  const int divisible = rest->limbs == 0;
  free(rest);
  return divisible;
}

/* Fills in the exponents of q; true if nothing is left over. */
static int splits(const number* q, unsigned char* exponent) {
  number* left = number_copy(q);
  for (unsigned i = 0; i != kPrimes; ++i) {
    while (is_divisible(left, primes[i])) {
      number* rest;
      replace(&left, number_divide(left, primes[i], &rest));
      free(rest);
      ++exponent[i];
    }
  }
  const int done = is_one(left);
  free(left);
  return done;
}

static void collect(void) {
  expansion e;
  begin(&e);
  for (unsigned found = 0; found != kRelations; advance(&e)) {
    relation* r = &relations[found];
    memset(r->exponent, 0, sizeof r->exponent);
    if (!splits(e.q, r->exponent + 1)) continue;
    r->exponent[0] = e.turn % 2;
    r->a = number_copy(e.a);
    ++found;
  }
  free(e.p), free(e.q), free(e.q_before), free(e.a), free(e.a_before);
}

/* gcd(x - y, N) for the relations named by the bits of `chosen`; NULL if it says nothing. */
static number* try_product(const uint64_t* chosen) {
  unsigned sums[kPrimes + 1] = {0};
  number *x = number_from(1), *y = number_from(1);
  for (unsigned i = 0; i != kRelations; ++i) {
    if ((chosen[i / 64] >> i % 64 & 1) == 0) continue;
    replace(&x, product_modulo(x, relations[i].a, kN));
    for (unsigned j = 0; j <= kPrimes; ++j) sums[j] += relations[i].exponent[j];
  }
  for (unsigned j = 1; j <= kPrimes; ++j) {
    for (unsigned times = 0; times != sums[j] / 2; ++times) replace(&y, product_modulo(y, primes[j - 1], kN));
  }
  number* difference = distance(x, y);
  number* divisor = number_gcd(difference, kN);
  const int useful = number_compare(divisor, kN) != 0 && !is_one(divisor);
  free(x), free(y), free(difference);
  if (useful) return divisor;
  free(divisor);
  return NULL;
}

/* Gauss over two elements; a row is the parities of a relation, then which relations it is made of. */
static number* combine(void) {
  static uint64_t rows[kRelations][kWords];
  for (unsigned i = 0; i != kRelations; ++i) {
    for (unsigned j = 0; j <= kPrimes; ++j)
      rows[i][j / 64] |= (uint64_t)(relations[i].exponent[j] & 1) << j % 64;
    rows[i][kHistory + i / 64] |= UINT64_C(1) << i % 64;
  }
  unsigned pivots = 0;
  for (unsigned j = 0; j <= kPrimes; ++j) {
    unsigned at = pivots;
    while (at != kRelations && (rows[at][j / 64] >> j % 64 & 1) == 0) ++at;
    if (at == kRelations) continue;
    for (unsigned k = 0; k != kWords; ++k) {
      const uint64_t kept = rows[pivots][k];
      rows[pivots][k] = rows[at][k];
      rows[at][k] = kept;
    }
    for (unsigned i = pivots + 1; i != kRelations; ++i)
      if (rows[i][j / 64] >> j % 64 & 1)
        for (unsigned k = 0; k != kWords; ++k) rows[i][k] ^= rows[pivots][k];
    ++pivots;
  }
  number* divisor = NULL;
  for (unsigned i = pivots; i != kRelations && divisor == NULL; ++i)
    divisor = try_product(rows[i] + kHistory);
  return divisor;
}

static number* divisor_by_fractions(void) {
  g_root = number_root(kN);
  choose_primes();
  collect();
  number* divisor = combine();
  free(g_root);
  for (unsigned i = 0; i != kPrimes; ++i) free(primes[i]);
  for (unsigned i = 0; i != kRelations; ++i) free(relations[i].a);
  return divisor;
}

static void print(const char* before, const number* a) {
  char* text = number_text(a);
  printf("%s%s", before, text);
  free(text);
}

/* Prints the divisor and leaves the rest in kN; 0 if there is none. */
static int divide_out(number* divisor, const char* before) {
  if (divisor == NULL) return 0;
  number* rest;
  replace(&kN, number_divide(kN, divisor, &rest));
  const int divides = rest->limbs == 0;
  if (divides) print(before, divisor);
  free(rest), free(divisor);
  return divides;
}

int main(int count, char** words) {
  if (count != 2) return 2;
  kN = number_parse(words[1]);
  print("", kN);
  const int small = divide_out(divisor_by_rho(), " = ");
  const int large = divide_out(divisor_by_fractions(), small ? " * " : " = ");
  print(" * ", kN);
  printf("\n");
  free(kN);
  return !small && !large;
}
