#include "heap/quarantine.hpp"

#include <deque>

#include "base/environment.hpp"
#include "heap/chunk.hpp"

namespace simcuda {
namespace {

struct Waiting {
  CUdeviceptr place;
  size_t bytes;
  const Context* owner;
};

std::deque<Waiting>& waiting() {
  static auto& all = *new std::deque<Waiting>;
  return all;
}

size_t held = 0;

void leave(const Waiting& one) {
  held -= one.bytes;
  give_place(one.place);
}

}  // namespace

void quarantine(CUdeviceptr place, size_t bytes, const Context& owner) {
  static const size_t room = environment_bytes("SIMCUDA_QUARANTINE", 0);
  held += bytes;
  waiting().push_back({place, bytes, &owner});
  while (held > room) {
    const Waiting oldest = waiting().front();
    waiting().pop_front();
    leave(oldest);
  }
}

void empty_quarantine(const Context& owner) {
  std::erase_if(waiting(), [&](const Waiting& one) {
    if (one.owner != &owner) return false;
    leave(one);
    return true;
  });
}

bool empty_quarantine() {
  const bool any = !waiting().empty();
  for (const Waiting& one : waiting()) leave(one);
  waiting().clear();
  return any;
}

}  // namespace simcuda
