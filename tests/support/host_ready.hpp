// The host module begun once for the whole test program, as the engine does it.
#pragma once

#include "core/host/host.hpp"

namespace weir::test {

/// Before anything else of host.
inline void begin_host() {
  host::begin();
}

}  // namespace weir::test
