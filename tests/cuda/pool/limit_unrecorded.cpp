// WEIR_DEVICE_LIMIT holds where nothing is recorded, and nothing is.
//
// env SIMCUDA_MEMORY=512M
// env WEIR_RECORD=off
// run with: WEIR_DEVICE_LIMIT=64M
// run with: WEIR_DEVICE_LIMIT=64M WEIR_DEVICE_POOL=off
// run with: WEIR_DEVICE_LIMIT=64M WEIR_DEVICE_FREE=deferred
// bare: no
// expect report["out_of_memory"] == [] and not report["devices"]
// expect report["spaces"]["device"]["allocated_blocks"] == 0
#include "limit_kinds.cpp"
