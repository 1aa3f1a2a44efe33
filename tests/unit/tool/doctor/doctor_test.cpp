// Findings about programs that no compiler here makes, patched or crafted; and how a diagnosis is told.
#include "tool/doctor/doctor.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "tool/doctor/elf_facts.hpp"
#include "unit/tool/doctor/built.hpp"

namespace weir::tool {
namespace {

namespace fs = std::filesystem;
using test::Built, test::find, test::ids;

constexpr const char* kLoader = "/lib64/ld-linux-x86-64.so.2";

class Doctor : public testing::Test {
 protected:
  Diagnosis ask(const std::string& path) { return examine({path}, around); }
  /// A copy of a plain program with these bytes of it replaced.
  std::string patched_program(const std::string& old, const std::string& text) {
    const std::string bytes = test::patched(test::bytes_of(built("plain")), old, text);
    const std::string path = built.path() / "patched";
    test::put(path, bytes);
    return bytes.empty() ? "" : path;
  }
  void expect(const std::string& path, Verdict verdict, const std::string& id, const std::string& text = "") {
    ASSERT_FALSE(path.empty());
    const Diagnosis diagnosis = ask(path);
    EXPECT_EQ(diagnosis.verdict, verdict) << ids(diagnosis);
    const Finding* finding = find(diagnosis, id);
    ASSERT_NE(finding, nullptr) << ids(diagnosis);
    EXPECT_NE(finding->text.find(text), std::string::npos) << finding->text;
  }

