// Who allocated what: stacks to sites, and the counters of each site. No unwinding here.
#pragma once

#include "core/track/modules.hpp"
#include "core/track/sampler.hpp"
#include "core/track/shards.hpp"
#include "core/track/sites.hpp"
#include "core/track/table.hpp"
