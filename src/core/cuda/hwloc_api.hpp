// The part of hwloc's binary interface that is asked, of libhwloc.so.15: hwloc 2.1 and later. Its headers are not needed to
// build; tests/unit/cuda/pinned_hwloc_test.cpp compares with them where they are installed.
#pragma once

#include <cstdint>

namespace weir::cuda::hwloc {

struct Topology;
struct Bitmap;

struct Object {
  int type;
  char* subtype;
  unsigned os_index;
  char* name;
  std::uint64_t total_memory;
  void* attributes;
  int depth;
  unsigned logical_index;
  Object *next_cousin, *previous_cousin;
  Object* parent;
  unsigned sibling_rank;
  Object *next_sibling, *previous_sibling;
  unsigned arity;
  Object **children, *first_child, *last_child;
  int symmetric_subtree;
  unsigned memory_arity;
  Object* memory_first_child;
  unsigned io_arity;
  Object* io_first_child;
  unsigned misc_arity;
  Object* misc_first_child;
  Bitmap *cpuset, *complete_cpuset;  ///< null: an I/O object
  Bitmap *nodeset, *complete_nodeset;
};

inline constexpr unsigned kOldest = 0x00020100, kTooNew = 0x00030000;
inline constexpr unsigned long kBlacklist = 1;
inline constexpr int kKeepImportant = 3;
inline constexpr int kDepthOfNodes = -3, kDepthOfPciDevices = -5;

// Types of the functions called hwloc_….
unsigned get_api_version();
int topology_init(Topology**);
void topology_destroy(Topology*);
int topology_set_components(Topology*, unsigned long flags, const char* name);
int topology_set_io_types_filter(Topology*, int filter);
int topology_load(Topology*);
int get_nbobjs_by_depth(const Topology*, int depth);
Object* get_obj_by_depth(const Topology*, int depth, unsigned index);
int obj_attr_snprintf(char* out, std::size_t bytes, Object*, const char* separator, int verbose);
int bitmap_first(const Bitmap*);
int bitmap_weight(const Bitmap*);

}  // namespace weir::cuda::hwloc
