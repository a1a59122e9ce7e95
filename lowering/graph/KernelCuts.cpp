// Pieces are taken greedily, each as long as fits: a stretch that fits stays whole, however many tensors live inside
// it.
#include "lowering/graph/KernelCuts.h"

#include "lowering/graph/Drafts.h"
#include "runtime/isa/Isa.h"

#include "mlir/IR/SymbolTable.h"

#include <deque>

using namespace mlir;

namespace garam::lowering {

namespace {
/// Two are kept for the weights and for workspace.
constexpr size_t kMostTensors = rt::kLaunchParameters - 2;

bool isWeight(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  auto function = argument ? dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()) : func::FuncOp();
  auto kind = function ? function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), graph::kKind) : StringAttr();
  return kind && kind.getValue() == "weight";
}

/// Whether reading `value` from outside takes a parameter of its own.
bool takesParameter(Value value) {
  auto constant = value.getDefiningOp<graph::ConstantOp>();
  return !isWeight(value) && !(constant && staysInside(constant));
}

/// Length of the longest beginning of `ops` that fits; 0 where the first does not.
size_t longest(const std::deque<Operation *> &ops) {
  llvm::DenseSet<Value> inputs;
  llvm::DenseMap<Value, int64_t> open; // results, and how many uses are still to come
  size_t length = 0;
  for (auto [i, op] : llvm::enumerate(ops)) {
    for (Value operand : op->getOperands())
      if (auto own = open.find(operand); own == open.end()) {
        if (takesParameter(operand))
          inputs.insert(operand);
      } else if (--own->second == 0) {
        open.erase(own);
      }
    for (Value result : op->getResults())
      if (int64_t uses = std::distance(result.use_begin(), result.use_end()))
        open[result] = uses;
    if (inputs.size() > kMostTensors)
      break;
    if (inputs.size() + open.size() <= kMostTensors)
      length = i + 1;
  }
  return length;
}

/// A concat of concats, of as many parts each as fit; they come before the last one.
SmallVector<Operation *> nest(graph::ConcatOp concat) {
  OpBuilder builder(concat);
  SmallVector<Operation *> ops;
  SmallVector<Value> parts;
  for (ValueRange rest = concat.getInputs(); !rest.empty();) {
    ValueRange some = rest.take_front(kMostTensors - 1);
    rest = rest.drop_front(some.size());
    ops.push_back(graph::ConcatOp::create(builder, concat.getLoc(), some, concat.getDim()));
    parts.push_back(ops.back()->getResult(0));
  }
  concat.getInputsMutable().assign(parts);
  ops.push_back(concat);
  return ops;
}
} // namespace

bool staysInside(graph::ConstantOp constant) {
  auto onlyElementwise = [](auto &&self, Value value) -> bool {
    return llvm::all_of(value.getUsers(), [&](Operation *user) {
      return isViewOp(user) ? self(self, user->getResult(0)) : isElementwise(user);
    });
  };
  return isSplat(constant.getResult()) && onlyElementwise(onlyElementwise, constant.getResult());
}

bool fitsLaunch(func::FuncOp function, ModuleOp module) {
  auto uses = SymbolTable::getSymbolUses(function, module);
  size_t tensors = function.getNumResults();
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    tensors += !uses || !llvm::all_of(*uses, [&](SymbolTable::SymbolUse use) {
      auto call = dyn_cast<func::CallOp>(use.getUser());
      return call && isWeight(call.getOperand(i));
    });
  for (auto constant : function.getBody().front().getOps<graph::ConstantOp>())
    tensors += !staysInside(constant);
  return tensors <= kMostTensors;
}

std::vector<SmallVector<Operation *>> cutToLaunches(ArrayRef<Operation *> ops) {
  std::vector<SmallVector<Operation *>> pieces;
  std::deque<Operation *> rest(ops.begin(), ops.end());
  while (!rest.empty()) {
    size_t length = longest(rest);
    if (auto concat = dyn_cast<graph::ConcatOp>(rest.front()); !length && concat && concat.getInputs().size() > 1) {
      rest.pop_front();
      SmallVector<Operation *> nested = nest(concat);
      rest.insert(rest.begin(), nested.begin(), nested.end());
      continue;
    }
    length = std::max<size_t>(length, 1);
    pieces.emplace_back(rest.begin(), rest.begin() + std::ptrdiff_t(length));
    rest.erase(rest.begin(), rest.begin() + std::ptrdiff_t(length));
  }
  return pieces;
}

} // namespace garam::lowering
