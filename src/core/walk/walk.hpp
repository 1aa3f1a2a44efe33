// A look through the whole heap, at one instant: which blocks nothing points to any more, and which sites hold slabs that
// are nearly empty. Without a list of blocks, without locks, without stopping the program.
#pragma once

#include "core/walk/cuda_verdict.hpp"
#include "core/walk/lost_set.hpp"
#include "core/walk/snapshot.hpp"
#include "core/walk/verdict.hpp"
