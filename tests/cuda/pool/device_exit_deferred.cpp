// device_exit, deferred: a free that comes too late succeeds, since it asks nobody.
//
// bare: no
// WEIR_DEVICE_FREE=deferred
// run with:
// run with: WEIR_DEVICE_POOL=slab
// expect stdout == "freed: 0\nallocated: 0\nfreed: 0\nallocated: 4\n"
#include "device_exit.cpp"
