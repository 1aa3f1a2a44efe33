// The life of the driver in a process: nothing until cuInit, ended when exit begins, unusable in a forked child.
#pragma once

namespace simcuda {

void initialise_process();  // cuInit; more than once is harmless
bool process_initialised();  // false in the child of a process that had called cuInit: the GPU is not inherited
bool process_forked();       // this is such a child: locks may be held by threads that are not here
bool process_ended();        // exit handlers registered before cuInit are running: the driver is gone

}  // namespace simcuda
