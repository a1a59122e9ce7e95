#include "tests/twin/units/Dma.h"

#include "runtime/Error.h"
#include "runtime/isa/Address.h"
#include "tests/twin/units/Machine.h"

#include <cstring>

namespace garam::twin {
namespace {

bool moves(rt::Opcode opcode) {
  return opcode == rt::Opcode::DmaLoad || opcode == rt::Opcode::DmaGather || opcode == rt::Opcode::DmaStore ||
         opcode == rt::Opcode::DmaScatter;
}

} // namespace

/// What is sampled and read at the start (E2): bursts, indices, bytes.
void DmaEngine::begin(TransferPtr transfer) {
  const Op &op = *transfer->op;
  if (!moves(op.insn->opcode))
    return;
  auto args = rt::DmaGatherArgs::from(op.values); // the four have their fields in one order
  rt::Transfer asked;
  asked.shape = std::get<rt::DmaShape>(machine.descriptor(args.desc));
  const int64_t counts[] = {args.c0, args.c1, args.c2, args.c3, args.c4};
  for (int d = 0; d < 5; ++d)
    if (op.insn->isReg(3 + d))
      asked.shape.counts[size_t(d)] = counts[d];
  asked.src = args.src, asked.dst = args.dst;
  asked.toGlobal = kind == rt::Engine::DmaOut;
  std::vector<int64_t> indices;
  if (op.insn->opcode == rt::Opcode::DmaGather || op.insn->opcode == rt::Opcode::DmaScatter) {
    bool wide = rt::DType(args.indexType) == rt::DType::I64;
    for (int64_t i = 0; i < asked.shape.counts[4]; ++i) {
      int64_t value = 0;
      int32_t narrow = 0;
      if (wide)
        machine.memory.readLocal(core.id, args.indices + 8 * i, {reinterpret_cast<uint8_t *>(&value), 8});
      else
        machine.memory.readLocal(core.id, args.indices + 4 * i, {reinterpret_cast<uint8_t *>(&narrow), 4});
      indices.push_back(wide ? value : narrow);
      if (args.rows && (indices.back() < 0 || indices.back() >= args.rows))
        throw rt::Error(rt::ErrorKind::Undefined, "dma", fmt::format("index {}", indices.back()),
                        fmt::format("the table has {} rows", args.rows));
    }
    asked.indices = indices;
  }
  transfer->targets = {core.id};
  if (op.insn->opcode == rt::Opcode::DmaLoad && op.values[8]) {
    transfer->masked = true;
    transfer->targets.clear();
    for (int i = 0; i < machine.chip.topology.coresPerDie; ++i)
      if (op.values[8] >> i & 1)
        transfer->targets.push_back(int(core.die * machine.chip.topology.coresPerDie) + i);
  }
  rt::BurstCursor cursor(machine.chip, asked);
  for (rt::Burst burst; cursor.next(burst);) {
    cite(Rule::D2);
    transfer->bursts.push_back(burst);
    size_t at = transfer->bytes.size();
    transfer->bytes.resize(at + size_t(burst.bytes));
    std::span<uint8_t> to(transfer->bytes.data() + at, size_t(burst.bytes));
    if (asked.toGlobal)
      machine.memory.readLocal(core.id, burst.src, to);
    else
      machine.memory.read(burst.src, to);
  }
}

/// Results appear at completion (E2).
void DmaEngine::finish(const Transfer &transfer) {
  cite(Rule::E2);
  size_t at = 0;
  for (const rt::Burst &burst : transfer.bursts) {
    std::span<const uint8_t> from(transfer.bytes.data() + at, size_t(burst.bytes));
    at += size_t(burst.bytes);
    if (kind == rt::Engine::DmaOut)
      machine.memory.write(burst.dst, from);
    else
      for (int target : transfer.targets)
        machine.memory.writeLocal(target, burst.dst, from);
  }
}

void DmaEngine::arrived(const BurstPtr &burst, int64_t t) {
  if (--burst->pending)
    return;
  burst->complete = true;
  for (size_t i = 0; i < inFlight.size(); ++i)
    if (inFlight[i].burst == burst) {
      ++inFlight[i].transfer->complete;
      inFlight.erase(inFlight.begin() + long(i));
      return;
    }
}

/// D4, D5: the steps in which a burst is read from the core's memory.
void DmaEngine::startReading(const BurstPtr &burst) {
  bool own = machine.isOwnL1(kind == rt::Engine::DmaOut ? burst->dst : burst->src, core.id);
  int64_t piece = own ? machine.chip.l1.beatBytes : machine.chip.noc.linkBytes;
  cite(own ? Rule::D4 : Rule::D5);
  reading = Reading{burst, {}};
  for (int64_t at = 0; at < burst->bytes; at += piece) {
    int64_t bytes = std::min(piece, burst->bytes - at);
    Step step;
    auto local = [&](int64_t address) { return kind == rt::Engine::DmaOut ? address : rt::offsetOf(address); };
    touch(machine.chip, step.reads, local(burst->src) + at, bytes);
    if (own)
      touch(machine.chip, step.writes, (kind == rt::Engine::DmaOut ? rt::offsetOf(burst->dst) : burst->dst) + at,
            bytes);
    reading->steps.push_back(step);
  }
}

/// The first half of the cycle after the last step.
void DmaEngine::endReading(int64_t t) {
  BurstPtr burst = reading->burst;
  if (burst->write) {
    burst->mark(uint8_t(rt::Stall::OperandL1), burst->sent + reading->operand);
    burst->mark(uint8_t(rt::Stall::OutputL1), burst->sent + reading->operand + reading->output);
    burst->mark(kBusy, t);
  }
  reading.reset();
  bool own = machine.isOwnL1(kind == rt::Engine::DmaOut ? burst->dst : burst->src, core.id);
  if (own)
    arrived(burst, t);
  else // D5: at the router in the cycle after this one
    machine.sendWrite(core, burst, t + 1);
}

void DmaEngine::send(int64_t t) {
  if (!issuing || issuing->sent == issuing->bursts.size() || reading || t < nextSend)
    return;
  if (int64_t(inFlight.size()) >= machine.chip.dma.outstandingBursts) {
    cite(Rule::D7);
    return;
  }
  const rt::Burst &cut = issuing->bursts[issuing->sent++];
  auto burst = std::make_shared<Burst>();
  burst->engine = this, burst->core = core.id, burst->die = core.die;
  burst->src = cut.src, burst->dst = cut.dst, burst->bytes = cut.bytes;
  burst->write = kind == rt::Engine::DmaOut;
  burst->sent = t;
  nextSend = t + 1;
  for (int target : issuing->targets)
    if (target != core.id)
      burst->copies.push_back(target);
  burst->toAsker = std::count(issuing->targets.begin(), issuing->targets.end(), core.id) > 0;
  burst->pending = 1 + int64_t(burst->copies.size());
  if (!burst->copies.empty())
    cite(Rule::D6);
  inFlight.push_back({burst, issuing});
  unretired.push_back(burst);
  if (burst->write || (machine.isOwnL1(burst->src, core.id) && burst->copies.empty())) // D4, D6
    startReading(burst);
  else
    cite(Rule::D3), machine.sendRead(core, burst, t + 1);
}

/// C4: the cycles since the retirement before, as far as the burst was under way, are the burst's.
void DmaEngine::retire(int64_t t) {
  for (; !unretired.empty() && unretired.front()->complete; unretired.pop_front()) {
    cite(Rule::C4);
    const Burst &burst = *unretired.front();
    for (int64_t c = std::max(burst.sent, retiredAt); c < t; ++c)
      causes[size_t(c)] = burst.causeAt(c);
    retiredAt = t;
  }
}

void DmaEngine::tick(int64_t t) {
  if (reading && reading->next == reading->steps.size())
    endReading(t);
  if (issuing && issuing->sent == issuing->bursts.size() && !reading && t >= nextSend)
    issuing = nullptr; // D1: in the cycle after its last burst was sent or read
  if (preparing && t >= preparedAt && !issuing) {
    preparing->prepared = true;
    if (!preparing->bursts.empty())
      issuing = preparing;
    preparing = nullptr;
  }
  retire(t);
  while (!transfers.empty() && transfers.front()->over()) {
    finish(*transfers.front());
    transfers.pop_front();
    complete(t);
  }
  if (atBarrier && barrierEnd == t) {
    atBarrier = false;
    cite(Rule::B1);
    complete(t);
  }
  if (!preparing && !atBarrier) {
    bool barrier = headIsBarrier(t);
    if (barrier ? incomplete.empty() : true)
      if (OpPtr op = take(t)) {
        if (barrier) { // B1
          atBarrier = true;
          barrierEnd = -1;
          machine.arriveAtBarrier(*this, int(op->values[0]), t);
        } else {
          cite(moves(op->insn->opcode) ? Rule::D1 : Rule::E3);
          preparing = std::make_shared<Transfer>();
          preparing->op = op;
          begin(preparing);
          preparedAt = t + (moves(op->insn->opcode) ? machine.chip.dma.startupCycles : 1); // E3
          transfers.push_back(preparing);
        }
      }
  }
  send(t);
}

void DmaEngine::access(TakenBanks &taken, int64_t t) {
  if (!reading || reading->next == reading->steps.size())
    return;
  const Step &step = reading->steps[reading->next];
  if (kind == rt::Engine::DmaOut) { // A3: dma_in always makes its step
    bool read = taken.any(step.reads);
    if (read || taken.any(step.writes)) {
      cite(Rule::A3);
      ++(read ? reading->operand : reading->output);
      return;
    }
  }
  cite(Rule::A2);
  taken.take(step.reads), taken.take(step.writes);
  ++reading->next;
}

uint8_t DmaEngine::causeNow(int64_t) const {
  if (atBarrier) {
    cite(Rule::C3);
    return uint8_t(rt::Stall::WaitBarrier);
  }
  return kBusy;
}

} // namespace garam::twin
