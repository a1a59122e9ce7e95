#include "tests/twin/programs/Draw.h"

#include <algorithm>

namespace garam::twin {

Draw::Draw(const rt::Chip &chip, uint64_t seed)
    : chip(chip), layout(chip), random(seed), seed(seed), loads(chance(70)) {}

int64_t Draw::count(int64_t most) {
  if (chance(4))
    return 0;
  return chance(50) ? pick(1, std::min<int64_t>(most, 8)) : pick(1, most);
}

void Draw::field(Task &task, int slot, int64_t value) { task.fields.push_back({slot, value, 0, 0, chance(15)}); }

Task Draw::task() {
  switch (pick(0, 11)) {
  case 0:
  case 1:
    return product();
  case 2:
  case 3:
    return map();
  case 4:
    return chance(50) ? rotate() : plain();
  case 5:
    return sync();
  case 6:
    return loads ? load() : sync();
  default:
    return transfer();
  }
}

Task Draw::sync() {
  static const std::vector<rt::Opcode> kAll{rt::Opcode::MatrixSync, rt::Opcode::VectorSync, rt::Opcode::DmaInSync,
                                            rt::Opcode::DmaOutSync};
  Task out;
  out.opcode = among(kAll);
  return out;
}

Task Draw::load() {
  bool wide = chance(50);
  int64_t entry = pick(0, tables::kEntries - 1);
  Task out;
  out.opcode = rt::Opcode::SeqLoad;
  int64_t address = wide ? tables::kWide + 8 * entry : tables::kNarrow + 4 * entry;
  out.fields.push_back({0, pick(48, 55)});
  field(out, 1, address);
  out.fields.push_back({2, int64_t(wide ? rt::DType::I64 : rt::DType::I32)});
  out.accesses.push_back({Area::L1, kThisCore, address, address + (wide ? 8 : 4)});
  return out;
}

Block Draw::block(const std::vector<int> &busy) {
  Block out;
  int roll = int(pick(0, 99));
  if (roll < 5) {
    out.kind = roll < 3 ? BlockKind::ChipBarrier : BlockKind::DieBarrier;
    out.die = chance(50) ? Block::kAll : int(pick(0, chip.topology.dies - 1));
    return out;
  }
  if (roll < 12) {
    out.kind = BlockKind::Scalars;
    out.seed = random();
    return out;
  }
  if (chance(chip.cores() > 16 ? 2 : 5))
    return storm();
  out.core = chance(chip.cores() > 16 ? 15 : 35) ? Block::kAll : among(busy);
  out.loop = chance(20);
  if (out.loop) {
    out.trips = chance(10) ? 0 : pick(1, 5);
    out.step = pick(1, 2);
    out.rotating = out.trips > 0 && chance(60);
  }
  scope = {out.core, out.trips, out.step, out.rotating, out.rotating ? 4096 : 24 << 10, out.rotating ? 1024 : 6 << 10};
  int64_t tasks = pick(1, out.core == Block::kAll && chip.cores() > 16 ? 3 : 7);
  for (int64_t i = 0; i < tasks; ++i)
    out.tasks.push_back(task());
  return out;
}

/// All cores at the memories at once, with transfers of many bursts.
Block Draw::storm() {
  Block out;
  scope = {Block::kAll, 1, 1, false, 40 << 10, chip.cores() > 16 ? 8 << 10 : 20 << 10};
  for (int64_t i = pick(2, chip.cores() > 16 ? 3 : 6); i > 0; --i)
    out.tasks.push_back(transfer());
  return out;
}

/// Brings the tables into each L1.
Task Draw::init() {
  Task out;
  out.opcode = rt::Opcode::DmaLoad;
  out.descriptor = rt::DmaShape{{tables::kBytes, 1, 1, 1, 1}, {1, 0, 0, 0, 0}, {1, 0, 0, 0, 0}};
  out.fields.push_back({1, Layout::dataAddress()});
  out.fields.push_back({2, 0});
  for (int slot = 3; slot < 9; ++slot)
    out.fields.push_back({slot, 0});
  out.accesses = {{Area::Data, 0, 0, tables::kBytes}, {Area::L1, kThisCore, 0, tables::kBytes, 0, true}};
  return out;
}

KernelPlan Draw::kernel() {
  KernelPlan out;
  Block first;
  first.tasks.push_back(init());
  out.blocks.push_back(first);
  std::vector<int> busy;
  for (int64_t i = std::min<int64_t>(chip.cores(), pick(2, 8)); i > 0; --i)
    busy.push_back(int(pick(0, chip.cores() - 1)));
  int64_t blocks = chip.cores() > 16 ? pick(8, 25) : pick(15, 45);
  for (int64_t i = 0; i < blocks; ++i)
    out.blocks.push_back(block(busy));
  out.initialTokens = chance(50) ? int(pick(1, 20)) : 0;
  out.trailing = chance(40) ? int(pick(1, 4)) : 0;
  return out;
}

Plan Draw::plan() {
  Plan out{seed, loads, layout, {}, {}};
  int64_t kernels = chance(70) ? 1 : 2;
  for (int64_t i = 0; i < kernels; ++i)
    out.kernels.push_back(kernel());
  for (int64_t i = 0; i < kernels; ++i)
    out.launches.push_back({uint32_t(i), int(pick(0, 1))});
  if (chance(25))
    out.launches.push_back({uint32_t(pick(0, kernels - 1)), int(pick(0, 1))});
  return out;
}

} // namespace garam::twin
