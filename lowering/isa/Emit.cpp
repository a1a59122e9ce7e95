// Structured control flow and index arithmetic to sequencer instructions, task ops to instructions of their engines.
#include "lowering/isa/Code.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using garam::rt::Opcode;

namespace garam::lowering {

int64_t Code::descriptor(const rt::Descriptor &descriptor) {
  auto found = llvm::find(descriptors, descriptor);
  if (found == descriptors.end())
    found = descriptors.insert(found, descriptor);
  return found - descriptors.begin();
}

namespace {
constexpr bool fits(int64_t value) { return value == int32_t(value); }

class Emitter {
public:
  explicit Emitter(func::FuncOp kernel) : kernel(kernel) { code.name = kernel.getName().str(); }

  FailureOr<Code> emit() {
    for (auto arg : kernel.getArguments())
      if (arg.getType().isIndex() && !arg.use_empty()) {
        auto index = kernel.getArgAttrOfType<IntegerAttr>(arg.getArgNumber(), task::kParamAttr);
        registers[arg] = define(Opcode::SeqParam, {Slot::imm(index.getInt())}, kernel.getLoc());
      }
    // Constants that no immediate holds stand at the top, once.
    kernel.walk([&](arith::ConstantOp op) {
      APInt value;
      if (matchPattern(op.getOperation(), m_ConstantInt(&value)) && !fits(value.getSExtValue()))
        registers[op] = load64(value.getSExtValue(), op.getLoc());
    });
    if (failed(block(kernel.getBody().front())))
      return failure();
    add(Opcode::SeqEnd, {}, kernel.getLoc());
    return std::move(code);
  }

private:
  VirtualInsn &add(Opcode opcode, ArrayRef<Slot> slots, Location loc) {
    code.insns.push_back({opcode, {slots.begin(), slots.end()}, {}, {}, loc});
    return code.insns.back();
  }

  /// An instruction that writes a new register; its first slot.
  int define(Opcode opcode, ArrayRef<Slot> rest, Location loc) {
    int reg = code.registers++;
    write(reg, opcode, rest, loc);
    return reg;
  }
  void write(int reg, Opcode opcode, ArrayRef<Slot> rest, Location loc) {
    SmallVector<Slot> slots{Slot::of(reg)};
    slots.append(rest.begin(), rest.end());
    add(opcode, slots, loc);
  }

  int load64(int64_t value, Location loc) {
    return define(Opcode::SeqSet, {Slot::imm(int32_t(value)), Slot::imm(value >> 32)}, loc);
  }

  Slot operand(Value value) {
    if (auto found = registers.find(value); found != registers.end())
      return Slot::of(found->second);
    APInt constant;
    if (matchPattern(value, m_ConstantInt(&constant)))
      return Slot::imm(value.getType().isInteger(1) ? int64_t(constant.getZExtValue()) : constant.getSExtValue());
    llvm_unreachable("an index value without a register");
  }

  LogicalResult block(Block &block) {
    for (Operation &op : block)
      if (failed(convert(&op)))
        return failure();
    return success();
  }

  LogicalResult convert(Operation *op) {
    Location loc = op->getLoc();
    if (op->hasTrait<OpTrait::ConstantLike>() || isa<scf::YieldOp, func::ReturnOp, task::WorkspaceOp>(op))
      return success();
    if (auto engine = dyn_cast<task::EngineOp>(op))
      return insn(engine);
    if (auto phase = dyn_cast<task::PhaseOp>(op)) {
      phase.walk([&](task::AllocOp alloc) { startRing(alloc); });
      return block(phase.getBody().front());
    }
    if (auto alloc = dyn_cast<task::AllocOp>(op)) {
      advanceRing(alloc);
      return success();
    }
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      int iv = code.registers++;
      registers[loop.getInductionVar()] = iv;
      size_t at = code.insns.size();
      add(Opcode::SeqLoop,
          {Slot::of(iv), operand(loop.getLowerBound()), operand(loop.getUpperBound()), operand(loop.getStep()), {}},
          loc);
      if (failed(block(*loop.getBody())))
        return failure();
      code.insns[at].slots[4] = Slot::imm(int64_t(code.insns.size() - at) - 1);
      return success();
    }
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      Slot condition = operand(branch.getCondition());
      if (failed(guarded(condition, *branch.thenBlock(), loc)))
        return failure();
      if (!branch.elseBlock() || llvm::hasSingleElement(*branch.elseBlock()))
        return success();
      return guarded(Slot::of(define(Opcode::SeqEq, {condition, Slot::imm(0)}, loc)), *branch.elseBlock(), loc);
    }
    return arithmetic(op);
  }

