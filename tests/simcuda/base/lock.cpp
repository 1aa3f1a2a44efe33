#include "base/lock.hpp"

namespace simcuda {

std::mutex& driver_mutex() {
  static std::mutex& mutex = *new std::mutex;
  return mutex;
}

}  // namespace simcuda
