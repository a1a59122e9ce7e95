// The engines without time: one takes its next instruction as soon as its tokens are there and completes it at once.
// Each semaphore has one waiting engine and queues are in order, so what can happen does happen in every order of
// events; an instruction that this execution never reaches hangs on every machine, and the happens-before relation it
// yields holds on all.
#include "lowering/task/Engines.h"

#include <deque>

using namespace mlir;
using garam::task::Engine;
using garam::task::Token;

namespace garam::lowering {

namespace {
void join(Clocks &a, const Clocks &b) {
  for (int i = 0; i < rt::kEngines; ++i)
    a[i] = std::max(a[i], b[i]);
}

struct Given {
  Clocks clocks;
  Engine by;
  int32_t index;
};

struct Semaphore {
  std::deque<Given> tokens;
  std::optional<Given> last;
  std::optional<Engine> waiter;
  int64_t given = 0;
  std::vector<std::pair<int32_t, int64_t>> taken; ///< index of the waiter's instruction, tokens taken up to then
};

struct Stamp {
  int32_t index = 0;
  int event = -1;
};

/// Bytes that accesses cover as a whole.
struct Cell {
  Engine writer = Engine::seq;
  Stamp write;
  std::array<Stamp, rt::kEngines> reads;
};

class Machine {
public:
  Machine(const Script &script, const Trace &trace, int64_t queueDepth, int epochScope, int64_t core)
      : script(script), trace(trace), depth(queueDepth), epochScope(epochScope), core(core) {
    for (const ScriptInsn &insn : script.insns)
      for (const Token &token : insn.waits)
        semaphore(token.semaphore).waiter = insn.engine;
    for (const ScriptInsn &insn : script.insns)
      for (const Token &token : insn.signals)
        semaphore(token.semaphore);
    cutCells();
    proof.order.resize(trace.events.size());
  }

  FailureOr<EngineProof> run() {
    size_t next = 0;
    for (bool progress = true; progress;) {
      progress = false;
      while (next < trace.events.size()) {
        Engine engine = insnOf(int(next)).engine;
        if (engine == Engine::seq) {
          if (!ready(int(next)))
            break;
          if (failed(take(int(next))))
            return failure();
        } else {
          if (int64_t(queues[int(engine)].size()) >= depth)
            break;
          queues[int(engine)].push_back({int(next), clocks[int(Engine::seq)]});
        }
        ++next;
        progress = true;
      }
      for (auto &queue : queues)
        while (!queue.empty() && ready(queue.front().first)) {
          auto [event, issued] = queue.front();
          queue.pop_front();
          join(clocks[int(insnOf(event).engine)], issued);
          if (failed(take(event)))
            return failure();
          progress = true;
        }
    }
    if (next < trace.events.size() || llvm::any_of(queues, [](auto &queue) { return !queue.empty(); }))
      return deadlock(int(next));
    closeEpochs();
    return std::move(proof);
  }

private:
  const ScriptInsn &insnOf(int event) const { return script.insns[trace.events[event].insn]; }

  Semaphore &semaphore(int64_t number) {
    if (number >= int64_t(semaphores.size()))
      semaphores.resize(number + 1);
    return semaphores[number];
  }

  bool ready(int event) {
    llvm::SmallDenseMap<int64_t, int64_t, 4> wanted;
    for (const Token &token : insnOf(event).waits)
      if (int64_t(semaphore(token.semaphore).tokens.size()) < (wanted[token.semaphore] += token.count))
        return false;
    return true;
  }

