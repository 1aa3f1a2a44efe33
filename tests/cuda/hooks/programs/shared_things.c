// Kinds that are shared: a pointer from another's pool, handles of physical memory that come and go as descriptors, external
// memory, a team's window. Each is recorded once and gone when it is freed; what the driver does not do here is left alone.
// run:
#include "../hooks.h"

enum { kUnit = 2 << 20 };

int main(void) {
  start(0);
  const CUmemAllocationProp exportable = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
                                          .requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR,
                                          .location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
  CUmemGenericAllocationHandle made = 0, imported = 0;
  int descriptor = -1;
  OK(cuMemCreate(&made, kUnit, &exportable, 0));
  OK(cuMemExportToShareableHandle(&descriptor, made, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0));
  OK(cuMemImportFromShareableHandle(&imported, (void*)(long)descriptor, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR));
  expect("physical.device.allocated_bytes", kUnit);

  CUDA_EXTERNAL_MEMORY_HANDLE_DESC what = {.type = CU_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD, .size = kUnit};
  CUexternalMemory external = NULL;
  what.handle.fd = dup(descriptor);
  long long imports = 1;
  if (cuImportExternalMemory(&external, &what) == CUDA_SUCCESS) {
    OK(cuDestroyExternalMemory(external));
    ++imports;
    expect("imported.imported.allocated_bytes", kUnit);
  }
  expect("imported.imported.allocated_blocks", imports);
  MUST(cuMemImportFromShareableHandle(NULL, NULL, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR) != CUDA_SUCCESS);
  MUST(cuImportExternalMemory(NULL, NULL) != CUDA_SUCCESS);
  OK(cuMemRelease(imported));
  OK(cuMemRelease(made));
  expect("physical.device.live_blocks", 0);
  expect("imported.live_blocks", 0);

  CUmulticastObjectProp team = {.numDevices = 1, .size = kUnit};
  CUmemGenericAllocationHandle window = 0;
  if (cuMulticastCreate(&window, &team) == CUDA_SUCCESS) OK(cuMemRelease(window));
  MUST(cuMulticastCreate(NULL, NULL) != CUDA_SUCCESS);

  CUmemPoolProps wanted = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED, .handleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR,
                           .location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
  CUmemoryPool pool = NULL;
  CUmemPoolPtrExportData data;
  CUdeviceptr block = 0, same = 0;
  OK(cuMemPoolCreate(&pool, &wanted));
  OK(cuMemAllocFromPoolAsync(&block, 1000, pool, NULL));
  MUST(cuMemPoolImportPointer(NULL, pool, NULL) != CUDA_SUCCESS);
  if (cuMemPoolExportPointer(&data, block) == CUDA_SUCCESS) (void)cuMemPoolImportPointer(&same, pool, &data);
  OK(cuMemFreeAsync(block, NULL));
  OK(cuStreamSynchronize(NULL));
  OK(cuMemPoolDestroy(pool));
  expect("ordered.device.live_blocks", 0);

  static const char kText[] = ".version 7.0\n.target sm_70\n.address_size 64\n.visible .global .align 4 .b8 table[4096];\n";
  CUlibrary library;
  if (cuLibraryLoadData(&library, kText, NULL, NULL, 0, NULL, NULL, 0) == CUDA_SUCCESS) {
    size_t bytes = 0;
    OK(cuLibraryGetGlobal(&block, &bytes, library, "table"));
    OK(cuLibraryGetGlobal(&same, NULL, library, "table"));
    MUST(same == block && bytes == 4096);
    expect("global.device.allocated_bytes", 4096);
    OK(cuLibraryUnload(library));
    expect("global.device.live_bytes", 0);
    expect("released.module", 1);
  }
  expect("frees_missed", 0);
  return 0;
}
