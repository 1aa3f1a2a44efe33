// Copies and fills: which bytes they touch, and moving them.
#pragma once

#include "graph/operation.hpp"

namespace simcuda::graph {

// Pageable: host memory that CUDA has not been told of, so that copies of it cannot run behind the program's back.
bool is_pageable(const Side& side);
bool is_host(const Side& side);  // pageable, or pinned

CUresult check_copy(const Copy& copy);
CUresult check_fill(const Fill& fill);
std::vector<engine::Touch> touches_of(const Copy& copy);
std::vector<engine::Touch> touches_of(const Fill& fill);
CUresult run_copy(const Copy& copy, const std::string& what);
CUresult run_fill(const Fill& fill, const std::string& what);
std::size_t bytes_of(const Copy& copy);

// Takes the source's bytes now, on the calling thread.
CUresult stage(Copy& copy, const std::string& what);

}  // namespace simcuda::graph