  LogicalResult guarded(Slot condition, Block &body, Location loc) {
    size_t at = code.insns.size();
    add(Opcode::SeqSkip, {condition, {}}, loc);
    if (failed(block(body)))
      return failure();
    code.insns[at].slots[1] = Slot::imm(int64_t(code.insns.size() - at) - 1);
    return success();
  }

  LogicalResult arithmetic(Operation *op) {
    Location loc = op->getLoc();
    auto in = [&](unsigned i) { return operand(op->getOperand(i)); };
    auto binary = [&](Opcode opcode) {
      registers[op->getResult(0)] = define(opcode, {in(0), in(1)}, loc);
      return success();
    };
    auto alias = [&](Value value) {
      Slot slot = operand(value);
      registers[op->getResult(0)] = slot.reg ? int(slot.value) : define(Opcode::SeqAdd, {slot, Slot::imm(0)}, loc);
      return success();
    };
    if (isa<arith::AddIOp>(op))
      return binary(Opcode::SeqAdd);
    if (isa<arith::SubIOp>(op))
      return binary(Opcode::SeqSub);
    if (isa<arith::MulIOp>(op))
      return binary(Opcode::SeqMul);
    if (isa<arith::MinSIOp, arith::MinUIOp>(op))
      return binary(Opcode::SeqMin);
    if (isa<arith::MaxSIOp, arith::MaxUIOp>(op))
      return binary(Opcode::SeqMax);
    if (isa<arith::AndIOp>(op))
      return binary(Opcode::SeqAnd);
    if (isa<arith::OrIOp>(op) && op->getResult(0).getType().isInteger(1))
      return binary(Opcode::SeqMax);
    if (isa<arith::ShLIOp>(op))
      return binary(Opcode::SeqShl);
    if (isa<arith::ShRSIOp>(op))
      return binary(Opcode::SeqShr);
    if (isa<arith::XOrIOp>(op) && matchPattern(op->getOperand(1), m_One())) {
      registers[op->getResult(0)] = define(Opcode::SeqEq, {in(0), Slot::imm(0)}, loc);
      return success();
    }
    if (isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtUIOp>(op))
      return alias(op->getOperand(0));
    if (auto compare = dyn_cast<arith::CmpIOp>(op)) {
      registers[compare] = comparison(compare.getPredicate(), in(0), in(1), loc);
      return success();
    }
    if (isa<arith::SelectOp>(op)) { // c · (x − y) + y
      int difference = define(Opcode::SeqSub, {in(1), in(2)}, loc);
      int chosen = define(Opcode::SeqMul, {Slot::of(difference), in(0)}, loc);
      registers[op->getResult(0)] = define(Opcode::SeqAdd, {Slot::of(chosen), in(2)}, loc);
      return success();
    }
    if (isa<task::CoreOp>(op)) {
      registers[op->getResult(0)] = define(Opcode::SeqCore, {}, loc);
      return success();
    }
    if (auto param = dyn_cast<task::ParamOp>(op)) {
      registers[param] = define(Opcode::SeqParam, {Slot::imm(param.getIndex())}, loc);
      return success();
    }
    if (auto slot = dyn_cast<task::SlotOp>(op)) {
      registers[slot] = rings.lookup(slot.getBuffer());
      return success();
    }
    return op->emitOpError("cannot run on the sequencer");
  }

  int comparison(arith::CmpIPredicate predicate, Slot a, Slot b, Location loc) {
    using P = arith::CmpIPredicate;
    auto negated = [&](int reg) { return define(Opcode::SeqEq, {Slot::of(reg), Slot::imm(0)}, loc); };
    switch (predicate) {
    case P::eq:
      return define(Opcode::SeqEq, {a, b}, loc);
    case P::ne:
      return negated(define(Opcode::SeqEq, {a, b}, loc));
    case P::slt:
    case P::ult:
      return define(Opcode::SeqLt, {a, b}, loc);
    case P::sgt:
    case P::ugt:
      return define(Opcode::SeqLt, {b, a}, loc);
    case P::sge:
    case P::uge:
      return negated(define(Opcode::SeqLt, {a, b}, loc));
    case P::sle:
    case P::ule:
      return negated(define(Opcode::SeqLt, {b, a}, loc));
    }
    llvm_unreachable("a comparison");
  }

  // ---- rings: a register holds the address of the slot; each execution of the alloc moves it on
  // -----------------------

