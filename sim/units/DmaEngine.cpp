// Rules D1 to D7, E3: both DMA engines. An instruction is prepared, then sends its bursts, and completes with the last
// of them.
//
// Bursts retire in the order in which they were sent; the cycles since the burst before retired belong to the one that
// retires and are cut by its own time stamps (rules C3 and C4).
#include "runtime/chip/Placement.h"
#include "runtime/isa/Address.h"
#include "runtime/timing/Bursts.h"
#include "sim/kernel/Copy.h"
#include "sim/kernel/EngineUnit.h"
#include "sim/kernel/Indices.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <random>

namespace garam::sim {
namespace {

/// A transfer of a DMA engine, from taking to completion.
struct Transit {
  Issued *issued = nullptr;
  int64_t start = 0;
  rt::Transfer transfer;
  std::vector<int64_t> indices;
  StagedCopy copy, marks;
  uint64_t targets = 0;
  int64_t peer = -1;
  int64_t unretired = 0;
  bool sent = false;
  rt::ActionCounts actions;
};

struct InFlight {
  Packet *packet; ///< with its time stamps; owned by the engine again once it is back
  Transit *transit;
  int acks;  ///< answers still to come: the response and one for each copy
  bool last; ///< of its transfer
};

class DmaEngine : public EngineUnit {
public:
  DmaEngine(sc_core::sc_module_name name, const UnitPlace &place, rt::Engine engine)
      : EngineUnit(name, place, engine), chip(machine.chip), grain(rt::burstGrain(chip)),
        self{EndpointKind::Core, int16_t(die), int16_t(core % chip.topology.coresPerDie)}, random(uint64_t(core)) {
    addInput("packetIn", kPacket);
    addInput("barrierIn", kBarrierDone);
    packetOut = addOutput("packetOut");
    if (engine == rt::Engine::DmaOut)
      barrierOut = addOutput("barrierOut");
  }

  std::string activity() const override {
    if (barrier)
      return fmt::format("{} waits for the other cores",
                         describe(machine, machine.launch, barrier->index, *barrier->info));
    return fmt::format("{} bursts are in flight", inFlight);
  }

protected:
  /// A burst has been read from L1, or copied inside it.
  void runDone(int, int64_t operand, int64_t output) override { read = {true, operand, output}; }

  bool active() const override { return barrier || !order.empty(); }

  void takeOwn(const Message &message) override {
    if (message.port == kBarrierDone)
      barrierDone = true;
    else if (message.port == kLocalDone)
      answered(message.payload, nullptr);
    else
      arrived.push_back(message.as<Packet>());
  }

  void accountActive(int64_t cycle) override {
    if (barrier)
      return account.stall(rt::Stall::WaitBarrier, cycle);
    // With bursts in flight the time is known when the oldest retires.
    if (flights.empty())
      account.busy(cycle);
  }

  void finish(int64_t cycle) override {
    if (!flights.empty())
      account.busy(cycle);
    EngineUnit::finish(cycle);
  }

  void work(int64_t cycle) override {
    if (read.done)
      sendRead(cycle);
    for (Packet *packet : arrived)
      receive(packet, cycle);
    arrived.clear();
    if (barrierDone) {
      complete(barrier, barrierStart, cycle, {});
      barrier = nullptr;
      barrierDone = false;
    }
    retire(cycle);
    progress(cycle);
    while (!preparing && !barrier && ready()) {
      if (!begin(cycle))
        break;
      progress(cycle);
    }
  }

private:
  enum OwnPort : uint16_t { kPacket = kOwn, kBarrierDone, kLocalDone };

  static bool isSync(rt::Opcode opcode) { return opcode == rt::Opcode::DmaInSync || opcode == rt::Opcode::DmaOutSync; }

  // ---- taking ----

