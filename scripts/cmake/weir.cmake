# The two worlds, as compiler flags, and the functions that declare a module of each.
#
#   weir_module(name [USES module...])   src/core/<name>: may run inside a stranger's malloc
#   weir_tool(name [USES module...] [USES_CORE module...] [LINKS library...])   src/tool/<name>: ordinary C++
#
# scripts/check_layers.py reads these very lines in src/CMakeLists.txt.

# `weir run` finds ../lib/libweir.so beside its own bin/, so the folder has one name on every distribution.
set(CMAKE_INSTALL_LIBDIR lib CACHE PATH "Folder of libweir.so under the prefix")
include(GNUInstallDirs)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS ON)
set(CMAKE_C_STANDARD 11)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
find_package(Threads REQUIRED)

add_library(weir_warnings INTERFACE)
target_compile_options(weir_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Wcast-align -Wundef)

add_library(weir_inside INTERFACE)
target_compile_options(weir_inside INTERFACE
  -O2 -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-plt -fno-semantic-interposition
  -fasynchronous-unwind-tables -fno-math-errno -fstack-clash-protection -Wframe-larger-than=2048
  $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti -fno-threadsafe-statics -fvisibility-inlines-hidden>)
target_include_directories(weir_inside INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_compile_definitions(weir_inside INTERFACE WEIR_VERSION="${PROJECT_VERSION}" _GNU_SOURCE)
target_link_libraries(weir_inside INTERFACE weir_warnings)

if(WEIR_OLD_GLIBC)
  target_compile_definitions(weir_inside INTERFACE WEIR_OLD_GLIBC)
endif()

add_library(weir_outside INTERFACE)
target_include_directories(weir_outside INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_compile_definitions(weir_outside INTERFACE WEIR_VERSION="${PROJECT_VERSION}" _GNU_SOURCE)
target_link_libraries(weir_outside INTERFACE weir_warnings Threads::Threads)
# gcc 12 sees overlapping copies in std::string's operator+ where there are none (its bug 105651).
target_compile_options(weir_outside INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(WEIR_SANITIZE)
  # -O1: checks in the way of the optimiser make it several times slower.
  target_compile_options(weir_outside INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer -O1)
  target_link_options(weir_outside INTERFACE -fsanitize=address,undefined)
endif()

# Fuzzers look for inputs that take new ways through the product's code; the library itself is of no use in such a build.
if(WEIR_FUZZ)
  target_compile_options(weir_outside INTERFACE -fsanitize=fuzzer-no-link)
  target_compile_options(weir_inside INTERFACE -fsanitize=fuzzer-no-link -Wno-frame-larger-than)
  if(WEIR_SANITIZE)
    target_compile_options(weir_inside INTERFACE -fsanitize=address,undefined)
  endif()
endif()

function(weir_module name)
  cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/core/${name}/*.cpp)
  if(sources)
    add_library(core_${name} OBJECT ${sources})
    target_link_libraries(core_${name} PUBLIC weir_inside)
  else()
    add_library(core_${name} INTERFACE)
  endif()
  set_property(GLOBAL APPEND PROPERTY WEIR_CORE core_${name})
endfunction()

function(weir_tool name)
  cmake_parse_arguments(ARG "" "" "USES;USES_CORE;LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/tool/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  add_library(tool_${name} STATIC ${sources})
  list(TRANSFORM ARG_USES PREPEND tool_ OUTPUT_VARIABLE uses)
  target_link_libraries(tool_${name} PUBLIC weir_outside ${uses} ${ARG_LINKS})
endfunction()