  LogicalResult take(int event) {
    const ScriptInsn &insn = insnOf(event);
    Clocks &mine = clocks[int(insn.engine)];
    int32_t index = ++counts[int(insn.engine)];
    for (const Token &token : insn.waits) {
      Semaphore &s = semaphore(token.semaphore);
      for (int64_t i = 0; i < token.count; ++i) {
        join(mine, s.tokens.front().clocks);
        s.tokens.pop_front();
      }
      s.taken.push_back({index, (s.taken.empty() ? 0 : s.taken.back().second) + token.count});
    }
    for (auto [number, access] : llvm::enumerate(insn.accesses))
      if (script.buffers[access.buffer].local() && failed(check(event, int(number), access, index)))
        return failure();
    EventOrder &order = proof.order[event];
    order.index = index;
    order.known = mine;
    if (insn.barrier) {
      Clocks before = mine;
      before[int(Engine::dma_out)] = index;
      proof.barriers.push_back(insn.scope);
      if (insn.scope >= epochScope)
        barriers.push_back(before);
    }
    Clocks done = mine;
    done[int(insn.engine)] = index;
    for (const Token &token : insn.signals)
      if (failed(give(event, token, {done, insn.engine, index})))
        return failure();
    return success();
  }

  LogicalResult give(int event, const Token &token, const Given &given) {
    Semaphore &s = semaphore(token.semaphore);
    if (!s.waiter)
      return insnOf(event).op.emitOpError() << "signals semaphore " << token.semaphore << ", which nothing waits for";
    if (s.last && s.last->by != given.by && given.clocks[int(s.last->by)] < s.last->index)
      return insnOf(event).op.emitOpError() << "signals semaphore " << token.semaphore << " in no order with "
                                            << stringifyEngine(s.last->by) << "; its waits could take either's token";
    s.last = given;
    s.given += token.count;
    int64_t taken = 0;
    for (auto it = s.taken.rbegin(); it != s.taken.rend(); ++it)
      if (it->first <= given.clocks[int(*s.waiter)]) {
        taken = it->second;
        break;
      }
    if (s.given - taken > rt::kMaxTokens)
      return insnOf(event).op.emitOpError() << "may bring semaphore " << token.semaphore << " to " << s.given - taken
                                            << " tokens on core " << core << "; at most " << rt::kMaxTokens;
    for (int64_t i = 0; i < token.count; ++i)
      s.tokens.push_back(given);
    return success();
  }

  // ---- bytes of L1 and acc ------------------------------------------------------------------------------------------

  /// Addresses at which any slot begins or ends cut memory into cells; each slot is a range of them.
  void cutCells() {
    std::vector<int64_t> cuts;
    for (const ScriptBuffer &buffer : script.buffers)
      if (buffer.local())
        for (int64_t slot = 0; slot < buffer.depth; ++slot) {
          cuts.push_back(buffer.address + slot * buffer.slotBytes);
          cuts.push_back(buffer.address + slot * buffer.slotBytes + buffer.bytes);
        }
    llvm::sort(cuts);
    cuts.erase(llvm::unique(cuts), cuts.end());
    cells.resize(cuts.size());
    auto at = [&](int64_t address) { return int(llvm::lower_bound(cuts, address) - cuts.begin()); };
    for (const ScriptBuffer &buffer : script.buffers) {
      std::vector<std::pair<int, int>> ranges;
      if (buffer.local())
        for (int64_t slot = 0; slot < buffer.depth; ++slot) {
          int64_t begin = buffer.address + slot * buffer.slotBytes;
          ranges.push_back({at(begin), at(begin + buffer.bytes)});
        }
      slotCells.push_back(std::move(ranges));
    }
  }

  LogicalResult check(int event, int number, const ScriptAccess &access, int32_t index) {
    Engine engine = insnOf(event).engine;
    const Clocks &known = clocks[int(engine)];
    auto [begin, end] = slotCells[access.buffer][trace.slots[trace.events[event].slots + number]];
    for (int c = begin; c < end; ++c) {
      Cell &cell = cells[c];
      // Engines complete in order, but dma_in may read an index list before its earlier load of it has arrived.
      bool inOrder = cell.writer == engine && !(engine == Engine::dma_in && access.reads);
      if (cell.write.index && !inOrder && known[int(cell.writer)] < cell.write.index)
        return race(event, access, cell.write.event);
      if (access.writes)
        for (int other = 0; other < rt::kEngines; ++other)
          if (other != int(engine) && known[other] < cell.reads[other].index)
            return race(event, access, cell.reads[other].event);
      if (access.writes) {
        cell = Cell();
        cell.writer = engine;
        cell.write = {index, event};
      }
      if (access.reads)
        cell.reads[int(engine)] = {index, event};
    }
    return success();
  }

