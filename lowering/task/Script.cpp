#include "lowering/task/Script.h"

#include "lowering/Faults.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace garam::lowering {

int Script::place(Value value) {
  auto [found, added] = places.try_emplace(value, int(initial.size()));
  if (added) {
    APInt constant;
    initial.push_back(matchPattern(value, m_ConstantInt(&constant)) ? constant.getSExtValue() : 0);
    if (value.getType().isInteger(1))
      initial.back() &= 1;
  }
  return found->second;
}

int Script::bufferOf(Value value) {
  auto [found, added] = bufferPlaces.try_emplace(value, int(buffers.size()));
  if (added) {
    ScriptBuffer buffer{value, task::memOf(value), 0};
    if (auto alloc = value.getDefiningOp<task::AllocOp>()) {
      buffer.bytes = alloc.getBytes();
      buffer.depth = alloc.getDepth();
      buffer.slotBytes = alloc.getSlotBytes();
      buffer.address = alloc.getAddress().value_or(0);
    } else if (auto workspace = value.getDefiningOp<task::WorkspaceOp>()) {
      buffer.bytes = task::bytesOf(cast<MemRefType>(workspace.getType()));
    } else {
      auto type = kernel.getArgAttrOfType<TypeAttr>(cast<BlockArgument>(value).getArgNumber(), task::kTypeAttr);
      buffer.bytes = task::bytesOf(cast<MemRefType>(type.getValue()));
    }
    buffers.push_back(buffer);
  }
  return found->second;
}

FailureOr<Script> Script::build(func::FuncOp kernel) {
  Script script;
  script.kernel = kernel;
  script.initial.push_back(0); // of nodes without operands
  for (auto [i, arg] : llvm::enumerate(kernel.getArguments())) {
    if (arg.getType().isIndex())
      script.argumentPlaces.push_back(script.place(arg));
    else if (auto type = kernel.getArgAttrOfType<TypeAttr>(i, task::kTypeAttr);
             !type || !task::isTensor(type.getValue()))
      return kernel.emitError() << "argument " << i << " needs 'task.type', a memref of static shape";
  }
  if (failed(script.addBlock(kernel.getBody().front())))
    return failure();
  return script;
}

LogicalResult Script::addBlock(Block &block) {
  for (Operation &op : block)
    if (failed(addOp(&op)))
      return failure();
  return success();
}

LogicalResult Script::addInsn(task::EngineOp op) {
  ScriptInsn insn{op, op.getEngine(), {}, {}, {}};
  insn.waits.assign(op.getWaitTokens().begin(), op.getWaitTokens().end());
  insn.signals.assign(op.getSignalTokens().begin(), op.getSignalTokens().end());
  for (ArrayRef<task::Token> tokens : {op.getWaitTokens(), op.getSignalTokens()})
    for (const task::Token &token : tokens)
      if (token.semaphore < 0 || token.semaphore >= rt::kSemaphores || token.count < 1 || token.count > rt::kMaxTokens)
        return op.emitOpError() << "names " << token.count << " tokens of semaphore " << token.semaphore << "; 1 to "
                                << rt::kMaxTokens << " of 0 to " << rt::kSemaphores - 1;
  SmallVector<task::Access> accesses;
  op.getAccesses(accesses);
  for (const task::Access &access : accesses) {
    ScriptAccess result{bufferOf(access.buffer), place(access.offset), access.reads, access.writes, access.indexed, {}};
    for (const task::AccessDim &dim : access.dims)
      result.dims.push_back({dim.count, dim.dynamic ? place(dim.dynamic) : -1, dim.stride});
    insn.accesses.push_back(std::move(result));
  }
  if (auto barrier = dyn_cast<task::BarrierOp>(op.getOperation())) {
    insn.barrier = true;
    insn.scope = int(barrier.getScope());
  }
  Node node{Kind::Insn};
  node.extra = int(insns.size());
  if (auto read = dyn_cast<task::ReadOp>(op.getOperation()))
    return read.emitError("a value that only the run knows decides what follows; the schedule cannot be proved");
  insns.push_back(std::move(insn));
  nodes.push_back(node);
  return success();
}

