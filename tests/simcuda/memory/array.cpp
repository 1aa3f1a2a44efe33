#include "memory/array.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "base/lock.hpp"
#include "device/context.hpp"
#include "heap/chunk.hpp"

namespace simcuda::memory {
namespace {

/// A piece of device memory that no pointer of the program names.
struct Storage {
  CUdeviceptr place = 0;  // 0: none, or somebody else's
  std::byte* base = nullptr;
  ~Storage() {
    if (place != 0) give_place(place);
  }
};

struct Array {
  ArrayShape shape;
  std::byte* base = nullptr;  // null: sparse, deferred mapping
  Context* context = nullptr;
  Storage storage;
  std::vector<std::unique_ptr<Array>> parts;  // planes, made at the first question
};

struct Mipmap {
  ArrayShape shape;
  Context* context = nullptr;
  std::size_t bytes = 0;
  Storage storage;
  std::vector<std::unique_ptr<Array>> levels;
};

struct Registry {
  std::map<CUarray, Array*> all;
  std::map<CUarray, std::unique_ptr<Array>> arrays;
  std::map<CUmipmappedArray, std::unique_ptr<Mipmap>> mipmaps;
};

Registry& registry() {
  static auto& only = *new Registry;
  return only;
}

CUarray handle_of(const Array* array) { return reinterpret_cast<CUarray>(const_cast<Array*>(array)); }

Array* find(CUarray handle) {
  auto found = registry().all.find(handle);
  return found == registry().all.end() ? nullptr : found->second;
}

Mipmap* find(CUmipmappedArray handle) {
  auto found = registry().mipmaps.find(handle);
  return found == registry().mipmaps.end() ? nullptr : found->second.get();
}

bool is_backed(unsigned flags) {
  return (flags & (CUDA_ARRAY3D_SPARSE | CUDA_ARRAY3D_DEFERRED_MAPPING)) == 0;
}

/// Zeroed, as fresh device memory is here.
bool take(Storage& storage, std::size_t bytes, Context& context) {
  auto place = take_place(context, bytes, false);
  if (!place) return false;
  storage.place = place->address;
  storage.base = place->backing;
  std::memset(storage.base, 0, bytes);
  return true;
}

void forget(const Array& array) {
  registry().all.erase(handle_of(&array));
  for (const auto& part : array.parts) forget(*part);
}

void drop_arrays(Context& context) {
  locked([&] {
    std::erase_if(registry().arrays, [&](const auto& entry) {
      if (entry.second->context != &context) return false;
      forget(*entry.second);
      return true;
    });
    std::erase_if(registry().mipmaps, [&](const auto& entry) {
      if (entry.second->context != &context) return false;
      for (const auto& level : entry.second->levels) forget(*level);
      return true;
    });
  });
}

[[maybe_unused]] const bool registered = at_context_end(EndPhase::memory, drop_arrays);

Array* add_part(std::vector<std::unique_ptr<Array>>& parts, const ArrayShape& shape, std::byte* base,
                Context* context) {
  parts.push_back(std::make_unique<Array>());
  Array* part = parts.back().get();
  part->shape = shape;
  part->base = base;
  part->context = context;
  registry().all.emplace(handle_of(part), part);
  return part;
}

CUresult lay_out_mipmap(const CUDA_ARRAY3D_DESCRIPTOR& descriptor, unsigned levels, Mipmap& mipmap) {
  auto shape = shape_of(descriptor);
  if (!shape || levels == 0 || descriptor.Format == CU_AD_FORMAT_NV12) return CUDA_ERROR_INVALID_VALUE;
  mipmap.shape = *shape;
  levels = std::min(levels, most_levels(*shape));
  for (unsigned level = 0; level < levels; ++level) mipmap.bytes += level_of(*shape, level).bytes;
  mipmap.levels.reserve(levels);
  return CUDA_SUCCESS;
}

CUmipmappedArray enter(std::unique_ptr<Mipmap> mipmap, unsigned levels, std::byte* base) {
  std::size_t offset = 0;
  levels = std::min(levels, most_levels(mipmap->shape));
  for (unsigned level = 0; level < levels; ++level) {
    ArrayShape shape = level_of(mipmap->shape, level);
    add_part(mipmap->levels, shape, base == nullptr ? nullptr : base + offset, mipmap->context);
    offset += shape.bytes;
  }
  auto handle = reinterpret_cast<CUmipmappedArray>(mipmap.get());
  registry().mipmaps.emplace(handle, std::move(mipmap));
  return handle;
}

}  // namespace

std::optional<ArrayView> view_of(CUarray handle) {
  const Array* array = find(handle);
  if (array == nullptr || array->base == nullptr) return std::nullopt;
  return ArrayView{.base = array->base, .shape = array->shape};
}

const ArrayShape* shape_of(CUarray handle) {
  const Array* array = find(handle);
  return array == nullptr ? nullptr : &array->shape;
}

const ArrayShape* shape_of(CUmipmappedArray handle, unsigned* levels) {
  const Mipmap* mipmap = find(handle);
  if (mipmap == nullptr) return nullptr;
  if (levels != nullptr) *levels = static_cast<unsigned>(mipmap->levels.size());
  return &mipmap->shape;
}

CUresult create_array(CUarray* handle, const CUDA_ARRAY3D_DESCRIPTOR& descriptor, Context& context) {
  auto shape = shape_of(descriptor);
  if (!shape) return CUDA_ERROR_INVALID_VALUE;
  auto array = std::make_unique<Array>();
  array->shape = *shape;
  array->context = &context;
  if (is_backed(descriptor.Flags) && !take(array->storage, shape->bytes, context))
    return CUDA_ERROR_OUT_OF_MEMORY;
  array->base = array->storage.base;
  *handle = handle_of(array.get());
  registry().all.emplace(*handle, array.get());
  registry().arrays.emplace(*handle, std::move(array));
  return CUDA_SUCCESS;
}

CUresult plane_of(CUarray* plane, CUarray handle, unsigned index) {
  Array* array = find(handle);
  if (array == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  auto shape = plane_of(array->shape, index);
  if (!shape) return CUDA_ERROR_INVALID_VALUE;
  for (const auto& part : array->parts) {
    if (part->shape.descriptor.NumChannels != index + 1) continue;
    *plane = handle_of(part.get());
    return CUDA_SUCCESS;
  }
  std::size_t offset = index == 0 ? 0 : array->shape.pitch * array->shape.rows;
  std::byte* base = array->base == nullptr ? nullptr : array->base + offset;
  *plane = handle_of(add_part(array->parts, *shape, base, array->context));
  return CUDA_SUCCESS;
}

CUresult destroy_array(CUarray handle) {
  auto found = registry().arrays.find(handle);
  if (found == registry().arrays.end()) return CUDA_ERROR_INVALID_HANDLE;
  forget(*found->second);
  registry().arrays.erase(found);
  return CUDA_SUCCESS;
}

CUresult create_mipmap(CUmipmappedArray* handle, const CUDA_ARRAY3D_DESCRIPTOR& descriptor, unsigned levels,
                       Context& context) {
  auto mipmap = std::make_unique<Mipmap>();
  CUresult result = lay_out_mipmap(descriptor, levels, *mipmap);
  if (result != CUDA_SUCCESS) return result;
  mipmap->context = &context;
  if (is_backed(descriptor.Flags) && !take(mipmap->storage, mipmap->bytes, context)) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  std::byte* base = mipmap->storage.base;
  *handle = enter(std::move(mipmap), levels, base);
  return CUDA_SUCCESS;
}

CUresult level_of(CUarray* level, CUmipmappedArray handle, unsigned index) {
  const Mipmap* mipmap = find(handle);
  if (mipmap == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (index >= mipmap->levels.size()) return CUDA_ERROR_INVALID_VALUE;
  *level = handle_of(mipmap->levels[index].get());
  return CUDA_SUCCESS;
}

CUresult destroy_mipmap(CUmipmappedArray handle) {
  Mipmap* mipmap = find(handle);
  if (mipmap == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  for (const auto& level : mipmap->levels) forget(*level);
  registry().mipmaps.erase(handle);
  return CUDA_SUCCESS;
}

std::size_t bytes_of(CUmipmappedArray handle) {
  const Mipmap* mipmap = find(handle);
  return mipmap == nullptr ? 0 : mipmap->bytes;
}

}  // namespace simcuda::memory
