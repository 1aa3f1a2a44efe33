// What the program holds, and how that compares with what the driver has handed out.
#pragma once

#include <cuda.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include "torture/pool_records.hpp"

namespace torture {

struct Block {
  CUdeviceptr at;
  std::size_t bytes;
  std::uint64_t granted;  ///< what the driver was asked for; 0: not its own block
  std::uint64_t stamp;    ///< of this handing out, and of no other
  int place;              ///< whose context it belongs to
  int device;
  bool is_pinned = false, is_pitched = false, is_exported = false;

  CUstream home;          ///< where it is written; null: nowhere yet
  int home_place;
  bool is_stamped;        ///< by work in `home`, be it queued
  bool only_home = true;  ///< no other stream's work has used it

  void lose_home() { home = nullptr, only_home = false; }
};

class Holdings {
 public:
  explicit Holdings(int devices, bool is_alone) : devices_{devices}, is_alone_{is_alone}, records_{} {}

  /// The program was given this. Asks the oracle, and fills in `granted` and `stamp`.
  void enter(Block& block);
  /// Before the block is freed: its address may be another's when the free returns.
  void leave(const Block& block);
  /// The free was refused: it is the program's still.
  void back(const Block& block);
  /// Its memory is given back in stream order: the driver may have it for a while.
  void in_order() { in_order_ = true; }
  /// All work is done.
  void settled() { in_order_ = false; }

  [[nodiscard]] bool holds(CUdeviceptr at);
  /// Would there be room for that even if every block took chunks of its own?
  [[nodiscard]] bool has_room_for(std::size_t bytes, int device, std::uint64_t taken_otherwise);

  /// Nobody is in a call of the driver: driver's blocks = the program's + idle + pending, and idle is within its bound.
  void check_account(const char* when);
  [[nodiscard]] bool is_within_bounds();

  [[nodiscard]] PoolRecords::Use pools() { return records_.in_all(devices_); }

 private:
  void put(const Block& block);

  int devices_;
  bool is_alone_;
  std::mutex lock_;
  std::map<CUdeviceptr, Block> live_;
  std::uint64_t granted_[2][16]{};  ///< device memory by device; pinned: [1][0]
  std::uint64_t stamps_ = 0;
  bool in_order_ = false;
  PoolRecords records_;
};

}  // namespace torture
