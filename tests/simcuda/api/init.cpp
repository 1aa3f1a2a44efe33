// Initialisation, version, errors, and the ways to find the other entry points.
#include <cuda.h>
#include <cudaProfiler.h>

#include <algorithm>
#include <cstring>

#include "base/entry.hpp"
#include "base/entry_points.hpp"
#include "base/environment.hpp"
#include "base/log.hpp"
#include "base/process.hpp"
#include "device/device.hpp"

namespace simcuda {
namespace {

constexpr int kDriverVersion = 13000;

struct Found {
  const EntryPoint* row = nullptr;
  bool newer = false;  // the name is there, but only from a later version on
};

// SIMCUDA_WITHOUT: a driver from before these were added.
bool is_left_out(const char* symbol) {
  static const auto& names = *new std::vector<std::string>{split(environment("SIMCUDA_WITHOUT"), ',')};
  return std::find(names.begin(), names.end(), symbol) != names.end();
}

// The newest of the rows that are not newer than asked for.
Found newest(const char* name, Flavour flavour, int version) {
  Found found;
  for (const EntryPoint& row : entry_points()) {
    if (row.flavour != flavour || std::strcmp(row.name, name) != 0 || is_left_out(row.symbol)) continue;
    if (row.version > version) {
      found.newer = true;
    } else if (found.row == nullptr || row.version > found.row->version) {
      found.row = &row;
    }
  }
  return found;
}

Found find_entry_point(const char* name, int version, cuuint64_t flags) {
  if (flags & CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM) {
    const Found found = newest(name, Flavour::per_thread, version);
    if (found.row != nullptr) return found;
  }
  return newest(name, Flavour::legacy, version);
}

void* address_of(const Found& found) {
  return found.row == nullptr ? nullptr : reinterpret_cast<void*>(found.row->function);
}

bool right(const char* name, void** function, int version, cuuint64_t flags) {
  constexpr cuuint64_t kFlags =
      CU_GET_PROC_ADDRESS_LEGACY_STREAM | CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;
  return name != nullptr && function != nullptr && version <= kDriverVersion && (flags & ~kFlags) == 0 &&
         flags != kFlags;
}

void log_lookup(const char* name, int version, cuuint64_t flags, const Found& found) {
  log_line("lookup %s@%d%s -> %s", name, version,
           flags & CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM ? "*" : "",
           found.row != nullptr ? found.row->symbol
           : found.newer        ? "(newer)"
                                : "(none)");
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

extern "C" CUresult CUDAAPI cuInit(unsigned int flags) {
  return anytime(__func__, [&] {
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    if (process_forked()) return CUDA_ERROR_NOT_INITIALIZED;
    if (devices().empty()) return CUDA_ERROR_NO_DEVICE;
    initialise_process();
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuDriverGetVersion(int* version) {
  return anytime(__func__, [&] {
    if (version == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *version = kDriverVersion;
    return CUDA_SUCCESS;
  });
}

// CUDA 11.3's: four arguments, and an error for what is not there.
extern "C" CUresult CUDAAPI cuGetProcAddress(const char* name, void** function, int version,
                                             cuuint64_t flags) {
  return anytime(__func__, [&] {
    if (!right(name, function, version, flags)) return CUDA_ERROR_INVALID_VALUE;
    const Found found = find_entry_point(name, version, flags);
    log_lookup(name, version, flags, found);
    *function = address_of(found);
    return found.row == nullptr ? CUDA_ERROR_NOT_FOUND : CUDA_SUCCESS;
  });
}

// CUDA 12's: success with a null pointer for what is not there, and the reason in status.
extern "C" CUresult CUDAAPI cuGetProcAddress_v2(const char* name, void** function, int version,
                                                cuuint64_t flags, CUdriverProcAddressQueryResult* status) {
  return anytime(__func__, [&] {
    if (!right(name, function, version, flags)) return CUDA_ERROR_INVALID_VALUE;
    const Found found = find_entry_point(name, version, flags);
    log_lookup(name, version, flags, found);
    *function = address_of(found);
    if (status != nullptr) {
      *status = found.row != nullptr ? CU_GET_PROC_ADDRESS_SUCCESS
                : found.newer        ? CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT
                                     : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
    }
    return CUDA_SUCCESS;
  });
}

// There are none: this is no driver of NVIDIA's and does not pass for one.
extern "C" CUresult CUDAAPI cuGetExportTable(const void** table, const CUuuid* id) {
  return anytime(__func__, [&] {
    if (table == nullptr || id == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return CUDA_ERROR_NOT_FOUND;
  });
}

extern "C" CUresult CUDAAPI cuGetErrorName(CUresult error, const char** text) {
  return anytime(__func__, [&] {
    if (text == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *text = error_name(error);
    return *text == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuGetErrorString(CUresult error, const char** text) {
  return anytime(__func__, [&] {
    if (text == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *text = error_sentence(error);
    return *text == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuProfilerStart() {
  return in_context(__func__, [](Context&) { return CUDA_SUCCESS; });
}

extern "C" CUresult CUDAAPI cuProfilerStop() {
  return in_context(__func__, [](Context&) { return CUDA_SUCCESS; });
}
