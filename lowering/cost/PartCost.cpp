// Reductions over rows, concat and update: tiles that fill a few hundred kilobytes, columns shared by the cores.
#include "lowering/cost/Cost.h"

using namespace mlir;

namespace garam::lowering {

static Choice choiceOf(const rt::Chip &chip, int64_t rows, int64_t columns) {
  // Two tiles of eight-byte elements fit a quarter of L1.
  int64_t elements = std::max<int64_t>(1, chip.l1.sizeBytes / 4 / 16);
  int64_t width = std::min(columns, elements);
  Choice choice;
  choice.mapping.tile = {{"rows", std::max<int64_t>(1, std::min(rows, elements / width))}, {"columns", width}};
  choice.mapping.grid = {{"cores", chip.cores()}};
  choice.mapping.depth = {{"loads", 2}, {"stores", 2}};
  choice.cycles = double(rows) * double(columns) * 2 / Rates(chip).core / double(chip.cores());
  return choice;
}

FailureOr<Choice> chooseReduceRows(const rt::Chip &chip, const GroupInfo &info) {
  auto reduce = cast<graph::ReduceOp>(info.root);
  ArrayRef<int64_t> shape = shapeOf(reduce.getX());
  int64_t rows = shape[reduce.getDim()], columns = elementsOf(shape.drop_front(reduce.getDim() + 1));
  // Enough column tiles for all cores, as long as a tile is not short.
  int64_t outer = elementsOf(shape.take_front(reduce.getDim()));
  int64_t width =
      std::max<int64_t>(std::min<int64_t>(columns, 64), ceilDiv(columns, std::max<int64_t>(1, chip.cores() / outer)));
  return choiceOf(chip, rows, width);
}

FailureOr<Choice> chooseParts(const rt::Chip &chip, const GroupInfo &info) {
  ArrayRef<int64_t> shape = shapeOf(info.root->getResult(0));
  if (auto update = dyn_cast<graph::KvUpdateOp>(info.root))
    shape = shapeOf(update.getRows());
  int64_t columns = shape.empty() ? 1 : shape.back(), rows = elementsOf(shape) / columns;
  return choiceOf(chip, std::max<int64_t>(1, ceilDiv(rows, chip.cores())), columns);
}

} // namespace garam::lowering