  /// Takes the head; false if it is a barrier that has to wait for earlier instructions.
  bool begin(int64_t cycle) {
    if (ready()->insn->opcode == rt::Opcode::SyncBarrier) {
      if (!order.empty())
        return false;
      barrier = takeHead(cycle);
      barrierStart = cycle;
      barrierOut->send(cycle, uint64_t(barrier->values[0]));
      return true;
    }
    Transit *transit = idle.empty() ? &transits.emplace_back() : idle.back();
    if (!idle.empty())
      idle.pop_back();
    transit->issued = takeHead(cycle);
    transit->start = cycle;
    transit->unretired = 0;
    transit->targets = 0;
    transit->peer = -1;
    transit->sent = false;
    transit->actions = {};
    transit->transfer = {};
    transit->transfer.shape.counts[0] = 0;
    try {
      if (!isSync(transit->issued->insn->opcode))
        load(*transit);
      else if (engine == rt::Engine::DmaOut)
        transit->peer = transit->issued->values[0];
    } catch (const rt::Error &error) {
      fail(*transit->issued, error);
    }
    order.push_back(transit);
    preparing = transit;
    int64_t startup = isSync(transit->issued->insn->opcode) || !machine.timed() ? 1 : chip.dma.startupCycles;
    preparedAt = cycle + startup;
    wake(preparedAt);
    return true;
  }

  /// Samples shape, addresses and indices; reads the bytes.
  void load(Transit &transit) {
    const Issued &issued = *transit.issued;
    const rt::SlotValues &v = issued.values;
    rt::Transfer &transfer = transit.transfer;
    transfer.shape = std::get<rt::DmaShape>(issued.kernel->descriptors[size_t(v[0])]);
    transfer.src = v[1];
    transfer.dst = v[2];
    transfer.toGlobal = engine == rt::Engine::DmaOut;
    for (size_t d = 0; d < 5; ++d)
      if (issued.insn->isReg(int(3 + d)))
        transfer.shape.counts[d] = v[3 + d];
    checkCounts(machine.storage, core, transfer);
    rt::Opcode opcode = issued.insn->opcode;
    if (opcode == rt::Opcode::DmaGather || opcode == rt::Opcode::DmaScatter)
      loadIndices(transit, v[8], rt::DType(v[9]), v[10]);
    else if (opcode == rt::Opcode::DmaLoad)
      transit.targets = uint64_t(v[8]);
    else
      transit.peer = v[8];
    if (transit.targets == uint64_t(1) << self.index)
      transit.targets = 0;
    if (chip.topology.coresPerDie < 64 && transit.targets >> chip.topology.coresPerDie)
      throw rt::Error(rt::ErrorKind::Undefined, "targets", fmt::format("{:#x}", transit.targets),
                      fmt::format("the die has {} cores", chip.topology.coresPerDie));
    checkTransfer(machine.storage, machine.image.owned, core, transfer);
    if (machine.functional())
      transit.copy.read(machine.storage, core, transfer);
    if (machine.shadow)
      machine.shadow->read(transit.marks, core, transfer, machine, issued);
  }

  void loadIndices(Transit &transit, int64_t address, rt::DType type, int64_t rows) {
    transit.indices.resize(size_t(transit.transfer.shape.counts[4]));
    if (machine.functional())
      readIndices(machine.storage, core, address, type, transit.indices);
    else
      drawIndices(machine.image.segments, transit.transfer, random, transit.indices);
    if (machine.shadow)
      machine.shadow->checkLocal(core, address, int64_t(transit.indices.size()) * rt::byteSize(type));
    if (machine.functional() && rows)
      checkIndices(transit.indices, rows);
    machine.gatherIndices = machine.functional() ? rt::IndexSource::Memory : rt::IndexSource::Drawn;
    transit.transfer.indices = transit.indices;
  }

  // ---- sending ----

