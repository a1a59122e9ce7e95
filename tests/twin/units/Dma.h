// A DMA engine: rules D1 to D7, and B1 for dma_out.
#pragma once

#include "runtime/timing/Bursts.h"
#include "tests/twin/units/Engine.h"
#include "tests/twin/units/Packet.h"

#include <optional>

namespace garam::twin {

class DmaEngine : public Engine {
public:
  using Engine::Engine;
  void tick(int64_t t) override;
  uint8_t causeNow(int64_t t) const override;
  void access(TakenBanks &taken, int64_t t);
  /// A part of a burst has arrived: the response, or the answer of a copy.
  void arrived(const BurstPtr &burst, int64_t t);
  void releaseBarrier(int64_t t) { barrierEnd = t; }

private:
  /// A transfer, from taking to completion.
  struct Transfer {
    OpPtr op;
    std::vector<rt::Burst> bursts;
    size_t sent = 0, complete = 0;
    bool prepared = false;
    std::vector<int> targets;   ///< cores whose L1 receives it
    bool masked = false;        ///< with targets
    std::vector<uint8_t> bytes; ///< read at the start (E2)
    bool over() const { return prepared && complete == bursts.size(); }
  };
  using TransferPtr = std::shared_ptr<Transfer>;
  /// A burst whose bytes are read from L1 or acc, or copied inside the core (D4, D5).
  struct Reading {
    BurstPtr burst;
    Steps steps;
    size_t next = 0;
    int64_t operand = 0, output = 0; ///< cycles refused
  };
  struct Flying {
    BurstPtr burst;
    TransferPtr transfer;
  };

  TransferPtr preparing, issuing;
  int64_t preparedAt = 0, nextSend = 0;
  std::optional<Reading> reading;
  std::deque<TransferPtr> transfers;
  std::vector<Flying> inFlight;
  std::deque<BurstPtr> unretired; ///< in the order sent (C4)
  int64_t retiredAt = 0;
  bool atBarrier = false;
  int64_t barrierEnd = -1;

  void begin(TransferPtr transfer);
  void finish(const Transfer &transfer);
  void send(int64_t t);
  void startReading(const BurstPtr &burst);
  void endReading(int64_t t);
  void retire(int64_t t);
};

} // namespace garam::twin
