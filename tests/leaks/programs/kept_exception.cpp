// An exception in flight is kept by an exception_ptr, or by one that is lost.
// reachable keep_exception *
// lost lose_exception *
#include <exception>
#include <stdexcept>
#include "leak.h"
static std::exception_ptr known;
static std::exception_ptr* volatile seen;
APART void keep_exception() {
  try {
    throw std::runtime_error("a text that is longer than the room in a string");
  } catch (...) {
    known = std::current_exception();
  }
}
APART void lose_exception() {
  try {
    throw std::runtime_error("a text that is longer than the room in a string");
  } catch (...) {
    seen = new std::exception_ptr(std::current_exception());
  }
}
int main() {
  keep_exception();
  lose_exception();
  seen = nullptr;
  scrub();
  _Exit(0);
}