  /// Moves what is prepared to the issue stage and sends what may be sent.
  void progress(int64_t cycle) {
    sendBursts(cycle);
    while (preparing && preparedAt <= cycle && !sending && !reading && nextSend <= cycle) {
      sending = preparing;
      preparing = nullptr;
      if (machine.timed())
        cursor.emplace(chip, sending->transfer);
      else
        cursor.reset();
      sendBursts(cycle);
    }
    retire(cycle);
    if (preparing && preparedAt <= cycle && !sending && !reading && nextSend > cycle)
      wake(nextSend);
  }

  /// Sends while fewer than the limit are in flight; sends of later cycles are published at once, since nothing that
  /// can still happen takes them back.
  void sendBursts(int64_t cycle) {
    if (!sending)
      return;
    rt::Burst burst;
    bool more = cursor && (held || cursor->next(nextBurst));
    while (more) {
      held = true;
      if (reading || inFlight >= chip.dma.outstandingBursts)
        return;
      burst = nextBurst;
      more = cursor->next(nextBurst);
      nextSend = send(burst, std::max(cycle, nextSend), !more);
    }
    held = false;
    sending->sent = true;
    sending = nullptr;
  }

  /// Gives the cycle from which the next burst may be sent.
  int64_t send(const rt::Burst &burst, int64_t cycle, bool last) {
    Packet *packet = machine.packets.take();
    packet->stamps.clear();
    packet->issued = cycle;
    packet->bytes = int32_t(burst.bytes);
    packet->write = engine == rt::Engine::DmaOut;
    packet->kind = packet->write ? PacketKind::WriteRequest : PacketKind::ReadRequest;
    packet->from = self;
    packet->targets = sending->targets & ~(uint64_t(1) << self.index);
    packet->dataHere = !sending->targets || sending->targets >> self.index & 1;
    packet->owner = firstFlight + flights.size();
    packet->local = packet->write ? burst.src : burst.dst;
    address(*packet, packet->write ? burst.dst : burst.src);
    count(*packet, sending->actions);
    flights.push_back({packet, sending, 1 + (packet->targets ? std::popcount(packet->targets) : 0), last});
    ++sending->unretired;
    ++inFlight;
    if (packet->to.kind == EndpointKind::Core && packet->to.die == self.die && packet->to.index == self.index &&
        !packet->targets) {
      // Rule D4: through the L1, beat by beat.
      announceRead(*packet, chip.l1.beatBytes, cycle);
      if (packet->write)
        return cycle + 1;
      int64_t done = cycle + (burst.bytes + chip.l1.beatBytes - 1) / chip.l1.beatBytes;
      wakeAt(risingTick(done), kLocalDone, packet->owner);
      return done;
    }
    int64_t data = packet->write ? (burst.bytes + chip.noc.linkBytes - 1) / chip.noc.linkBytes : 0;
    packet->flits = uint16_t(1 + data);
    // Rule D5: a burst that is written is read first, a flit a cycle; from L1 as its banks allow.
    if (packet->write && packet->local < rt::kAccBase) {
      announceRead(*packet, chip.noc.linkBytes, cycle);
      return cycle + 1;
    }
    if (packet->write)
      packet->mark(kBusy, cycle + data);
    packetOut->send(cycle + data + 1, payloadOf(packet));
    return cycle + std::max<int64_t>(1, data);
  }

