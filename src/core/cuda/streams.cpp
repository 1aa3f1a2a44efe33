#include "core/cuda/streams.hpp"

#include "core/cuda/bodies.hpp"
#include "core/cuda/captures.hpp"
#include "core/cuda/contexts_seen.hpp"
#include "core/cuda/fences.hpp"
#include "core/cuda/table.hpp"

namespace weir::cuda {
namespace {

constinit platform::Lock g_lock{};
constinit Table<KnownStream> g_streams{};

CUresult made(CUresult result, const CUstream* out, unsigned flags) noexcept {
  if (result == CUDA_SUCCESS && out != nullptr)
    know_stream(*out, {.context = current_context(), .is_lonely = (flags & CU_STREAM_NON_BLOCKING) != 0});
  return result;
}

}  // namespace

bool find_stream(CUstream stream, KnownStream& found) noexcept {
  const platform::Holding hold{g_lock};
  const KnownStream* known = g_streams.find(key_of(stream));
  if (known != nullptr) found = *known;
  return known != nullptr;
}

std::size_t lonely_streams_of(int context, CUstream* out, std::size_t most) noexcept {
  std::size_t count = 0;
  const platform::Holding hold{g_lock};
  (void)g_streams.find_if([&](std::uint64_t key, const KnownStream& known) noexcept {
    if (known.context != context || !known.is_lonely) return false;
    if (count < most) out[count] = reinterpret_cast<CUstream>(key);
    ++count;
    return false;
  });
  return count;
}

void streams_ended_with(int context) noexcept {
  const platform::Holding hold{g_lock};
  const auto is_its = [=](std::uint64_t, const KnownStream& known) noexcept {
    return known.context == context;
  };
  while (const auto* stream = g_streams.find_if(is_its)) g_streams.erase(stream->key);
}

void forget_stream(CUstream stream) noexcept {
  const platform::Holding hold{g_lock};
  g_streams.erase(key_of(stream));
}

void know_stream(CUstream stream, KnownStream known) noexcept {
  const platform::Holding hold{g_lock};
  if (KnownStream* entry = g_streams.insert(key_of(stream)))
    *entry = known;
  else if (known.is_lonely)
    some_context_is_unknown();  // its work is nobody's
}

CUresult create_stream(Call&, CUresult (*real)(CUstream*, unsigned), CUstream* out, unsigned flags) noexcept {
  return made(real(out, flags), out, flags);
}

CUresult create_stream_with_priority(Call&, CUresult (*real)(CUstream*, unsigned, int), CUstream* out,
                                     unsigned flags, int priority) noexcept {
  return made(real(out, flags, priority), out, flags);
}

CUresult destroy_stream(Call&, CUresult (*real)(CUstream), CUstream stream) noexcept {
  KnownStream known{};
  const bool is_known = find_stream(stream, known);
  if (is_known) stream_leaves(stream, known);
  const CUresult result = real(stream);
  if (result == CUDA_SUCCESS)
    capture_ended_with(stream);
  else if (is_known)
    know_stream(stream, known);
  return result;
}

}  // namespace weir::cuda
