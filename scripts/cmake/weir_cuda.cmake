# Looks for the CUDA toolkit. Without it weir is built without its CUDA half, says so, and the tests of that half are
# skipped by name.
#
#   WEIR_CUDA             TRUE: the driver's header is there, the CUDA half is built
#   WEIR_CUDA_INCLUDE     folder of cuda.h
#   WEIR_CUDA_LIBRARIES   folder of libcudart; empty: not found
#   WEIR_NVCC             nvcc; empty: not found
option(WEIR_WITH_CUDA "Build the CUDA half if the toolkit's headers are found" ON)
set(WEIR_CUDA FALSE)
set(WEIR_CUDA_LIBRARIES "")
set(WEIR_NVCC "")
set(places $ENV{CUDA_HOME} $ENV{CUDA_PATH} /usr/local/cuda /opt/cuda)
if(WEIR_WITH_CUDA)
  find_program(WEIR_NVCC_PROGRAM NAMES nvcc HINTS ${places} PATH_SUFFIXES bin)
  if(WEIR_NVCC_PROGRAM)
    get_filename_component(beside ${WEIR_NVCC_PROGRAM} DIRECTORY)
    list(APPEND places ${beside}/..)
    set(WEIR_NVCC ${WEIR_NVCC_PROGRAM})
  endif()
  find_path(WEIR_CUDA_INCLUDE NAMES cudaTypedefs.h HINTS ${places} PATH_SUFFIXES include)
  find_library(WEIR_CUDART NAMES cudart libcudart.so.13 HINTS ${places} PATH_SUFFIXES lib64 lib)
  if(WEIR_CUDART)
    get_filename_component(WEIR_CUDA_LIBRARIES ${WEIR_CUDART} DIRECTORY)
  endif()
endif()
if(WEIR_CUDA_INCLUDE AND WEIR_WITH_CUDA)
  set(WEIR_CUDA TRUE)
  message(STATUS "weir: CUDA half on: ${WEIR_CUDA_INCLUDE}")
elseif(WEIR_WITH_CUDA)
  message(STATUS "weir: CUDA half off: no cudaTypedefs.h found (set CUDA_HOME to the toolkit)")
else()
  message(STATUS "weir: CUDA half off: WEIR_WITH_CUDA is OFF")
endif()
