// User objects: counted references to something of the program's, released by graphs among others.
#pragma once

#include <cuda.h>

namespace simcuda::graph {

CUuserObject create_object(void* pointer, CUhostFn destroy, unsigned count);
bool retain_object(CUuserObject object, unsigned count);
// False: no such object, or it has fewer. The last reference calls the program's function on the calling thread.
bool release_object(CUuserObject object, unsigned count);

}  // namespace simcuda::graph
