/* Schoolbook arithmetic on 16-bit limbs, least significant first; division is Knuth's algorithm D. */
#include "number.h"

#include <stdlib.h>
#include <string.h>

static number* number_new(uint32_t limbs) {
  number* a = malloc(sizeof *a + limbs * sizeof a->limb[0]);
  if (a == NULL) abort();
  a->limbs = limbs;
  memset(a->limb, 0, limbs * sizeof a->limb[0]);
  return a;
}

static number* trimmed(number* a) {
  while (a->limbs != 0 && a->limb[a->limbs - 1] == 0) --a->limbs;
  return a;
}

number* number_from(uint64_t value) {
  number* a = number_new(4);
  for (int i = 0; i != 4; ++i) a->limb[i] = (uint16_t)(value >> 16 * i);
  return trimmed(a);
}

number* number_copy(const number* a) {
  number* b = number_new(a->limbs);
  memcpy(b->limb, a->limb, a->limbs * sizeof a->limb[0]);
  return b;
}

int number_compare(const number* a, const number* b) {
  if (a->limbs != b->limbs) return a->limbs < b->limbs ? -1 : 1;
  for (uint32_t i = a->limbs; i-- != 0;)
    if (a->limb[i] != b->limb[i]) return a->limb[i] < b->limb[i] ? -1 : 1;
  return 0;
}

number* number_add(const number* a, const number* b) {
  if (a->limbs < b->limbs) return number_add(b, a);
  number* sum = number_new(a->limbs + 1);
  uint32_t carry = 0;
  for (uint32_t i = 0; i != a->limbs; ++i) {
    carry += (uint32_t)a->limb[i] + (i < b->limbs ? b->limb[i] : 0);
    sum->limb[i] = (uint16_t)carry;
    carry >>= 16;
  }
  sum->limb[a->limbs] = (uint16_t)carry;
  return trimmed(sum);
}

number* number_subtract(const number* a, const number* b) {
  number* difference = number_new(a->limbs);
  uint32_t borrow = 0;
  for (uint32_t i = 0; i != a->limbs; ++i) {
    const uint32_t step = (uint32_t)a->limb[i] - (i < b->limbs ? b->limb[i] : 0) - borrow;
    difference->limb[i] = (uint16_t)step;
    borrow = step >> 31;
  }
  return trimmed(difference);
}

number* number_multiply(const number* a, const number* b) {
  number* product = number_new(a->limbs + b->limbs);
  for (uint32_t i = 0; i != a->limbs; ++i) {
    uint32_t carry = 0;
    for (uint32_t j = 0; j != b->limbs; ++j) {
      carry += (uint32_t)a->limb[i] * b->limb[j] + product->limb[i + j];
      product->limb[i + j] = (uint16_t)carry;
      carry >>= 16;
    }
    product->limb[i + b->limbs] = (uint16_t)carry;
  }
  return trimmed(product);
}

static number* divide_by_limb(const number* a, uint16_t divisor, number** remainder) {
  number* quotient = number_new(a->limbs);
  uint32_t rest = 0;
  for (uint32_t i = a->limbs; i-- != 0;) {
    rest = rest << 16 | a->limb[i];
    quotient->limb[i] = (uint16_t)(rest / divisor);
    rest %= divisor;
  }
  *remainder = number_from(rest);
  return trimmed(quotient);
}

static number* shifted_left(const number* a, int bits) {
  number* b = number_new(a->limbs + 1);
  for (uint32_t i = 0; i != a->limbs; ++i) {
    const uint32_t wide = (uint32_t)a->limb[i] << bits;
    b->limb[i] |= (uint16_t)wide;
    b->limb[i + 1] = (uint16_t)(wide >> 16);
  }
  return b;
}

static number* shifted_right(const number* a, int bits) {
  number* b = number_new(a->limbs);
  for (uint32_t i = 0; i != a->limbs; ++i) {
    const uint32_t wide = (i + 1 < a->limbs ? (uint32_t)a->limb[i + 1] << 16 : 0) | a->limb[i];
    b->limb[i] = (uint16_t)(wide >> bits);
  }
  return trimmed(b);
}