  void startRing(task::AllocOp alloc) {
    if (alloc.getDepth() == 1)
      return;
    int64_t last = *alloc.getAddress() + (int64_t(alloc.getDepth()) - 1) * alloc.getSlotBytes();
    rings[alloc] = define(Opcode::SeqSet, {Slot::imm(last), Slot::imm(0)}, alloc.getLoc());
  }

  void advanceRing(task::AllocOp alloc) {
    if (alloc.getDepth() == 1)
      return;
    Location loc = alloc.getLoc();
    int reg = rings.lookup(alloc);
    int64_t base = *alloc.getAddress(), slot = alloc.getSlotBytes(), all = slot * int64_t(alloc.getDepth());
    if (alloc.getDepth() == 2 && fits(2 * base + slot))
      return write(reg, Opcode::SeqSub, {Slot::imm(2 * base + slot), Slot::of(reg)}, loc);
    if (alloc.getDepth() == 2) {
      write(reg, Opcode::SeqSub, {Slot::imm(base + slot), Slot::of(reg)}, loc);
      return write(reg, Opcode::SeqAdd, {Slot::of(reg), Slot::imm(base)}, loc);
    }
    write(reg, Opcode::SeqAdd, {Slot::of(reg), Slot::imm(slot)}, loc);
    int wraps = define(Opcode::SeqEq, {Slot::of(reg), Slot::imm(base + all)}, loc);
    int back = define(Opcode::SeqMul, {Slot::of(wraps), Slot::imm(-all)}, loc);
    write(reg, Opcode::SeqAdd, {Slot::of(reg), Slot::of(back)}, loc);
  }

  // ---- engines ------------------------------------------------------------------------------------------------------

  SmallVector<Slot> sizes(ValueRange dynamic, ArrayRef<int64_t> fixed) {
    SmallVector<Slot> result;
    unsigned next = 0;
    for (int64_t size : fixed)
      result.push_back(ShapedType::isDynamic(size) ? operand(dynamic[next++]) : Slot::imm(size));
    return result;
  }

  static int64_t number(Type type) { return int64_t(*tile::dtypeOf(type)); }

  template <class Op> void transfer(Op op, Opcode plain, Opcode indexed) {
    rt::DmaShape shape;
    SmallVector<Slot> counts = sizes(op.getCounts(), op.getStaticCounts()), overrides(5);
    for (int i = 0; i < 5; ++i) {
      shape.srcStrides[i] = op.getSourceStrides()[i];
      shape.dstStrides[i] = op.getTargetStrides()[i];
      if (counts[i].reg)
        overrides[i] = counts[i];
      else
        shape.counts[i] = counts[i].value;
    }
    SmallVector<Slot> slots{Slot::imm(code.descriptor(shape)), operand(op.getSourceOffset()),
                            operand(op.getTargetOffset())};
    slots.append(overrides);
    if (op.getIndices())
      slots.append({operand(op.getIndicesOffset()), Slot::imm(number(*op.getIndexType())),
                    Slot::imm(int64_t(op.getRows().value_or(0)))});
    else
      slots.push_back(Slot::imm(0)); // this core: no multicast, no remote signal
    add(op.getIndices() ? indexed : plain, slots, op.getLoc());
  }

  void mma(task::MmaOp op) {
    SmallVector<Slot> mkn = sizes(op.getSizes(), op.getStaticSizes());
    ArrayRef<int64_t> strides = op.getStrides();
    int64_t types = number(op.getAType()) | number(op.getWType()) << 4 | int64_t(op.getTransposed()) << 8;
    add(Opcode::Mma,
        {operand(op.getAOffset()), Slot::imm(strides[0]), operand(op.getWOffset()), Slot::imm(strides[1]),
         operand(op.getAccOffset()), Slot::imm(strides[2]), mkn[0], mkn[1], mkn[2],
         op.getAccumulate() ? operand(op.getAccumulate()) : Slot::imm(0), Slot::imm(types)},
        op.getLoc());
  }

  void map(task::MapOp op) {
    SmallVector<Slot> size = sizes(op.getSizes(), op.getStaticSizes());
    SmallVector<Slot> slots{Slot::imm(code.descriptor(op.getRuntimeChain())), size[0], size[1]};
    for (unsigned i = 0; i < 3; ++i) {
      bool present = i < op.getSources().size();
      slots.push_back(present ? operand(op.getSourceOffsets()[i]) : Slot::imm(0));
      slots.push_back(Slot::imm(present ? op.getSourceStrides()[i] : 0));
    }
    slots.push_back(op.getTarget() ? operand(op.getTargetOffset()) : Slot::imm(0));
    slots.push_back(Slot::imm(op.getTarget() ? int64_t(op.getTargetStride()) : 0));
    slots.push_back(op.getReduced() ? operand(op.getReducedOffset()) : Slot::imm(0));
    slots.push_back(op.getScalar() ? operand(op.getScalar()) : Slot::imm(0));
    add(Opcode::VecMap, slots, op.getLoc());
  }

