/* Whole numbers of any size on the heap, for factor.c. Numbers do not change: every operation allocates its result,
 * and whoever has a number frees it. */
#pragma once

#include <stdint.h>

typedef struct {
  uint32_t limbs; /* without leading zeros: zero has none */
  uint16_t limb[];
} number;

number* number_from(uint64_t value);
number* number_copy(const number* a);
number* number_parse(const char* digits);
char* number_text(const number* a); /* decimal, to be freed */

int number_compare(const number* a, const number* b);
number* number_add(const number* a, const number* b);
number* number_subtract(const number* a, const number* b); /* a must not be less than b */
number* number_multiply(const number* a, const number* b);
/* The quotient; *remainder is a new number too. */
number* number_divide(const number* a, const number* b, number** remainder);
number* number_modulo(const number* a, const number* b);
number* number_gcd(const number* a, const number* b);
number* number_root(const number* a); /* the largest whole number whose square is not above a */
