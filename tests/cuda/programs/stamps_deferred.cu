// The same where a free returns at once.
//
// WEIR_DEVICE_FREE=deferred
//
// prints: foreign stamps: 0
// prints: captures kept: yes
//
// expect report["spaces"]["device"]["live_bytes"] == 0
#include "stamps.cu"
