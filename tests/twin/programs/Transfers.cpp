// Operands of the DMA engines.
#include "tests/twin/programs/Draw.h"

#include "runtime/isa/Address.h"

#include <algorithm>

namespace garam::twin {
namespace {

/// Bytes from the first to the last that one side touches, strides not below zero.
int64_t extent(const rt::DmaShape &shape, const std::array<int64_t, 5> &strides, int64_t lastCount) {
  int64_t bytes = shape.counts[0];
  for (int d = 1; d < 5; ++d)
    bytes += strides[size_t(d)] * ((d == 4 ? lastCount : shape.counts[size_t(d)]) - 1);
  return bytes;
}

} // namespace

void Draw::drawWaiters(Task &task) {
  static const std::vector<rt::Engine> kWaiters{rt::Engine::DmaIn, rt::Engine::DmaOut, rt::Engine::Matrix,
                                                rt::Engine::Vector};
  for (int64_t i = pick(0, 2); i > 0; --i)
    task.waiters.push_back(among(kWaiters));
}

Task Draw::transfer() {
  Task out;
  const bool store = chance(45), indexed = loads && chance(20);
  out.opcode = store ? (indexed ? rt::Opcode::DmaScatter : rt::Opcode::DmaStore)
                     : (indexed ? rt::Opcode::DmaGather : rt::Opcode::DmaLoad);
  const bool all = scope.core == Block::kAll;
  // All cores together write to places of their own only.
  const int64_t globalMost = store && all ? std::min(scope.globalMost, layout.ownBytes) : scope.globalMost;
  const int64_t localMost = scope.rotating ? scope.localMost : std::min<int64_t>(3 * globalMost, 48 << 10);

  // The shape: an inner piece and some dimensions around it.
  rt::DmaShape shape;
  int64_t left = std::min(globalMost, localMost);
  shape.counts[0] = pick(1, chance(40) ? left / (indexed ? 64 : 1) : std::min<int64_t>(left / (indexed ? 64 : 1), 300));
  left /= shape.counts[0];
  for (int d = 1; d < 5; ++d) {
    shape.counts[size_t(d)] = chance(40) ? pick(1, std::min<int64_t>(std::max<int64_t>(1, left), 6)) : 1;
    if (indexed && d < 4)
      shape.counts[size_t(d)] = 1;
    left /= shape.counts[size_t(d)];
  }
  if (indexed)
    shape.counts[4] = pick(1, 12);
  auto strides = [&](bool write, bool global, int64_t most) {
    std::array<int64_t, 5> found{1, 0, 0, 0, 0};
    int64_t inner = shape.counts[0];
    for (int d = 1; d < 5; ++d) {
      int64_t count = indexed && global && d == 4 ? tables::kEntries : shape.counts[size_t(d)];
      int64_t room = count > 1 ? (most - inner) / (count - 1) - inner : 0;
      int64_t stride = inner + (room > 0 && chance(50) ? pick(0, std::min<int64_t>(room, 200)) : 0);
      if (!write && chance(10))
        stride = pick(0, inner);
      found[size_t(d)] = stride;
      inner += stride * (count - 1);
    }
    return found;
  };
  std::array<int64_t, 5> globalStrides = strides(store, true, globalMost),
                         localStrides = strides(!store, false, localMost);
  int64_t indices = indexed ? tables::kEntries : shape.counts[4];
  int64_t globalBytes = extent(shape, globalStrides, indices),
          localBytes = extent(shape, localStrides, shape.counts[4]);
  if (globalBytes > globalMost || localBytes > localMost) { // too wide: one piece
    shape.counts = {std::min<int64_t>(shape.counts[0], 64), 1, 1, 1, indexed ? 2 : 1};
    globalStrides = localStrides = {1, 64, 64, 64, 64};
    globalBytes = extent(shape, globalStrides, indexed ? tables::kEntries : 1),
    localBytes = extent(shape, localStrides, shape.counts[4]);
    if (globalBytes > globalMost)
      globalStrides[4] = shape.counts[0] = 16, globalBytes = extent(shape, globalStrides, tables::kEntries);
  }
  // Some dimensions count down on one side.
  int64_t globalShift = 0, localShift = 0;
  for (int d = 1; d < 5; ++d) {
    if (!(indexed && d == 4) && chance(8))
      globalShift += globalStrides[size_t(d)] * (shape.counts[size_t(d)] - 1), globalStrides[size_t(d)] *= -1;
    if (chance(8))
      localShift += localStrides[size_t(d)] * (shape.counts[size_t(d)] - 1), localStrides[size_t(d)] *= -1;
  }
  shape.srcStrides = store ? localStrides : globalStrides;
  shape.dstStrides = store ? globalStrides : localStrides;
  bool nothing = chance(3);

  // The global side.
  struct Choice {
    Area area;
    int home;
    int64_t address, bytes;
  };
  std::vector<Choice> choices;
  if (globalBytes <= layout.ownBytes)
    choices.push_back({Area::Own, 0, 0, layout.ownBytes});
  if (!store)
    choices.push_back({Area::Data, 0, Layout::dataAddress(), layout.dataBytes});
  if (!scope.rotating) {
    choices.push_back({Area::L1, all ? kThisCore : scope.core, 0, layout.l1Bytes});
    if (!all) {
      int die = int(pick(0, chip.topology.dies - 1)), core = int(pick(0, chip.cores() - 1));
      choices.push_back({Area::Swap, die, layout.swapAddress(chip, die), layout.swapBytes});
      if (layout.sharedBytes)
        choices.push_back({Area::Shared, die, Layout::sharedAddress(die), layout.sharedBytes});
      choices.push_back({Area::L1, core, 0, layout.l1Bytes});
    }
  }
  const Choice choice = among(choices);
  int64_t perTrip = 0, perCore = 0, offset;
  if (scope.rotating && choice.area == Area::Own) {
    perTrip = globalMost;
    offset = pick(0, globalMost - globalBytes);
  } else {
    int64_t low = choice.area == Area::L1 || choice.area == Area::Data ? layout.l1Tables : 0;
    offset = pick(low, choice.bytes - globalBytes);
  }
  Field global{store ? 2 : 1, choice.address + offset + globalShift, 0, perTrip, true};
  if (choice.area == Area::Own) {
    global.own = true;
    perCore = all ? layout.ownBytes : 0;
    if (!all)
      offset += layout.ownBytes * scope.core, global.base += layout.ownBytes * scope.core;
  } else if (choice.area == Area::L1) {
    global.base = rt::l1Address(all ? 0 : choice.home, offset + globalShift);
    perCore = 0;
    global.perCore = all ? int64_t(1) << 40 : 0;
  }
  if (choice.area == Area::Own)
    global.perCore = perCore;
  if (!nothing)
    out.accesses.push_back({choice.area, choice.area == Area::L1 && all ? kThisCore : choice.home, offset,
                            offset + globalBytes + perTrip * (scope.trips - 1), perCore, store});
  // The local side may be acc; a load may go to other cores of the die too.
  int64_t localTrip = 0;
  // A transfer moves no more bytes than the memory has, even if it reads some of them often (D2).
  const bool fromAcc =
      chance(store ? 20 : 10) && std::max(localBytes, shape.bytes()) <= layout.accBytes / (scope.rotating ? 8 : 1);
  size_t before = out.accesses.size();
  int64_t at = local(out, fromAcc, localBytes, 1, !store, false, localTrip) + localShift;
  if (nothing)
    out.accesses.resize(before);
  if (out.opcode == rt::Opcode::DmaLoad && !all && !scope.rotating && chance(35) && chip.topology.coresPerDie > 1) {
    int64_t perDie = chip.topology.coresPerDie, first = scope.core / perDie * perDie, mask = 0;
    for (int64_t i = pick(1, 4); i > 0; --i)
      mask |= int64_t(1) << pick(0, perDie - 1);
    for (int64_t i = 0; i < perDie; ++i)
      if (mask >> i & 1)
        out.targets.push_back(int(first + i));
    field(out, 8, mask);
    if (!nothing) {
      Access written = out.accesses.back();
      out.accesses.pop_back();
      for (int target : out.targets) {
        written.home = target;
        out.accesses.push_back(written);
      }
    }
    drawWaiters(out);
  }
  if (out.opcode == rt::Opcode::DmaStore && !all && !scope.rotating && chance(20)) {
    out.targets = {int(pick(0, chip.cores() - 1))};
    field(out, 8, out.targets[0]);
    drawWaiters(out);
  }
  out.fields.push_back(global);
  out.fields.push_back({store ? 1 : 2, at, 0, localTrip, chance(15)});
  // Some counts come from registers: the descriptor then says something else.
  for (int d = 0; d < 5; ++d)
    if (chance(10) || (nothing && d == 0)) {
      out.fields.push_back({3 + d, nothing && d == 0 ? 0 : shape.counts[size_t(d)], 0, 0, true});
      shape.counts[size_t(d)] = pick(0, 9);
    }
  if (indexed) {
    bool wide = chance(50);
    int64_t list = (wide ? tables::kWide : tables::kNarrow) + (wide ? 8 : 4) * pick(0, tables::kEntries - 12);
    field(out, 8, list);
    out.fields.push_back({9, int64_t(wide ? rt::DType::I64 : rt::DType::I32)});
    out.fields.push_back({10, tables::kEntries});
    out.accesses.push_back({Area::L1, kThisCore, list, list + 12 * (wide ? 8 : 4)});
  }
  out.descriptor = shape;
  return out;
}

} // namespace garam::twin