  /// Rule P4: what a burst moves, both ends and the way.
  void count(const Packet &packet, rt::ActionCounts &actions) const {
    using rt::Action;
    const int copies = std::popcount(packet.targets) + packet.dataHere;
    actions[packet.local < rt::kAccBase ? Action::L1Bytes : Action::AccBytes] += packet.bytes * copies;
    switch (packet.to.kind) {
    case EndpointKind::Memory: {
      const int64_t access = chip.dram.timing.accessBytes;
      const int64_t columns = (packet.offset + packet.bytes - 1) / access - packet.offset / access + 1;
      actions[packet.write ? Action::DramWriteBytes : Action::DramReadBytes] += columns * access;
      break;
    }
    case EndpointKind::Shared:
      actions[Action::SharedBytes] += packet.bytes;
      break;
    default:
      actions[Action::L1Bytes] += packet.bytes;
      if (packet.to.die == self.die && packet.to.index == self.index)
        return;
    }
    const int64_t data = (packet.bytes + chip.noc.linkBytes - 1) / chip.noc.linkBytes;
    const RoundTrip &way = machine.ways.between(core, packet.to);
    machine.ways.count(way.there, packet.write ? 1 + data : 1, actions);
    machine.ways.count(way.back, packet.write || !packet.dataHere ? 1 : 1 + data, actions);
    // A copy leaves where the data come from and is answered to the core that asked.
    for (uint64_t rest = packet.targets; rest; rest &= rest - 1) {
      const int peer = die * int(chip.topology.coresPerDie) + std::countr_zero(rest);
      machine.ways.count(machine.ways.between(peer, packet.to).back, 1 + data, actions);
      machine.ways.count(machine.ways.between(peer, core).there, 1, actions);
    }
  }

  /// Announces the access of a burst to this core's L1. What dma_in does there is never held up.
  void announceRead(Packet &packet, int64_t width, int64_t cycle) {
    L1Run *run = machine.runs.take();
    const bool inside =
        packet.to.kind == EndpointKind::Core && packet.to.die == self.die && packet.to.index == self.index;
    beginLinear(packet.write ? packet.local : packet.offset, packet.bytes, width, false, *run);
    if (inside) {
      L1Run write;
      beginLinear(packet.write ? packet.offset : packet.local, packet.bytes, width, true, write);
      if (write.piece.streams)
        run->piece.add(write.piece.stream[0]);
    }
    run->client = packet.write ? L1Client::DmaOut : L1Client::Dma;
    run->start = cycle;
    announce(run, kernel.cycle());
    if (packet.write) {
      reading = &packet;
      readingInside = inside;
    }
  }

  /// The burst that was read leaves, or is complete if it stays in this core.
  void sendRead(int64_t cycle) {
    Packet *packet = reading;
    packet->mark(rt::Stall::OperandL1, packet->issued + read.operand);
    packet->mark(rt::Stall::OutputL1, packet->issued + read.operand + read.output);
    packet->mark(kBusy, cycle);
    nextSend = cycle;
    read.done = false;
    reading = nullptr;
    if (readingInside)
      answered(packet->owner, nullptr);
    else
      packetOut->send(cycle + 1, payloadOf(packet));
  }

  void address(Packet &packet, int64_t global) const {
    switch (rt::spaceOf(global)) {
    case rt::Space::Hbm: {
      rt::HbmPlace place = rt::hbmPlace(chip, global);
      rt::ChannelPlace channel = rt::channelPlace(chip.dram, place.offset);
      packet.to = {EndpointKind::Memory, int16_t(place.die), int16_t(channel.channel)};
      packet.offset = channel.offset;
      return;
    }
    case rt::Space::Shared:
      packet.offset = rt::offsetOf(global);
      packet.to = {EndpointKind::Shared, int16_t(rt::homeOf(global)),
                   int16_t(packet.offset / grain % chip.shared.banks)};
      return;
    case rt::Space::L1:
      packet.offset = rt::offsetOf(global);
      packet.to = {EndpointKind::Core, int16_t(rt::coreOf(global) / chip.topology.coresPerDie),
                   int16_t(rt::coreOf(global) % chip.topology.coresPerDie)};
      return;
    }
  }

  // ---- answers ----

  void receive(Packet *packet, int64_t cycle) {
    bool mine = packet->from.die == self.die && packet->from.index == self.index;
    if (packet->kind == PacketKind::ReadResponse && !mine) {
      // Rule D6: a copy for this core; the core that asked gets an answer of one flit.
      packet->kind = PacketKind::CopyAck;
      packet->flits = 1;
      packet->to = packet->from;
      packetOut->send(cycle + 1, payloadOf(packet));
      return;
    }
    answered(packet->owner, packet->kind == PacketKind::CopyAck ? packet : nullptr);
  }

