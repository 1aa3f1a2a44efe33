// Each device: what weir knows of, what the driver says is used, and the gap between the two.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

/// What the driver said at one moment, and what was known then.
struct Look : profile::DeviceLook {
  std::uint64_t extra;  ///< in weir's own pool beyond what was asked for
};
Look first_of(const profile::DeviceRecord& d) { return {d.first, d.extra_first}; }
Look last_of(const profile::DeviceRecord& d) { return {d.last, d.extra_last}; }
Look highest_of(const profile::DeviceRecord& d) { return {d.highest, d.extra_highest}; }

constexpr std::size_t kGapsTold = 8;  ///< the table has all

/// What weir can account for: of stream-ordered memory, what the pools hold, if that was asked; of its own pool, all of it.
std::uint64_t attributed(const Look& look) {
  return look.tracked - look.ordered + std::max(look.ordered, look.pools_reserved) + look.extra;
}
std::uint64_t unattributed(const Look& look) { return look.used - std::min(look.used, attributed(look)); }
/// Whether its looks say something: what the driver says is of all processes, so that of several is no sum.
bool was_asked(const Device& device) { return device.record.looks != 0 && device.processes == 1; }

/// What was unattributed already when the driver was first asked (contexts, modules, other processes), and what came later.
struct Parts {
  std::uint64_t at_first, since;
};
Parts unattributed_parts(const profile::DeviceRecord& d, const Look& look) {
  const std::uint64_t all = unattributed(look), at_first = std::min(all, unattributed(first_of(d)));
  return {at_first, all - at_first};
}

/// The device's peak fell between two looks, which saw notably less.
bool has_missed_peak(const profile::DeviceRecord& d) {
  constexpr std::uint64_t kSmall = 2 << 20;
  return static_cast<std::uint64_t>(d.peak) > d.highest.tracked + std::max(kSmall, d.highest.tracked / 16);
}

void put_look(Sink& sink, std::string_view name, const Device& device, const Look& look) {
  const profile::DeviceRecord& d = device.record;
  if (!was_asked(device)) return sink.member(name, std::nullopt);
  sink.object(name, [&] {
    sink.member("seconds", static_cast<double>(look.at_ns) / 1e9);
    sink.member("used_bytes", look.used);
    sink.member("tracked_bytes", look.tracked);
    sink.member("stream_ordered_bytes", look.ordered);
    sink.member("driver_pools_reserved_bytes", look.pools_reserved);
    sink.member("pool_extra_bytes", look.extra);
    sink.member("unattributed_bytes", unattributed(look));
    sink.member("unattributed_since_first_bytes", unattributed_parts(d, look).since);
    const double share =
        look.used == 0 ? 0
                       : static_cast<double>(look.used - unattributed(look)) / static_cast<double>(look.used);
    sink.member("coverage", look.used == 0 ? std::nullopt : std::optional{share});
  });
}

void put_device(Sink& sink, const Device& device) {
  const profile::DeviceRecord& d = device.record;
  sink.begin_object();
  sink.member("device", device.ordinal);
  sink.member("name", device.name.empty() ? std::nullopt : std::optional{device.name});
  sink.member("total_bytes", d.total == 0 ? std::nullopt : std::optional{d.total});
  sink.member("live_bytes", static_cast<std::uint64_t>(d.live));
  sink.member("peak_bytes", static_cast<std::uint64_t>(d.peak));
  const bool is_one = device.processes == 1;
  sink.member("peak_at_s", is_one ? std::optional{static_cast<double>(d.peak_at_ns) / 1e9} : std::nullopt);
  sink.member("processes", device.processes);
  sink.member("stream_ordered_live_bytes", static_cast<std::uint64_t>(d.ordered_live));
  sink.member("managed_live_bytes", static_cast<std::uint64_t>(d.managed_live));
  sink.member("managed_peak_bytes", static_cast<std::uint64_t>(d.managed_peak));
  sink.member("driver_asked", d.looks);
  sink.member("driver_asked_s", static_cast<double>(d.looks_took_ns) / 1e9);
  put_look(sink, "first", device, first_of(d));
  put_look(sink, "highest", device, highest_of(d));
  put_look(sink, "last", device, last_of(d));
  sink.end_object();
}