  void rotate(task::RotateOp op) {
    ArrayRef<int64_t> strides = op.getStrides();
    add(Opcode::VecRotate,
        {sizes(op.getSizes(), op.getStaticSizes())[0], Slot::imm(op.getHeads()), Slot::imm(op.getDim()),
         operand(op.getXOffset()), Slot::imm(strides[0]), operand(op.getCosOffset()), Slot::imm(strides[1]),
         operand(op.getSinOffset()), Slot::imm(strides[2]), operand(op.getOutOffset()), Slot::imm(strides[3]),
         Slot::imm(number(op.getXType()) | number(op.getOutType()) << 4), Slot::imm(int64_t(op.getMode()))},
        op.getLoc());
  }

  template <class Op> void rows(Op op, Opcode opcode) {
    SmallVector<Slot> size = sizes(op.getSizes(), op.getStaticSizes());
    add(opcode,
        {size[0], size[1], operand(op.getXOffset()), Slot::imm(op.getStrides()[0]), operand(op.getOutOffset()),
         Slot::imm(op.getStrides()[1]), Slot::imm(number(op.getXType()) | number(op.getOutType()) << 4)},
        op.getLoc());
  }

  void sync(task::SyncOp op) {
    switch (op.getOn()) {
    case task::Engine::dma_in:
      add(Opcode::DmaInSync, {}, op.getLoc());
      break;
    case task::Engine::dma_out:
      add(Opcode::DmaOutSync, {Slot::imm(0)}, op.getLoc());
      break;
    case task::Engine::matrix:
      add(Opcode::MatrixSync, {}, op.getLoc());
      break;
    case task::Engine::seq: // refused above
    case task::Engine::vector:
      add(Opcode::VectorSync, {}, op.getLoc());
      break;
    }
  }

  LogicalResult insn(task::EngineOp op) {
    if (isa<task::SyncOp>(op) && op.getEngine() == task::Engine::seq)
      return op.emitOpError("is for an engine with a queue; the sequencer waits in its reads only");
    for (ArrayRef<task::Token> tokens : {op.getWaitTokens(), op.getSignalTokens()}) {
      if (tokens.size() > 2)
        return op.emitOpError("has more than two waits or signals; run task-split-sync");
      for (const task::Token &token : tokens)
        if (token.semaphore < 0 || token.semaphore >= rt::kSemaphores)
          return op.emitOpError() << "names semaphore " << token.semaphore << "; run task-assign-semaphores";
    }
    llvm::TypeSwitch<Operation *>(op)
        .Case<task::LoadOp>([&](auto o) { transfer(o, Opcode::DmaLoad, Opcode::DmaGather); })
        .Case<task::StoreOp>([&](auto o) { transfer(o, Opcode::DmaStore, Opcode::DmaScatter); })
        .Case<task::MmaOp>([&](auto o) { mma(o); })
        .Case<task::MapOp>([&](auto o) { map(o); })
        .Case<task::RotateOp>([&](auto o) { rotate(o); })
#define GARAM_ISA_ROWS(name, opcode, result, integers) .Case<task::name##Op>([&](auto o) { rows(o, Opcode::opcode); })
#include "runtime/isa/Isa.inc"
#undef GARAM_ISA_ROWS
        .Case<task::BarrierOp>(
            [&](auto o) { add(Opcode::SyncBarrier, {Slot::imm(int64_t(o.getScope()))}, o.getLoc()); })
        .Case<task::SyncOp>([&](auto o) { sync(o); })
        .Case<task::ReadOp>([&](auto o) {
          registers[o.getValue()] =
              define(Opcode::SeqLoad, {operand(o.getOffset()), Slot::imm(number(o.getType()))}, o.getLoc());
        });
    VirtualInsn &last = code.insns.back();
    last.waits.assign(op.getWaitTokens().begin(), op.getWaitTokens().end());
    last.signals.assign(op.getSignalTokens().begin(), op.getSignalTokens().end());
    for (const task::Token &token : last.waits)
      code.waiters[token.semaphore] = op.getEngine();
    return success();
  }

  func::FuncOp kernel;
  Code code;
  llvm::DenseMap<Value, int> registers, rings;
};
} // namespace

FailureOr<Code> emitCode(func::FuncOp kernel) { return Emitter(kernel).emit(); }

} // namespace garam::lowering
