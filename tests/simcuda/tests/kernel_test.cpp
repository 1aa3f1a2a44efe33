// Modules, their variables, and kernels as models on the host; the oracle that knows what queued work refers to.
#include <cstring>
#include <fstream>

#include "work.hpp"

namespace simcuda::test {
namespace {

using Words = std::vector<unsigned>;

TEST(Kernel, AModelGetsTheParametersAndTheShapeOfTheLaunch) {
  in_context([] {
    const CUfunction fill = function_of(loaded(), "fill");
    const CUdeviceptr memory = allocated(16);
    static simcuda_launch seen;
    simcuda_register_kernel(
        "fill",
        [](const simcuda_launch* launch, void* user) {
          seen = *launch;
          fill_model(launch, user);
        },
        nullptr);
    CUdeviceptr to = memory;
    unsigned value = 7, count = 4;
    void* parameters[] = {&to, &value, &count};
    ASSERT_EQ(cuLaunchKernel(fill, 2, 3, 4, 5, 6, 7, 99, nullptr, parameters, nullptr), CUDA_SUCCESS);
    EXPECT_EQ(words(memory, 4), Words(4, 7));
    EXPECT_EQ(seen.grid[0] * 100 + seen.grid[1] * 10 + seen.grid[2], 234u);
    EXPECT_EQ(seen.block[0] * 100 + seen.block[1] * 10 + seen.block[2], 567u);
    EXPECT_EQ(seen.shared_bytes, 99u);
    EXPECT_EQ(seen.packed_bytes, 16u);
    EXPECT_EQ(simcuda_launches("fill"), 1u);
  });
}

TEST(Kernel, ReachesMemoryThatIsFreedInStreamOrderBehindIt) {
  in_context([] {
    simcuda_register_kernel("fill", fill_model, nullptr);
    const CUfunction fill = function_of(loaded(), "fill");
    const CUstream stream = new_stream();
    CUdeviceptr memory = allocated(16);
    unsigned value = 7, count = 4;
    void* parameters[] = {&memory, &value, &count};
    simcuda_hold(stream);
    ASSERT_EQ(cuLaunchKernel(fill, 1, 1, 1, 1, 1, 1, 0, stream, parameters, nullptr), CUDA_SUCCESS);
    ASSERT_EQ(cuMemFreeAsync(memory, stream), CUDA_SUCCESS);
    simcuda_release(stream);
    EXPECT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_violations(), 0u);
  });
}

TEST(Kernel, TouchesWhatATestDeclaresAndNoMore) {
  in_context([] {
    static constexpr char text[] =
        ".version 7.0\n.target sm_70\n.address_size 64\n"
        ".visible .entry part(.param .u64 at, .param .u64 bytes) { ret; }\n";
    CUmodule module = nullptr;
    ASSERT_EQ(cuModuleLoadData(&module, text), CUDA_SUCCESS);
    const CUfunction part = function_of(module, "part");
    const CUstream stream = new_stream();
    const CUdeviceptr memory = allocated(4096);
    CUdeviceptr at = memory + 512;
    std::uint64_t bytes = 512;
    void* parameters[] = {&at, &bytes};
    simcuda_hold(stream);
    ASSERT_EQ(cuLaunchKernel(part, 1, 1, 1, 1, 1, 1, 0, stream, parameters, nullptr), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_pending_refs(memory, 512), 1u);
    simcuda_kernel_touches("part", 0, 1);
    ASSERT_EQ(cuLaunchKernel(part, 1, 1, 1, 1, 1, 1, 0, stream, parameters, nullptr), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_pending_refs(memory, 512), 1u);
    EXPECT_EQ(simcuda_pending_refs(memory + 512, 512), 2u);
    EXPECT_EQ(simcuda_pending_refs(memory + 1024, 512), 1u);
    simcuda_release(stream);
    EXPECT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
  });
}

TEST(Kernel, ParametersAreTakenAtTheCallAlsoAsOneBlock) {
  in_context([] {
    const CUfunction fill = function_of(loaded(), "fill");
    const CUstream stream = new_stream();
    const CUdeviceptr memory = allocated(8);
    struct {
      CUdeviceptr to;
      unsigned value, count;
    } packed{memory, 3, 1};
    size_t bytes = sizeof packed;
    void* extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &packed, CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes,
                     CU_LAUNCH_PARAM_END};
    simcuda_hold(stream);
    ASSERT_EQ(cuLaunchKernel(fill, 1, 1, 1, 1, 1, 1, 0, stream, nullptr, extra), CUDA_SUCCESS);
    packed.value = 99;
    simcuda_release(stream);
    cuStreamSynchronize(stream);
    EXPECT_EQ(words(memory, 1), Words{3});
    bytes = 12;
    EXPECT_EQ(cuLaunchKernel(fill, 1, 1, 1, 1, 1, 1, 0, stream, nullptr, extra), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuLaunchKernel(fill, 1, 1, 1, 1, 1, 1, 0, stream, nullptr, nullptr), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Kernel, ImpossibleLaunchesAreRefused) {
  in_context([] {
    const CUfunction nothing = function_of(loaded(), "nothing");
    EXPECT_EQ(cuLaunchKernel(nothing, 0, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr),
              CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuLaunchKernel(nothing, 1, 1, 1, 1025, 1, 1, 0, nullptr, nullptr, nullptr),
              CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuLaunchKernel(nothing, 1, 1, 1, 32, 33, 1, 0, nullptr, nullptr, nullptr),
              CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuLaunchKernel(nothing, 1, 1, 1, 1, 1, 1, 1 << 20, nullptr, nullptr, nullptr),
              CUDA_ERROR_INVALID_VALUE);
    int no_function = 0;
    EXPECT_EQ(cuLaunchKernel(reinterpret_cast<CUfunction>(&no_function), 1, 1, 1, 1, 1, 1, 0, nullptr,
                             nullptr, nullptr),
              CUDA_ERROR_INVALID_HANDLE);
  });
}

TEST(Kernel, WithoutAModelTouchesNothingAndIsCounted) {
  in_context([] {
    const CUmodule module = loaded();
    ASSERT_EQ(cuLaunchKernel(function_of(module, "nothing"), 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr),
              CUDA_SUCCESS);
    ASSERT_EQ(cuCtxSynchronize(), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_launches("nothing"), 1u);
    EXPECT_EQ(simcuda_launches(nullptr), 1u);
  });
}

TEST(Kernel, IsFoundByItsNameInTheSource) {
  in_context([] {
    static float seen = 0;
    simcuda_register_kernel(
        "scale", [](const simcuda_launch* launch, void*) { seen = parameter<float>(launch, 1); }, nullptr);
    const CUfunction scale = function_of(loaded(), "_Z5scalePff");
    const CUdeviceptr memory = allocated(4);
    CUdeviceptr to = memory;
    float factor = 2.5f;
    void* parameters[] = {&to, &factor};
    CUlaunchConfig config{1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, 0};
    ASSERT_EQ(cuLaunchKernelEx(&config, scale, parameters, nullptr), CUDA_SUCCESS);
    cuCtxSynchronize();
    EXPECT_EQ(seen, 2.5f);
    EXPECT_EQ(simcuda_launches("scale"), 1u);
  });
}

TEST(Kernel, ABlockedOneEndsWhenItIsLetGo) {
  in_context([] {
    const CUfunction fill = function_of(loaded(), "fill");
    const CUdeviceptr memory = allocated(4);
    const CUstream stream = new_stream();
    set_words(memory, {0});
    simcuda_block_kernel("fill", 1);
    ASSERT_EQ(launch_fill(fill, memory, 1, 1, stream), CUDA_SUCCESS);
    EXPECT_EQ(cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
    EXPECT_EQ(words(memory, 1), Words{0});
    simcuda_block_kernel("fill", 0);
    EXPECT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
    EXPECT_EQ(words(memory, 1), Words{1});
  });
}

TEST(Kernel, AProcessEndsWhileWorkWaitsAndRuns) {
  in_context([] {
    const CUfunction nothing = function_of(loaded(), "nothing");
    const CUstream held = new_stream(), blocked = new_stream(), busy = new_stream();
    simcuda_hold(held);
    simcuda_block_kernel("nothing", 1);
    for (const CUstream stream : {held, blocked})
      ASSERT_EQ(cuLaunchKernel(nothing, 1, 1, 1, 1, 1, 1, 0, stream, nullptr, nullptr), CUDA_SUCCESS);
    static std::atomic<bool> inside{false};
    const auto forever = [](void*) {
      inside = true;
      inside.notify_all();
      for (;;) pause();
    };
    ASSERT_EQ(cuLaunchHostFunc(busy, forever, nullptr), CUDA_SUCCESS);
    inside.wait(false);
    std::exit(0);
  });
}

TEST(Kernel, AnIllegalAccessBreaksTheContext) {
  in_context([] {
    const CUfunction fill = function_of(loaded(), "fill");
    const CUdeviceptr memory = allocated(4);
    testing::internal::CaptureStderr();
    ASSERT_EQ(launch_fill(fill, memory, 1, 2, nullptr), CUDA_SUCCESS);  // 8 bytes into 4
    EXPECT_EQ(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("past the end"), std::string::npos);
    EXPECT_EQ(cuMemFree_v2(memory), CUDA_ERROR_ILLEGAL_ADDRESS);
    EXPECT_EQ(simcuda_violations(), 1u);
  });
}

TEST(Kernel, PlainHostMemoryIsNotTheDevices) {
  in_context([] {
    unsigned host = 0;
    const CUfunction fill = function_of(loaded(), "fill");
    testing::internal::CaptureStderr();
    ASSERT_EQ(launch_fill(fill, reinterpret_cast<CUdeviceptr>(&host), 1, 1, nullptr), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("plain host memory"), std::string::npos);
    EXPECT_EQ(host, 0u);
  });
}

TEST(Oracle, KnowsWhichMemoryQueuedWorkRefersTo) {
  in_context([] {
    const CUmodule module = loaded();
    const CUfunction copy = function_of(module, "copy");
    const CUdeviceptr one = allocated(MiB), two = allocated(MiB), three = allocated(MiB);
    const CUstream stream = new_stream();
    simcuda_hold(stream);
    ASSERT_EQ(launch_copy(copy, one, two + 512, 1, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuMemsetD8Async(one + 100, 0, 10, stream), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_pending_refs(one, MiB), 2u);
    EXPECT_EQ(simcuda_pending_refs(two, 1), 1u);        // of a kernel's block all
    EXPECT_EQ(simcuda_pending_refs(one + 110, 1), 1u);  // of a fill its bytes
    EXPECT_EQ(simcuda_pending_refs(three, MiB), 0u);
    simcuda_step(stream);
    EXPECT_EQ(simcuda_pending_refs(one, MiB), 1u);
    EXPECT_EQ(simcuda_pending_refs(two, MiB), 0u);
    simcuda_release(stream);
    cuCtxSynchronize();
    EXPECT_EQ(simcuda_pending_refs(one, MiB), 0u);
  });
}

TEST(Oracle, FindsWorkWhoseMemoryWasFreedBeforeItsTurn) {
  in_context([] {
    const CUfunction fill = function_of(loaded(), "fill");
    const CUstream first = new_stream(), second = new_stream();
    CUdeviceptr memory = 0;
    ASSERT_EQ(cuMemAllocAsync(&memory, MiB, first), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamSynchronize(first), CUDA_SUCCESS);
    simcuda_hold(second);
    ASSERT_EQ(launch_fill(fill, memory, 1, 1, second), CUDA_SUCCESS);
    ASSERT_EQ(cuMemFreeAsync(memory, first), CUDA_SUCCESS);  // nothing orders it after the kernel
    ASSERT_EQ(cuStreamSynchronize(first), CUDA_SUCCESS);
    testing::internal::CaptureStderr();
    simcuda_release(second);
    EXPECT_EQ(cuStreamSynchronize(second), CUDA_ERROR_ILLEGAL_ADDRESS);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("use after free: queued work \"kernel fill\""),
              std::string::npos);
    EXPECT_EQ(simcuda_violations(), 1u);
  });
}

TEST(Oracle, WorkQueuedBeforeAFreeInItsOwnStreamIsInOrder) {
  in_context([] {
    const CUfunction fill = function_of(loaded(), "fill");
    const CUstream stream = new_stream();
    CUdeviceptr memory = 0, again = 0;
    simcuda_hold(stream);
    ASSERT_EQ(cuMemAllocAsync(&memory, MiB, stream), CUDA_SUCCESS);
    ASSERT_EQ(launch_fill(fill, memory, 1, 1, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuMemFreeAsync(memory, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuMemAllocAsync(&again, MiB, stream), CUDA_SUCCESS);
    ASSERT_EQ(launch_fill(fill, again, 2, 1, stream), CUDA_SUCCESS);
    simcuda_release(stream);
    EXPECT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_violations(), 0u);
  });
}

TEST(Module, VariablesAreDeviceMemoryWithTheirFirstValues) {
  in_context([] {
    const CUmodule module = loaded();
    CUdeviceptr counter = 0, table = 0, shared = 0;
    size_t bytes = 0;
    ASSERT_EQ(cuModuleGetGlobal_v2(&counter, &bytes, module, "counter"), CUDA_SUCCESS);
    EXPECT_EQ(bytes, 4u);
    EXPECT_EQ(words(counter, 1), Words{5});
    set_words(counter, {6});
    EXPECT_EQ(words(counter, 1), Words{6});
    ASSERT_EQ(cuModuleGetGlobal_v2(&table, &bytes, module, "table"), CUDA_SUCCESS);
    EXPECT_EQ(bytes, 8u);
    EXPECT_EQ(words(table, 2), (Words{0x04030201, 0}));
    ASSERT_EQ(cuModuleGetGlobal_v2(&shared, nullptr, module, "shared"), CUDA_SUCCESS);
    EXPECT_EQ(*reinterpret_cast<unsigned*>(shared), 9u);
    EXPECT_EQ(cuModuleGetGlobal_v2(&shared, nullptr, module, "missing"), CUDA_ERROR_NOT_FOUND);
    EXPECT_EQ(simcuda_live_blocks(0, SIMCUDA_GLOBAL), 3u);
    EXPECT_EQ(cuMemFree_v2(counter), CUDA_ERROR_INVALID_VALUE);
    ASSERT_EQ(cuModuleUnload(module), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_live_blocks(0, SIMCUDA_GLOBAL), 0u);
    EXPECT_EQ(cuModuleUnload(module), CUDA_ERROR_INVALID_HANDLE);
  });
}

TEST(Module, FunctionsAreFoundCountedAndAskedForTheirParameters) {
  in_context([] {
    const CUmodule module = loaded();
    CUfunction function = nullptr, all[9] = {};
    unsigned count = 0;
    size_t offset = 0, bytes = 0;
    const char* name = nullptr;
    int value = 0;
    EXPECT_EQ(cuModuleGetFunction(&function, module, "missing"), CUDA_ERROR_NOT_FOUND);
    ASSERT_EQ(cuModuleGetFunctionCount(&count, module), CUDA_SUCCESS);
    EXPECT_EQ(count, 4u);
    ASSERT_EQ(cuModuleEnumerateFunctions(all, count, module), CUDA_SUCCESS);
    ASSERT_EQ(cuFuncGetName(&name, all[1]), CUDA_SUCCESS);
    EXPECT_STREQ(name, "copy");
    EXPECT_EQ(all[1], function_of(module, "copy"));
    ASSERT_EQ(cuFuncGetParamInfo(all[1], 2, &offset, &bytes), CUDA_SUCCESS);
    EXPECT_EQ(offset, 16u);
    EXPECT_EQ(bytes, 4u);
    EXPECT_EQ(cuFuncGetParamInfo(all[1], 3, &offset, &bytes), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuFuncSetAttribute(all[1], CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 65536),
              CUDA_SUCCESS);
    EXPECT_EQ(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, all[1]),
              CUDA_SUCCESS);
    EXPECT_EQ(value, 65536);
  });
}

TEST(Module, ComesFromAFileAndNotFromNonsense) {
  in_context([] {
    CUmodule module = nullptr;
    const std::string path = testing::TempDir() + "simcuda_module_" + std::to_string(getpid());
    std::ofstream(path) << kKernels;
    EXPECT_EQ(cuModuleLoad(&module, path.c_str()), CUDA_SUCCESS);
    function_of(module, "fill");
    std::remove(path.c_str());
    EXPECT_EQ(cuModuleLoad(&module, path.c_str()), CUDA_ERROR_FILE_NOT_FOUND);
    EXPECT_EQ(cuModuleLoadData(&module, "nonsense"), CUDA_ERROR_INVALID_IMAGE);
  });
}

TEST(Module, MachineCodeHasAnyKernelAndTheTestSaysItsParameters) {
  in_context([] {
    const CUfunction fill = function_of(loaded("\177ELF"), "fill");
    const CUdeviceptr memory = allocated(4);
    const size_t sizes[] = {8, 4, 4};
    simcuda_kernel_parameters("fill", 3, sizes);
    ASSERT_EQ(launch_fill(fill, memory, 8, 1, nullptr), CUDA_SUCCESS);
    EXPECT_EQ(words(memory, 1), Words{8});
  });
}

TEST(Library, IsAModuleOfEveryContextItIsUsedIn) {
  in_context([] {
    CUlibrary library = nullptr, owner = nullptr;
    CUkernel kernel = nullptr;
    CUfunction function = nullptr;
    CUdeviceptr counter = 0, other = 0;
    unsigned count = 0;
    loaded();
    ASSERT_EQ(cuLibraryLoadData(&library, kKernels, nullptr, nullptr, 0, nullptr, nullptr, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuLibraryGetKernel(&kernel, library, "fill"), CUDA_SUCCESS);
    EXPECT_EQ(cuLibraryGetKernel(&kernel, library, "missing"), CUDA_ERROR_NOT_FOUND);
    EXPECT_EQ(cuLibraryGetKernelCount(&count, library), CUDA_SUCCESS);
    EXPECT_EQ(count, 4u);
    EXPECT_EQ(cuKernelGetLibrary(&owner, kernel), CUDA_SUCCESS);
    EXPECT_EQ(owner, library);
    ASSERT_EQ(cuLibraryGetGlobal(&counter, nullptr, library, "counter"), CUDA_SUCCESS);
    EXPECT_EQ(cuLibraryGetManaged(&other, nullptr, library, "counter"), CUDA_ERROR_NOT_FOUND);
    EXPECT_EQ(cuLibraryGetManaged(&other, nullptr, library, "shared"), CUDA_SUCCESS);
    ASSERT_EQ(cuKernelGetFunction(&function, kernel), CUDA_SUCCESS);
    for (const CUfunction handle : {function, reinterpret_cast<CUfunction>(kernel)}) {
      ASSERT_EQ(launch_fill(handle, counter, 70, 1, nullptr), CUDA_SUCCESS);
      EXPECT_EQ(words(counter, 1), Words{70});
    }
    CUcontext second = nullptr;
    ASSERT_EQ(cuCtxCreate_v2(&second, 0, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuLibraryGetGlobal(&other, nullptr, library, "counter"), CUDA_SUCCESS);
    EXPECT_NE(counter, other);
    EXPECT_EQ(words(other, 1), Words{5});
    ASSERT_EQ(cuCtxDestroy_v2(second), CUDA_SUCCESS);
    EXPECT_EQ(cuLibraryUnload(library), CUDA_SUCCESS);
    EXPECT_EQ(cuLibraryUnload(library), CUDA_ERROR_INVALID_HANDLE);
  });
}

}  // namespace
}  // namespace simcuda::test