  LogicalResult race(int event, const ScriptAccess &access, int other) {
    InFlightDiagnostic diag = insnOf(event).op.emitOpError()
                              << "on " << stringifyEngine(insnOf(event).engine)
                              << (access.writes ? " writes" : " reads") << " bytes that "
                              << stringifyEngine(insnOf(other).engine)
                              << " uses, and nothing orders the two: a race on core " << core;
    diag.attachNote(insnOf(other).op.getLoc()) << "the other access: " << insnOf(other).op->getName();
    diag.attachNote(script.buffers[access.buffer].value.getLoc()) << "the buffer";
    return diag;
  }

  // ---- progress -----------------------------------------------------------------------------------------------------

  LogicalResult deadlock(int next) {
    for (const auto &queue : queues)
      if (!queue.empty())
        return stuck(queue.front().first);
    return stuck(next);
  }

  LogicalResult stuck(int event) {
    const ScriptInsn &insn = insnOf(event);
    int64_t missing = -1;
    for (const Token &token : insn.waits)
      if (int64_t(semaphore(token.semaphore).tokens.size()) < token.count)
        missing = token.semaphore;
    InFlightDiagnostic diag = insn.op.emitOpError() << "on " << stringifyEngine(insn.engine) << " waits for semaphore "
                                                    << missing << " forever: a deadlock on core " << core;
    for (size_t later = 0; later < trace.events.size(); ++later)
      if (!proof.order[later].index)
        for (const Token &token : insnOf(int(later)).signals)
          if (token.semaphore == missing) {
            diag.attachNote(insnOf(int(later)).op.getLoc())
                << "would signal it, and is never reached: " << insnOf(int(later)).op->getName();
            return diag;
          }
    diag.attachNote(insn.op.getLoc()) << "nothing signals it any more";
    return diag;
  }

  void closeEpochs() {
    for (auto [event, order] : llvm::enumerate(proof.order)) {
      Engine engine = insnOf(int(event)).engine;
      // dma_out passes a barrier when it has completed; the others know of it by a token.
      auto passed = [&](const Clocks &barrier) {
        int32_t at = barrier[int(Engine::dma_out)];
        return engine == Engine::dma_out ? order.index > at : order.known[int(Engine::dma_out)] >= at;
      };
      order.firstEpoch = int32_t(llvm::partition_point(barriers, passed) - barriers.begin());
      auto open = [&](const Clocks &barrier) { return barrier[int(engine)] < order.index; };
      order.lastEpoch = int32_t(llvm::partition_point(barriers, open) - barriers.begin());
    }
  }

  const Script &script;
  const Trace &trace;
  const int64_t depth;
  const int epochScope;
  const int64_t core;
  EngineProof proof;
  std::vector<Clocks> barriers;
  std::array<Clocks, rt::kEngines> clocks{};
  std::array<int32_t, rt::kEngines> counts{};
  std::array<std::deque<std::pair<int, Clocks>>, rt::kEngines> queues;
  std::vector<Semaphore> semaphores;
  std::vector<Cell> cells;
  std::vector<std::vector<std::pair<int, int>>> slotCells;
};
} // namespace

FailureOr<EngineProof> proveEngines(const Script &script, const Trace &trace, int64_t queueDepth, int epochScope,
                                    int64_t core) {
  return Machine(script, trace, queueDepth, epochScope, core).run();
}

} // namespace garam::lowering
