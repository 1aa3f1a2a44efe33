#include "graph/user_objects.hpp"

#include <map>
#include <mutex>

namespace simcuda::graph {
namespace {

struct Object {
  void* pointer;
  CUhostFn destroy;
  unsigned count;
};

struct Objects {
  std::mutex lock;
  std::map<CUuserObject, Object> living;
  std::uintptr_t next = 0x5a000000;  // handles are numbers: nobody looks behind them
};

Objects& objects() {
  static Objects& all = *new Objects;  // never destroyed
  return all;
}

}  // namespace

CUuserObject create_object(void* pointer, CUhostFn destroy, unsigned count) {
  const std::lock_guard guard(objects().lock);
  const auto handle = reinterpret_cast<CUuserObject>(objects().next += 16);
  objects().living.emplace(handle, Object{pointer, destroy, count});
  return handle;
}

bool retain_object(CUuserObject handle, unsigned count) {
  const std::lock_guard guard(objects().lock);
  const auto found = objects().living.find(handle);
  if (found == objects().living.end()) return false;
  found->second.count += count;
  return true;
}

bool release_object(CUuserObject handle, unsigned count) {
  Object gone{};
  {
    const std::lock_guard guard(objects().lock);
    const auto found = objects().living.find(handle);
    if (found == objects().living.end() || found->second.count < count) return false;
    found->second.count -= count;
    if (found->second.count > 0) return true;
    gone = found->second;
    objects().living.erase(found);
  }
  gone.destroy(gone.pointer);
  return true;
}

}  // namespace simcuda::graph
