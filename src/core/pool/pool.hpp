// Pools: blocks that a program has freed and that need not go back to where they came from.
//
//   SharedPool     what the wrappers call: any thread, one lock, never held over the source         shared_pool.hpp
//     └ Cache      the blocks of one place: live, pending, idle; classes, bounds, LRU               cache.hpp
//     └ BlockIndex address → block                                                                  block_index.hpp
//     └ source     the driver, or a test's stand-in                                                 source.hpp
//
// Nothing here knows an operating system, a GPU or a global: pages, time, locks and blocks come from the source.
#pragma once

#include "core/pool/block.hpp"
#include "core/pool/block_index.hpp"
#include "core/pool/cache.hpp"
#include "core/pool/shared_pool.hpp"
#include "core/pool/size_class.hpp"
#include "core/pool/slab_source.hpp"
#include "core/pool/source.hpp"