LogicalResult Script::addOp(Operation *op) {
  if (op->hasTrait<OpTrait::ConstantLike>() || isa<scf::YieldOp, func::ReturnOp, task::WorkspaceOp>(op))
    return success();
  if (auto insn = dyn_cast<task::EngineOp>(op))
    return addInsn(insn);
  if (auto phase = dyn_cast<task::PhaseOp>(op))
    return addBlock(phase.getBody().front());
  Node node{Kind::Copy};
  node.op = op;
  if (auto alloc = dyn_cast<task::AllocOp>(op)) {
    node.kind = Kind::Ring;
    node.extra = bufferOf(alloc.getBuffer());
    nodes.push_back(node);
    return success();
  }
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    node.kind = Kind::Loop;
    node.dst = place(loop.getInductionVar());
    node.a = place(loop.getLowerBound()), node.b = place(loop.getUpperBound()), node.c = place(loop.getStep());
    size_t at = nodes.size();
    nodes.push_back(node);
    if (failed(addBlock(*loop.getBody())))
      return failure();
    nodes[at].end = int(nodes.size());
    return success();
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    node.kind = Kind::If;
    node.a = place(branch.getCondition());
    size_t at = nodes.size();
    nodes.push_back(node);
    if (failed(addBlock(*branch.thenBlock())))
      return failure();
    nodes[at].middle = int(nodes.size());
    if (branch.elseBlock() && failed(addBlock(*branch.elseBlock())))
      return failure();
    nodes[at].end = int(nodes.size());
    return success();
  }
  std::optional<Kind> kind =
      llvm::TypeSwitch<Operation *, std::optional<Kind>>(op)
          .Case<arith::AddIOp>([](auto) { return Kind::Add; })
          .Case<arith::SubIOp>([](auto) { return Kind::Sub; })
          .Case<arith::MulIOp>([](auto) { return Kind::Mul; })
          .Case<arith::MinSIOp, arith::MinUIOp>([](auto) { return Kind::Min; })
          .Case<arith::MaxSIOp, arith::MaxUIOp>([](auto) { return Kind::Max; })
          .Case<arith::AndIOp>([](auto) { return Kind::And; })
          .Case<arith::OrIOp>([](auto) { return Kind::Or; })
          .Case<arith::XOrIOp>([](auto) { return Kind::Xor; })
          .Case<arith::ShLIOp>([](auto) { return Kind::Shl; })
          .Case<arith::ShRSIOp, arith::ShRUIOp>([](auto) { return Kind::Shr; })
          .Case<arith::CmpIOp>([](auto) { return Kind::Cmp; })
          .Case<arith::SelectOp>([](auto) { return Kind::Select; })
          .Case<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtUIOp>([](auto) { return Kind::Copy; })
          .Case<task::CoreOp>([](auto) { return Kind::Core; })
          .Default([](Operation *) { return std::nullopt; });
  if (!kind)
    return op->emitOpError("cannot run on the sequencer");
  node.kind = *kind;
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    node.extra = int(compare.getPredicate());
  int *operands[] = {&node.a, &node.b, &node.c};
  for (auto [i, operand] : llvm::enumerate(op->getOperands()))
    *operands[i] = place(operand);
  node.dst = place(op->getResult(0));
  nodes.push_back(node);
  return success();
}

namespace {
bool compare(arith::CmpIPredicate predicate, int64_t a, int64_t b) {
  using P = arith::CmpIPredicate;
  switch (predicate) {
  case P::eq:
    return a == b;
  case P::ne:
    return a != b;
  case P::slt:
  case P::ult:
    return a < b;
  case P::sle:
  case P::ule:
    return a <= b;
  case P::sgt:
  case P::ugt:
    return a > b;
  case P::sge:
  case P::uge:
    return a >= b;
  }
  return false;
}
} // namespace

struct Script::Run {
  const Script &script;
  Trace &trace;
  int64_t core, limit;
  std::vector<int64_t> values;
  std::vector<int8_t> ring;                         ///< slot of each buffer
  std::vector<int64_t> balance;                     ///< of each semaphore, signals less waits issued so far
  llvm::DenseMap<const ScriptAccess *, int> kept{}; ///< where its last counts are

  void mix(uint64_t x) { trace.hash = (trace.hash ^ x) * 0x9E3779B97F4A7C15ull + (trace.hash >> 29); }

  LogicalResult outside(const ScriptInsn &insn, const ScriptAccess &access, int64_t low, int64_t high) {
    const ScriptBuffer &buffer = script.buffers[access.buffer];
    InFlightDiagnostic diag = insn.op.emitOpError()
                              << (access.writes ? "writes" : "reads") << " bytes " << low << " to " << high
                              << " of a buffer of " << buffer.bytes << " bytes, on core " << core;
    diag.attachNote(buffer.value.getLoc()) << "the buffer";
    return diag;
  }

  /// Where the counts of an access are; the same place as long as they do not change.
  int keep(const ScriptAccess &access, ArrayRef<int64_t> counts) {
    auto [last, added] = kept.try_emplace(&access, 0);
    if (added || ArrayRef(trace.counts).slice(last->second, counts.size()) != counts) {
      last->second = int(trace.counts.size());
      trace.counts.insert(trace.counts.end(), counts.begin(), counts.end());
    }
    return last->second;
  }

  LogicalResult access(const ScriptInsn &insn, int insnNumber, const ScriptAccess &access, int number) {
    const ScriptBuffer &buffer = script.buffers[access.buffer];
    int64_t low = values[access.offset], high = low;
    bool empty = false;
    SmallVector<int64_t, 5> counts;
    for (auto [i, dim] : llvm::enumerate(access.dims)) {
      int64_t count = dim.value < 0 ? dim.count : values[dim.value];
      if (count < 0)
        return insn.op.emitOpError() << "has a count of " << count << " on core " << core;
      counts.push_back(count);
      empty |= count == 0;
      if (access.indexed && i == 0)
        continue; // which rows is in the list; the machine checks each
      (dim.stride < 0 ? low : high) += (count - 1) * dim.stride;
    }
    if (!empty && (low < 0 || high >= buffer.bytes))
      return outside(insn, access, low, high);
    if (!buffer.local() && !empty)
      trace.globals.push_back(
          {int(trace.events.size()), insnNumber, number, keep(access, counts), values[access.offset]});
    trace.slots.push_back(buffer.local() ? ring[access.buffer] : 0);
    mix(uint64_t(trace.slots.back()) * 2 + empty);
    return success();
  }