  Built built;
  Surroundings around = test::surroundings(built);
};

TEST_F(Doctor, HasNothingToSayOfAPlainProgram) {
  const Diagnosis diagnosis = ask(built("plain"));
  EXPECT_EQ(diagnosis.verdict, Verdict::Yes);
  EXPECT_EQ(ids(diagnosis), "");
}

#if defined(__x86_64__)
TEST_F(Doctor, KnowsLoadersThatAreNotGlibcs) {
  expect(patched_program(kLoader, "/lib/ld-musl-x86_64.so.1"), Verdict::No, "musl");
  expect(patched_program(kLoader, "/bin/sh"), Verdict::No, "loader_unknown");
  expect(patched_program(kLoader, "/lib64/ld-linux-x86-64.so.9"), Verdict::No, "loader_missing", "so.9");
}

TEST_F(Doctor, KnowsProgramsOfOtherMachines) {
  std::string bytes = test::bytes_of(built("plain"));
  auto* header = reinterpret_cast<Elf64_Ehdr*>(bytes.data());
  const std::string path = built.path() / "other";
  header->e_machine = EM_AARCH64;
  test::put(path, bytes);
  expect(path, Verdict::No, "machine", "aarch64");
  header->e_machine = EM_X86_64;
  header->e_type = ET_REL;
  test::put(path, bytes);
  expect(path, Verdict::No, "no_program", "object file");

  Elf32_Ehdr narrow{};
  std::memcpy(narrow.e_ident, ELFMAG, SELFMAG);
  narrow.e_ident[EI_CLASS] = ELFCLASS32;
  narrow.e_ident[EI_DATA] = ELFDATA2LSB;
  narrow.e_ident[EI_VERSION] = EV_CURRENT;
  narrow.e_type = ET_EXEC;
  narrow.e_machine = EM_386;
  narrow.e_version = EV_CURRENT;
  narrow.e_ehsize = sizeof(narrow);
  narrow.e_phoff = sizeof(narrow);
  narrow.e_phentsize = sizeof(Elf32_Phdr);
  narrow.e_phnum = 1;
  Elf32_Phdr segment{};
  segment.p_type = PT_LOAD;
  bytes.assign(reinterpret_cast<const char*>(&narrow), sizeof(narrow));
  bytes.append(reinterpret_cast<const char*>(&segment), sizeof(segment));
  test::put(path, bytes);
  expect(path, Verdict::No, "bits_32");
}
#endif

TEST_F(Doctor, KnowsWhatIsNoProgram) {
  expect(built("libplain.so", "-shared -fPIC"), Verdict::No, "no_program", "shared library");
  const std::string path = built.path() / "cut";
  test::put(path, test::bytes_of(built("plain")).substr(0, 40));
  expect(path, Verdict::No, "damaged");
  around.library = built.path() / "none";
  expect(built("plain"), Verdict::No, "no_library");
}

// golang is too large to bring: what marks its programs is a section of this name, with or without C code.
TEST_F(Doctor, KnowsGoPrograms) {
  constexpr const char* kGo = "__attribute__((section(\".go.buildinfo\"), used)) static const char go[] = \"x\";\nint main() { return 0; }\n";
  expect(built("cgo", "", kGo), Verdict::Partly, "go_cgo");
  const Diagnosis fixed = ask(built("go_static", "-static", kGo));
  EXPECT_EQ(fixed.verdict, Verdict::No);
  EXPECT_EQ(ids(fixed), "static go ");
  constexpr const char* kStart = "__attribute__((section(\".go.buildinfo\"), used)) static const char go[] = \"x\";\nvoid _start() {}\n";
  expect(built("go", fmt::format("-nostdlib -pie -fPIE -Wl,--dynamic-linker={}", kLoader), kStart), Verdict::No, "go");
}

TEST_F(Doctor, KnowsRustProgramsWithAnotherAllocator) {
  const std::string rust = std::string{"char* _RNvCs1_7___rustc12___rust_alloc() { return 0; }\n"} + Built::kProgram;
  expect(built("jemalloc", "", "char* _rjem_malloc() { return 0; }\n" + rust), Verdict::Partly, "own_allocator",
         "jemalloc inside (a Rust");
  expect(built("mimalloc", "", "char* mi_malloc() { return 0; }\n" + rust), Verdict::Partly, "own_allocator",
         "mimalloc inside (a Rust");
  EXPECT_EQ(ids(ask(built("plain", "", rust))), "");
}

TEST_F(Doctor, LooksForDebugInformationInItsOwnFiles) {
  around.debug_folder = built.path() / "debug";
  const std::string by_id = built("by_id", "-s -Wl,--build-id");
  expect(by_id, Verdict::Yes, "stripped");
  const std::string id = read_elf(by_id, ElfDepth::Full).build_id;
  ASSERT_EQ(id.size(), 40U);
  fs::create_directories(built.path() / "debug/.build-id" / id.substr(0, 2));
  test::put(built.path() / "debug/.build-id" / id.substr(0, 2) / (id.substr(2) + ".debug"), "x");
  EXPECT_EQ(ids(ask(by_id)), "");

  const std::string by_link = built("by_link", "-Wl,--build-id=none");
  const std::string debug = by_link + ".debug";
  const std::string commands = fmt::format("objcopy --only-keep-debug {0} {1} && strip {0} && objcopy --add-gnu-debuglink={1} {0}", by_link, debug);
  ASSERT_EQ(std::system(commands.c_str()), 0);
  EXPECT_EQ(ids(ask(by_link)), "");
  fs::remove(debug);
  EXPECT_EQ(ids(ask(by_link)), "stripped ");
}

TEST_F(Doctor, NamesTheVersionOfTheCLibraryThatIsLacking) {
  std::ofstream{built.path() / "versions"} << "GLIBC_2.99 { global: newer; };\n";
  const std::string libc = built("libc.so.6", fmt::format("-shared -fPIC -nostdlib -Wl,-soname,libc.so.6 -Wl,--version-script={}",
                                                          (built.path() / "versions").string()), "int newer() { return 1; }\n");
  ASSERT_FALSE(libc.empty());
  around.library = built("libnewer.so", fmt::format("-shared -fPIC -nostdlib {}", libc), "int newer(); int use() { return newer(); }\n");
  expect(built("plain"), Verdict::No, "glibc_old", "GLIBC_2.99");
}

TEST_F(Doctor, KnowsProgramsThatUseCuda) {
  constexpr const char* kInside = "static __attribute__((used, noinline)) int cudaMalloc() { return 1; }\nint main() { return 0; }\n";
  constexpr const char* kNamed = "int puts(const char*);\nint main() { return puts(\"CUDA driver version is insufficient for CUDA runtime version\"); }\n";
  expect(built("inside", "", kInside), Verdict::Partly, "cuda_not_recorded");
  expect(built("inside_stripped", "-s", kNamed), Verdict::Partly, "cuda", "linked into it");
  const std::string runtime = built("libcudart.so.99", "-shared -fPIC -Wl,-soname,libcudart.so.99", "int cudaMalloc() { return 1; }\n");
  const std::string user = built("user", fmt::format("{} -Wl,-rpath,{}", runtime, built.path().string()), "int cudaMalloc(); int main() { return cudaMalloc(); }\n");
  expect(user, Verdict::Partly, "cuda", "libcudart.so.99.");
  expect(user, Verdict::Partly, "cuda_no_driver");

  around.library = built("libhooks.so", "-shared -fPIC", "int cuMemAlloc_v2() { return 1; }\n");
  expect(user, Verdict::Yes, "cuda");
  ASSERT_FALSE(built("driver/libcuda.so.1", "-shared -fPIC").empty());
  around.environment = {"LD_LIBRARY_PATH=" + (built.path() / "driver").string()};
  EXPECT_EQ(ids(ask(user)), "cuda ");
}

TEST_F(Doctor, LooksAtWhatTheMachineHasLeftToPromise) {
  around.proc = built.path() / "proc";
  fs::create_directories(built.path() / "proc/sys/vm");
  const auto set = [&](int mode, int left_kib) {
    std::ofstream{built.path() / "proc/sys/vm/overcommit_memory"} << mode << "\n";
    std::ofstream{built.path() / "proc/meminfo"} << "CommitLimit:  1000000 kB\nCommitted_AS:  " << 1'000'000 - left_kib << " kB\n";
  };
  const std::string plain = built("plain");
  set(2, 100'000);
  expect(plain, Verdict::Yes, "overcommit", "97 MiB");
  set(2, 900'000);
  EXPECT_EQ(ids(ask(plain)), "");
  set(0, 100'000);
  EXPECT_EQ(ids(ask(plain)), "");
}

TEST_F(Doctor, TellsNoControlCharactersAndNoBrokenText) {
  const std::string path = built.path() / "na\033me\xff";
  test::put(path, "#!/none/such\033[2J\n");
  const Diagnosis diagnosis = ask(path);
  EXPECT_EQ(diagnosis.verdict, Verdict::No);
  EXPECT_EQ(diagnosis_text(diagnosis, {}).find('\033'), std::string::npos);
  const auto json = nlohmann::json::parse(diagnosis_json(diagnosis));
  EXPECT_EQ(json["findings"][0]["id"], "interpreter");
}

TEST(Diagnosis, IsOneVerdictAndFindingsByTopic) {
  Diagnosis diagnosis{.verdict = Verdict::Partly, .program = "./x", .chain = {"./x", "/bin/sh"}, .findings = {}};
  diagnosis.findings.push_back({.id = "a", .severity = Severity::Warning, .topic = Topic::Memory, .allows = Verdict::Partly,
                                .text = "One two three four five.", .advice = "Do it."});
  diagnosis.findings.push_back({.id = "b", .severity = Severity::Info, .topic = Topic::Cuda, .allows = Verdict::Yes, .text = "Six.", .advice = ""});
  EXPECT_EQ(diagnosis_text(diagnosis, {.width = 20, .unicode = false}),
            "weir can record this program: partly\n  ./x -> /bin/sh\n\nMemory\n  ! One two three\n    four five.\n"
            "    -> Do it.\n\nCUDA\n  - Six.\n");
  const auto json = nlohmann::json::parse(diagnosis_json(diagnosis));
  EXPECT_EQ(json["schema"], "weir-doctor/1");
  EXPECT_EQ(json["verdict"], "partly");
  EXPECT_EQ(json["program"], "./x");
  EXPECT_EQ(json["findings"][0]["advice"], "Do it.");
  EXPECT_TRUE(json["findings"][1]["advice"].is_null());
}

}  // namespace
}  // namespace weir::tool
