// A map is a number written in mixed radix: each entry is a digit, and an entry's digit has a weight in its field. So
// any order of the fields is a bijection as soon as each field's radices multiply to its size.
#include "runtime/Error.h"
#include "runtime/chip/DramAccess.h"

#include <algorithm>
#include <bit>
#include <charconv>

namespace garam::rt {
namespace {

constexpr std::array<std::string_view, 7> kFields{"pseudo_channel", "stack_id", "bank_group", "bank", "row",
                                                  "column",         "channel"};
constexpr int kStackId = 1, kRow = 4, kChannel = 6;
constexpr std::string_view kFieldList = "pseudo_channel, stack_id, bank_group, bank, row, column, channel";
// More would only spread a burst thin, and the controller's queue entries hold this many.
constexpr int kBanksOfBurst = 16;

constexpr std::array<int32_t DramCell::*, 6> kMembers{&DramCell::pseudoChannel, &DramCell::stackId,
                                                      &DramCell::bankGroup,     &DramCell::bank,
                                                      &DramCell::row,           &DramCell::column};
int32_t &member(DramCell &cell, int field) { return cell.*kMembers[size_t(field)]; }

int fieldOf(std::string_view name) { return int(std::find(kFields.begin(), kFields.end(), name) - kFields.begin()); }

bool number(std::string_view text, int64_t &value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

} // namespace

AddressMap::AddressMap(const DramParams &dram, const KeyPlaces &where) : grain(dram.timing.accessBytes) {
  const DramTiming &timing = dram.timing;
  const std::array<int64_t, 7> sizes{dram.pseudoChannels,  dram.stackIds, timing.bankGroups,
                                     timing.banksPerGroup, dram.rows(),   timing.rowBytes / grain,
                                     dram.channels()};
  std::array<int64_t, 7> used;
  used.fill(1);
  auto fail = [&](std::string_view key, const std::string &what, std::string_view rule) {
    throw inputError(where(key), fmt::format("memory.{}: {}", key, what),
                     fmt::format("allowed: {} ({})", rule, key == "address_xor" ? "MA3" : "MA2"));
  };

  int64_t scale = 1;
  block = 0;
  for (const std::string &entry : dram.addressMap) {
    std::string_view text = entry;
    size_t colon = text.find(':');
    int field = fieldOf(text.substr(0, colon));
    int64_t bits = 0;
    if (field == int(kFields.size()) ||
        (colon != text.npos && (!number(text.substr(colon + 1), bits) || bits < 1 || bits > 40)))
      fail("address_map", fmt::format("`{}`", entry),
           fmt::format("FIELD or FIELD:BITS with FIELD one of {}", kFieldList));
    int64_t radix = colon == text.npos ? sizes[field] / used[field] : int64_t(1) << bits;
    if (radix < 1 || radix > sizes[field] / used[field] || sizes[field] % (used[field] * radix))
      fail("address_map", fmt::format("`{}` does not divide the {} values of the field", entry, sizes[field]),
           "a bijection");
    if (field == kChannel) {
      if (block || used[field] * radix != sizes[field])
        fail("address_map", fmt::format("`{}`", entry), "all of `channel` in one entry");
      block = scale * grain;
      if (block != dram.interleaveBytes)
        fail("address_map", fmt::format("`channel` begins at byte {}", block),
             fmt::format("interleave_bytes, {}", dram.interleaveBytes));
      used[field] = radix;
      continue;
    }
    if (!block && (field == kRow || field == kStackId))
      fail("address_map", fmt::format("`{}` below `channel`", entry),
           "`row` and `stack_id` above `channel`: a burst has one of each");
    digits.push_back({field, radix, used[field], scale});
    used[field] *= radix;
    scale *= radix;
  }
  for (size_t field = 0; field < sizes.size(); ++field)
    if (used[field] != sizes[field] || (int(field) == kChannel && !block))
      fail("address_map", fmt::format("`{}` has {} of its {} values", kFields[field], used[field], sizes[field]),
           "a bijection");

  for (const std::string &entry : dram.addressXor) {
    std::string_view text = entry;
    size_t caret = text.find('^');
    int field = caret == text.npos ? 7 : fieldOf(text.substr(0, caret));
    int64_t shift = 0;
    constexpr std::string_view kSource = "row>>";
    bool ok = field == 0 || field == 2 || field == 3;
    ok = ok && text.substr(caret + 1).starts_with(kSource) && number(text.substr(caret + 1 + kSource.size()), shift);
    if (!ok || shift < 0 || shift > 31 || !std::has_single_bit(uint64_t(sizes[field])))
      fail("address_xor", fmt::format("`{}`", entry),
           "FIELD^row>>SHIFT with FIELD one of pseudo_channel, bank_group, bank, of a power of two of values");
    xors.push_back({field, sizes[field] - 1, int(shift)});
  }

  for (const Digit &digit : digits)
    if (digit.scale >= block / grain)
      above.push_back({digit.field,
                       std::has_single_bit(uint64_t(digit.radix)) ? std::countr_zero(uint64_t(digit.radix)) : -1,
                       digit.radix, digit.weight});

  std::array<uint64_t, 2> banks{};
  for (int64_t access = 0; access < block / grain; ++access) {
    DramCell cell;
    for (const Digit &digit : digits)
      if (digit.scale < block / grain)
        member(cell, digit.field) += int32_t(access / digit.scale % digit.radix * digit.weight);
    cells.push_back(cell);
    banks[cell.pseudoChannel] |= uint64_t(1) << (cell.bank * timing.bankGroups + cell.bankGroup);
  }
  for (uint64_t touched : banks)
    if (std::popcount(touched) > kBanksOfBurst)
      fail("address_map", fmt::format("{} bytes lie in {} banks", block, std::popcount(touched)),
           fmt::format("up to {} banks of a pseudo-channel in one interleave", kBanksOfBurst));
}

DramCell AddressMap::mixed(DramCell cell) const {
  for (const Xor &x : xors)
    member(cell, x.field) ^= int32_t((int64_t(cell.row) >> x.shift) & x.mask);
  return cell;
}

DramCell AddressMap::base(int64_t blockIndex) const {
  DramCell cell;
  uint64_t left = uint64_t(blockIndex);
  for (const Above &digit : above) {
    uint64_t value;
    if (digit.shift >= 0) {
      value = left & ((uint64_t(1) << digit.shift) - 1);
      left >>= digit.shift;
    } else {
      value = left % uint64_t(digit.radix);
      left /= uint64_t(digit.radix);
    }
    member(cell, digit.field) += int32_t(value * uint64_t(digit.weight));
  }
  return cell;
}

DramCell AddressMap::cell(int64_t channelOffset) const {
  DramCell cell = base(channelOffset / block);
  const DramCell &low = cells[channelOffset % block / grain];
  cell.pseudoChannel += low.pseudoChannel;
  cell.bankGroup += low.bankGroup;
  cell.bank += low.bank;
  cell.column += low.column;
  return mixed(cell);
}

int64_t AddressMap::offset(const DramCell &cell) const {
  DramCell plain = mixed(cell); // its own inverse: the row is not changed
  int64_t access = 0;
  for (const Digit &digit : digits)
    access += member(plain, digit.field) / digit.weight % digit.radix * digit.scale;
  return access * grain;
}

} // namespace garam::rt
