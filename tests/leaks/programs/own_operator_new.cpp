// A class with a pool of its own: its objects are in the pool's blocks, known by their insides.
// reachable slab 1 4096
#include <new>
#include "leak.h"
struct Node {
  Node* next;
  long value;
  static void* operator new(size_t);
};
static char* volatile room;
static char* volatile end;
APART char* slab() { return static_cast<char*>(malloc(4096)); }
void* Node::operator new(size_t bytes) {
  if (room == end) end = (room = slab()) + 4096;
  char* at = room;
  room = at + bytes;
  return at;
}
static Node* volatile first;
int main() {
  for (int i = 0; i != 100; ++i) {
    Node* one = new Node;
    one->next = first;
    first = one;
  }
  room = end = nullptr;
  scrub();
  _Exit(0);
}
