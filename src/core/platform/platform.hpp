// The operating system, as core uses it. Common to all: no allocation, no exceptions, errno untouched (the
// calls are raw), usable inside malloc and in signal handlers.
#pragma once

#include "core/platform/brief_lock.hpp"
#include "core/platform/clock.hpp"
#include "core/platform/files.hpp"
#include "core/platform/float_state.hpp"
#include "core/platform/loader.hpp"
#include "core/platform/lock.hpp"
#include "core/platform/machine.hpp"
#include "core/platform/numa.hpp"
#include "core/platform/own_range.hpp"
#include "core/platform/pages.hpp"
#include "core/platform/quick_clock.hpp"
#include "core/platform/raw.hpp"
#include "core/platform/rights.hpp"
#include "core/platform/signals.hpp"
#include "core/platform/start_objects.hpp"