  void answered(uint64_t owner, Packet *copy) {
    InFlight &flight = flights[owner - firstFlight];
    if (copy)
      machine.packets.give(copy);
    if (--flight.acks == 0)
      --inFlight;
  }

  void retire(int64_t cycle) {
    while (true) {
      while (!flights.empty() && flights.front().acks == 0) {
        attribute(*flights.front().packet, cycle);
        --flights.front().transit->unretired;
        machine.packets.give(flights.front().packet);
        flights.pop_front();
        ++firstFlight;
        if (flights.size() > 2) // the next to retire may long be back
          prefetch(flights[2].packet, kPrefetched);
      }
      if (order.empty() || !order.front()->sent || order.front()->unretired)
        return;
      Transit *transit = order.front();
      order.pop_front();
      if (machine.functional())
        commit(*transit);
      complete(transit->issued, transit->start, cycle, transit->actions, transit->peer, transit->targets);
      idle.push_back(transit);
    }
  }

  void commit(const Transit &transit) {
    if (!transit.targets)
      return write(transit, core);
    int base = die * int(chip.topology.coresPerDie);
    for (int i = 0; i < int(chip.topology.coresPerDie); ++i)
      if (transit.targets >> i & 1)
        write(transit, base + i);
  }

  void write(const Transit &transit, int target) {
    transit.copy.write(machine.storage, target, transit.transfer);
    if (machine.shadow)
      machine.shadow->write(transit.marks, target, transit.transfer);
  }

  void attribute(const Packet &packet, int64_t cycle) {
    account.busy(std::clamp(packet.issued, account.accounted(), cycle));
    for (size_t i = 0; i < packet.stamps.size(); ++i) {
      const Stamps::Stretch &stretch = packet.stamps[i];
      const int64_t end = std::clamp(packet.issued + int64_t(stretch.end), account.accounted(), cycle);
      if (stretch.cause == kBusy)
        account.busy(end);
      else
        account.stall(rt::Stall(stretch.cause), end);
    }
    // Copies of a multicast that are still on their way.
    if (packet.targets)
      account.stall(rt::Stall::Noc, cycle);
    else
      account.busy(cycle);
  }

  const rt::Chip &chip;
  const int64_t grain;
  const Endpoint self;

  Issued *barrier = nullptr;
  int64_t barrierStart = 0;
  bool barrierDone = false;

  Transit *preparing = nullptr, *sending = nullptr;
  int64_t preparedAt = 0, nextSend = 0;
  std::optional<rt::BurstCursor> cursor;
  rt::Burst nextBurst{};
  bool held = false;         ///< nextBurst has not been sent
  Packet *reading = nullptr; ///< being read from L1
  bool readingInside = false;
  struct {
    bool done;
    int64_t operand, output; ///< cycles in which a bank was refused
  } read{};

  std::deque<Transit *> order;  ///< taken and not complete
  std::deque<InFlight> flights; ///< sent and not retired
  uint64_t firstFlight = 0;
  int64_t inFlight = 0;
  std::vector<Packet *> arrived;

  std::deque<Transit> transits;
  std::vector<Transit *> idle;
  std::mt19937_64 random;
  OutPort *packetOut, *barrierOut = nullptr;
};

class DmaIn : public DmaEngine {
public:
  DmaIn(sc_core::sc_module_name name, const UnitPlace &place) : DmaEngine(name, place, rt::Engine::DmaIn) {}
};
class DmaOut : public DmaEngine {
public:
  DmaOut(sc_core::sc_module_name name, const UnitPlace &place) : DmaEngine(name, place, rt::Engine::DmaOut) {}
};

GARAM_UNIT(DmaIn, "dma_in");
GARAM_UNIT(DmaOut, "dma_out");

} // namespace
} // namespace garam::sim