Table table_of(const std::vector<Device>& devices) {
  using Align = Table::Column::Align;
  Table table{{{"device"},
               {"name", Align::Left},
               {"memory"},
               {"peak"},
               {"at"},
               {"live"},
               {"driver: used"},
               {"coverage"}},
              {}};
  for (const Device& device : devices) {
    const profile::DeviceRecord& d = device.record;
    const Look look = highest_of(d);
    const bool asked = was_asked(device);
    table.rows.push_back(
        {exact(device.ordinal), printable(device.name), d.total == 0 ? "-" : human_bytes(d.total),
         human_bytes(static_cast<std::uint64_t>(d.peak)),
         device.processes == 1 ? human_seconds(d.peak_at_ns) : "-",
         human_bytes(static_cast<std::uint64_t>(d.live)), asked ? human_bytes(look.used) : "-",
         asked ? percent(look.used - unattributed(look), look.used) : "-"});
  }
  return table;
}

std::string gap_text(const Device& device) {
  const profile::DeviceRecord& d = device.record;
  const Look look = highest_of(d);
  std::string out = fmt::format(
      "Device {}: when most was in use, {} after the start, {} of {} were known to weir, {} unattributed",
      device.ordinal, human_seconds(look.at_ns), human_bytes(look.used - unattributed(look)),
      human_bytes(look.used), human_bytes(unattributed(look)));
  const Parts parts = unattributed_parts(d, look);
  if (look.at_ns != d.first.at_ns)
    out += fmt::format(": {} were so at the first look, {} after the start, {} came later",
                       human_bytes(parts.at_first), human_seconds(d.first.at_ns), human_bytes(parts.since));
  if (d.looks > 1)
    out += fmt::format(" (at the last, {}, {} unattributed)", human_seconds(d.last.at_ns),
                       human_bytes(unattributed(last_of(d))));
  if (look.pools_reserved > look.ordered)
    out += fmt::format("; {} of the known were unused in stream-ordered pools",
                       human_bytes(look.pools_reserved - look.ordered));
  if (look.extra != 0)
    out += fmt::format("; {} of the known were in weir's own pool beyond what was asked for",
                       human_bytes(look.extra));
  out += ".";
  if (has_missed_peak(d))
    out += fmt::format(
        " The driver was not asked at the peak of {}, {} after the start: the coverage is not that of the "
        "peak.",
        human_bytes(static_cast<std::uint64_t>(d.peak)), human_seconds(d.peak_at_ns));
  return out;
}

/// Those that were asked about.
std::vector<const Device*> widest_gaps_first(const std::vector<Device>& devices) {
  std::vector<const Device*> out;
  for (const Device& device : devices)
    if (was_asked(device)) out.push_back(&device);
  if (out.size() > kGapsTold)  // few are told in their order
    std::stable_sort(out.begin(), out.end(), [](const Device* a, const Device* b) {
      return unattributed(highest_of(a->record)) > unattributed(highest_of(b->record));
    });
  return out;
}

}  // namespace

Section section_devices(const Context& context) {
  const auto& devices = context.profile.devices;
  Section out;
  if (!devices.empty()) {
    out.title = "Devices";
    out.add(table_of(devices));
    const auto asked = widest_gaps_first(devices);
    for (std::size_t i = 0; i != std::min(asked.size(), kGapsTold); ++i) out.say(gap_text(*asked[i]));
    if (asked.size() > kGapsTold)
      out.say(fmt::format("... and {} with less unattributed.",
                          counted(asked.size() - kGapsTold, "more device")));
    out.say(!asked.empty()
                ? "Unattributed are contexts, modules, the driver's rounding, other processes on the "
                  "device, and what was "
                  "not hooked. Managed memory is not counted here: it may be on the device or not."
            : context.profile.is_merged()
                ? "Sums over the processes, each of which numbers the devices as it sees them; peaks are the "
                  "sum of "
                  "theirs. What the driver said is in use is in the report of each process."
                : "The driver was never asked how much is in use.");
  }
  out.data = [&devices](Sink& sink) {
    sink.begin_list();
    for (const Device& device : devices) put_device(sink, device);
    sink.end_list();
  };
  return out;
}

}  // namespace weir::tool
