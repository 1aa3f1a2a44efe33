// Which blocks of CUDA are live, and which were freed lately. Knows nothing of sites but their numbers.
#pragma once

#include "core/ledger/blocks.hpp"
#include "core/ledger/key_table.hpp"