  LogicalResult issue(int number) {
    const ScriptInsn &insn = script.insns[number];
    mix(uint64_t(number) + 1);
    int slots = int(trace.slots.size());
    for (auto [i, a] : llvm::enumerate(insn.accesses))
      if (failed(access(insn, number, a, int(i))))
        return failure();
    for (const task::Token &token : insn.waits)
      count(token.semaphore) -= token.count;
    for (const task::Token &token : insn.signals)
      count(token.semaphore) += token.count;
    trace.events.push_back({number, slots});
    return success();
  }

  int64_t &count(int64_t semaphore) {
    if (semaphore >= int64_t(balance.size()))
      balance.resize(semaphore + 1);
    return balance[semaphore];
  }

  LogicalResult loop(const Node &node, int body) {
    int64_t step = values[node.c];
    if (step <= 0)
      return node.op->emitOpError() << "has a step of " << step;
    for (int64_t i = values[node.a], upper = values[node.b]; i < upper; i += step) {
      values[node.dst] = i;
      std::vector<int64_t> before = balance;
      if (failed(block(body, node.end)))
        return failure();
      for (size_t s = 0; s < balance.size(); ++s)
        if (balance[s] != (s < before.size() ? before[s] : 0))
          return node.op->emitOpError() << "iteration " << i << " on core " << core << " leaves "
                                        << balance[s] - (s < before.size() ? before[s] : 0) << " tokens in semaphore "
                                        << s << "; an iteration gives and takes equally many";
    }
    return success();
  }

  LogicalResult block(int begin, int end) {
    for (int i = begin; i < end; ++i) {
      const Node &node = script.nodes[i];
      if (++trace.steps > limit)
        return asLimit(script.kernel.emitError("is too long to be proved: more than ")
                       << limit << " steps on core " << core);
      int64_t a = values[node.a], b = values[node.b];
      int64_t &dst = values[node.dst];
      switch (node.kind) {
      case Kind::Add:
        dst = int64_t(uint64_t(a) + uint64_t(b));
        break;
      case Kind::Sub:
        dst = int64_t(uint64_t(a) - uint64_t(b));
        break;
      case Kind::Mul:
        dst = int64_t(uint64_t(a) * uint64_t(b));
        break;
      case Kind::Min:
        dst = std::min(a, b);
        break;
      case Kind::Max:
        dst = std::max(a, b);
        break;
      case Kind::And:
        dst = a & b;
        break;
      case Kind::Or:
        dst = a | b;
        break;
      case Kind::Xor:
        dst = a ^ b;
        break;
      case Kind::Shl:
        dst = int64_t(uint64_t(a) << (b & 63));
        break;
      case Kind::Shr:
        dst = a >> (b & 63);
        break;
      case Kind::Cmp:
        dst = compare(arith::CmpIPredicate(node.extra), a, b);
        break;
      case Kind::Select:
        dst = a ? b : values[node.c];
        break;
      case Kind::Copy:
        dst = a;
        break;
      case Kind::Core:
        dst = core;
        break;
      case Kind::Ring:
        ring[node.extra] = int8_t((ring[node.extra] + 1) % script.buffers[node.extra].depth);
        break;
      case Kind::Insn:
        if (failed(issue(node.extra)))
          return failure();
        break;
      case Kind::Loop:
        if (failed(loop(node, i + 1)))
          return failure();
        i = node.end - 1;
        break;
      case Kind::If:
        if (failed(a ? block(i + 1, node.middle) : block(node.middle, node.end)))
          return failure();
        i = node.end - 1;
        break;
      }
    }
    return success();
  }
};

LogicalResult Script::run(int64_t core, ArrayRef<int64_t> arguments, int64_t limit, Trace &trace) const {
  Run run{*this, trace, core, limit, initial, {}, {}};
  for (auto [at, value] : llvm::zip(argumentPlaces, arguments))
    run.values[at] = value;
  for (const ScriptBuffer &buffer : buffers)
    run.ring.push_back(int8_t(buffer.depth - 1));
  if (failed(run.block(0, int(nodes.size()))))
    return failure();
  for (auto [semaphore, balance] : llvm::enumerate(run.balance))
    if (balance != 0)
      return kernel.emitError() << "kernel '" << kernel.getName() << "' leaves " << balance << " tokens in semaphore "
                                << semaphore << " on core " << core << "; a kernel gives and takes equally many";
  return success();
}

} // namespace garam::lowering
