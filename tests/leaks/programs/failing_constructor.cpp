// A constructor that throws: the object's memory is given back, what it had made by hand is lost.
// lost Object::lose_in_constructor 1 410
#include "leak.h"
struct Object {
  char* held;
  char room[500];
  APART Object() { lose_in_constructor(); }
  APART void lose_in_constructor() {
    held = block(410);
    throw 1;
  }
  ~Object() { free(held); }
};
static Object* volatile seen;
APART void make() {
  try {
    seen = new Object;
  } catch (int) {
  }
}
int main() {
  make();
  scrub();
  _Exit(0);
}
