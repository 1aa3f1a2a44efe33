// Descriptors of iconv, of which the library keeps the modules, and locales.
// lost lose_conversion *
// reachable lose_conversion *
// reachable keep_conversion *
// reachable keep_locale *
#include <iconv.h>
#include <locale.h>
#include "leak.h"
static iconv_t volatile known;
static locale_t volatile locale;
APART void keep_conversion(void) { known = iconv_open("UTF-16", "UTF-8"); }
APART void lose_conversion(void) { (void)*(char volatile*)iconv_open("UTF-32", "UTF-8"); }
APART void keep_locale(void) {
  setlocale(LC_ALL, "C.UTF-8");
  locale = newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0);
}
int main(void) {
  keep_conversion();
  lose_conversion();
  keep_locale();
  scrub();
  return 0;
}
