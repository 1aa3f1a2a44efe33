// The storm of loader_storm.c, with signal handlers that allocate: more than glibc's malloc bears.
//
// run under: preload sampled
// build: O2
// profiles any
// bare: no
// expect stdout == "all came through\n"
// expect live("climb") == (0, 0)
// expect report["errors"] == []
// lost lose 4000 40
#define HANDLERS_ALLOCATE
#include "programs/company/loader_storm.c"