/* Subtracts digit * v from the limbs of u at `at`; true if that was too much, and has been put right by one v. */
static int subtract_digit(number* u, const number* v, uint32_t at, uint32_t digit, uint32_t n) {
  uint32_t carry = 0;
  int32_t borrow = 0;
  for (uint32_t i = 0; i <= n; ++i) {
    carry += (i < n ? digit * v->limb[i] : 0);
    borrow += (int32_t)u->limb[at + i] - (uint16_t)carry;
    u->limb[at + i] = (uint16_t)borrow;
    borrow >>= 16;
    carry >>= 16;
  }
  if (borrow == 0) return 0;
  uint32_t sum = 0;
  for (uint32_t i = 0; i <= n; ++i) {
    sum += (uint32_t)u->limb[at + i] + (i < n ? v->limb[i] : 0);
    u->limb[at + i] = (uint16_t)sum;
    sum >>= 16;
  }
  return 1;
}

number* number_divide(const number* a, const number* b, number** remainder) {
  if (b->limbs == 0) abort();
  if (number_compare(a, b) < 0) {
    *remainder = number_copy(a);
    return number_new(0);
  }
  if (b->limbs == 1) return divide_by_limb(a, b->limb[0], remainder);
  const int bits = __builtin_clz(b->limb[b->limbs - 1]) - 16;
  number* u = shifted_left(a, bits);
  number* v = shifted_left(b, bits);
  const uint32_t n = b->limbs;
  number* quotient = number_new(a->limbs - n + 1);
  for (uint32_t j = a->limbs - n + 1; j-- != 0;) {
    const uint32_t top = (uint32_t)u->limb[j + n] << 16 | u->limb[j + n - 1];
    uint32_t digit = top / v->limb[n - 1], rest = top % v->limb[n - 1];
    while (digit >> 16 != 0 || digit * v->limb[n - 2] > (rest << 16 | u->limb[j + n - 2])) {
      --digit;
      rest += v->limb[n - 1];
      if (rest >> 16 != 0) break;
    }
    quotient->limb[j] = (uint16_t)(digit - (uint32_t)subtract_digit(u, v, j, digit, n));
  }
  trimmed(u);
  *remainder = shifted_right(u, bits);
  free(u);
  free(v);
  return trimmed(quotient);
}

number* number_modulo(const number* a, const number* b) {
  if (b->limbs == 1) {
    uint32_t rest = 0;
    for (uint32_t i = a->limbs; i-- != 0;) rest = (rest << 16 | a->limb[i]) % b->limb[0];
    return number_from(rest);
  }
  number* remainder;
  free(number_divide(a, b, &remainder));
  return remainder;
}

number* number_gcd(const number* a, const number* b) {
  number *x = number_copy(a), *y = number_copy(b);
  while (y->limbs != 0) {
    number* rest = number_modulo(x, y);
    free(x);
    x = y;
    y = rest;
  }
  free(y);
  return x;
}

/* Newton's method from above. */
number* number_root(const number* a) {
  if (a->limbs == 0) return number_new(0);
  number* two = number_from(2);
  number* root = number_new((a->limbs + 1) / 2 + 1);
  root->limb[root->limbs - 1] = 1;
  for (;;) {
    number *rest, *odd;
    number* quotient = number_divide(a, root, &rest);
    number* sum = number_add(root, quotient);
    number* next = number_divide(sum, two, &odd);
    free(rest);
    free(odd);
    free(quotient);
    free(sum);
    if (number_compare(next, root) >= 0) {
      free(next);
      break;
    }
    free(root);
    root = next;
  }
  free(two);
  return root;
}

number* number_parse(const char* digits) {
  number *a = number_new(0), *ten = number_from(10);
  for (; *digits >= '0' && *digits <= '9'; ++digits) {
    number *times = number_multiply(a, ten), *digit = number_from((uint64_t)(*digits - '0'));
    free(a);
    a = number_add(times, digit);
    free(times);
    free(digit);
  }
  free(ten);
  return a;
}

char* number_text(const number* a) {
  const size_t room = (size_t)a->limbs * 5 + 2;
  char* text = malloc(room);
  if (text == NULL) abort();
  char* at = text + room - 1;
  *at = '\0';
  number* rest = number_copy(a);
  do {
    number* digit;
    number* quotient = divide_by_limb(rest, 10, &digit);
    *--at = (char)('0' + (digit->limbs != 0 ? digit->limb[0] : 0));
    free(digit);
    free(rest);
    rest = quotient;
  } while (rest->limbs != 0);
  free(rest);
  memmove(text, at, strlen(at) + 1);
  return text;
}
