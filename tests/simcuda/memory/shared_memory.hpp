// A piece of simulated physical memory that another process can map: a memory file whose last page says what it
// is. The page travels with the file, so a file descriptor alone is enough to import it, and a descriptor that
// names something else is recognised as such.
//
//   file   |-- the memory: bytes --|-- Label: one page --|
//
// Descriptors are closed on exec. A process finds the memory of another one by process, descriptor and serial
// (open_of_process); the serial makes a reused descriptor number harmless.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace simcuda::memory {

/// What the last page of the file says.
struct Label {
  std::uint64_t magic = 0;
  std::uint64_t serial = 0;  // unique among all memory of all processes, for practical purposes
  std::uint64_t bytes = 0;
  std::uint32_t kind = 0;  // the importer refuses a file of another kind
  std::int32_t owner = 0;  // process
  unsigned char payload[192] = {};
};

class SharedMemory {
 public:
  enum class Kind : std::uint32_t { Allocation = 1, Pool = 2, Segment = 3, Event = 4, Multicast = 5 };

  SharedMemory() = default;
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  /// An empty object when the system has no descriptor or no memory left.
  [[nodiscard]] static SharedMemory create(Kind kind, std::size_t bytes, const void* payload = nullptr,
                                           std::size_t payload_bytes = 0);
  /// Duplicates the descriptor; an empty object when it is not memory of this kind.
  [[nodiscard]] static SharedMemory adopt(int descriptor, Kind kind);
  [[nodiscard]] static SharedMemory open_of_process(pid_t process, int descriptor, std::uint64_t serial,
                                                    Kind kind);

  [[nodiscard]] explicit operator bool() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] const Label& label() const { return label_; }
  [[nodiscard]] std::size_t bytes() const { return label_.bytes; }
  /// A new descriptor for the caller, who closes it; -1 when there is none left.
  [[nodiscard]] int duplicate() const;

 private:
  [[nodiscard]] bool read_label(Kind kind);

  int descriptor_ = -1;
  Label label_;
};

}  // namespace simcuda::memory
