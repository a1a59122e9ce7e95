#include "lowering/task/Cores.h"

#include <map>

using namespace mlir;
using garam::task::Engine;

namespace garam::lowering {

namespace {
/// Contiguous bytes that an instruction touches in an epoch.
struct Span {
  int64_t begin, end;
  int64_t core;
  int insn;
  int32_t index, seen; ///< of a write: its place on dma_out, and how many instructions of dma_in are complete before it
};

using Key = std::pair<int, int>; // buffer, epoch

/// Spans of an access: its steps, with contiguous ones merged.
template <class F>
void eachSpan(const Trace &trace, const GlobalAccess &global, const ScriptAccess &access, int64_t bufferBytes, F &&f) {
  if (access.indexed)
    return f(int64_t(0), bufferBytes); // any rows
  SmallVector<std::pair<int64_t, int64_t>, 5>
      steps; // count, stride, innermost first, none contiguous with the ones inside
  int64_t length = 1;
  for (int i = int(access.dims.size()) - 1; i >= 0; --i) {
    int64_t count = trace.counts[global.counts + i], stride = access.dims[i].stride;
    if (count == 1)
      continue;
    if (steps.empty() && stride == length)
      length *= count;
    else
      steps.push_back({count, stride});
  }
  SmallVector<int64_t, 5> at(steps.size(), 0);
  int64_t offset = global.offset;
  while (true) {
    f(offset, offset + length);
    size_t d = 0;
    for (; d < steps.size(); ++d) {
      offset += steps[d].second;
      if (++at[d] < steps[d].first)
        break;
      offset -= steps[d].first * steps[d].second;
      at[d] = 0;
    }
    if (d == steps.size())
      return;
  }
}

LogicalResult race(const Script &script, const Span &a, const Span &b, int buffer, int64_t at) {
  const ScriptInsn &first = script.insns[a.insn], &second = script.insns[b.insn];
  InFlightDiagnostic diag = second.op.emitOpError();
  if (a.core == b.core)
    diag << "touches byte " << at << " that " << first.op->getName()
         << " of the same core uses, and nothing orders the two: a race on core " << a.core;
  else
    diag << "on core " << b.core << " touches byte " << at << " that core " << a.core
         << " uses between the same barriers: a race";
  diag.attachNote(first.op.getLoc()) << "the other access: " << first.op->getName();
  diag.attachNote(script.buffers[buffer].value.getLoc()) << "the buffer";
  return diag;
}

template <class F> void eachGlobal(const Script &script, ArrayRef<CoreRun> runs, bool writes, F &&f) {
  for (const CoreRun &run : runs)
    for (const GlobalAccess &global : run.trace.globals) {
      const ScriptAccess &access = script.insns[global.insn].accesses[global.access];
      if (writes ? access.writes : access.reads)
        f(run, global, access, global.insn, run.proof->order[global.event]);
    }
}
} // namespace

LogicalResult proveCores(const Script &script, ArrayRef<CoreRun> runs) {
  for (const CoreRun &run : runs)
    if (run.proof->barriers != runs.front().proof->barriers)
      return script.insns.front().op->getParentOfType<func::FuncOp>().emitError()
             << "core " << run.core << " meets " << run.proof->barriers.size() << " barriers, core "
             << runs.front().core << " " << runs.front().proof->barriers.size() << "; all cores meet the same";
  std::map<Key, std::vector<Span>> writes;
  eachGlobal(script, runs, true,
             [&](const CoreRun &run, const GlobalAccess &global, const ScriptAccess &access, int insn,
                 const EventOrder &order) {
               for (int epoch = order.firstEpoch; epoch <= order.lastEpoch; ++epoch)
                 eachSpan(run.trace, global, access, script.buffers[access.buffer].bytes,
                          [&](int64_t begin, int64_t end) {
                            writes[{access.buffer, epoch}].push_back(
                                {begin, end, run.core, insn, order.index, order.known[int(Engine::dma_in)]});
                          });
             });
  // Writes of a core are in order among themselves: neighbours merge; of two cores they must not meet.
  for (auto &[key, spans] : writes) {
    llvm::sort(spans, [](const Span &a, const Span &b) {
      return std::tie(a.begin, a.core, a.insn) < std::tie(b.begin, b.core, b.insn);
    });
    std::vector<Span> merged;
    for (const Span &span : spans) {
      if (merged.empty() || span.begin > merged.back().end ||
          (span.begin == merged.back().end && span.core != merged.back().core)) {
        merged.push_back(span);
        continue;
      }
      Span &last = merged.back();
      if (last.core != span.core)
        return race(script, last, span, key.first, span.begin);
      last.end = std::max(last.end, span.end);
      last.index = std::max(last.index, span.index);
      last.seen = std::min(last.seen, span.seen);
    }
    spans = std::move(merged);
  }
  LogicalResult result = success();
  eachGlobal(
      script, runs, false,
      [&](const CoreRun &run, const GlobalAccess &global, const ScriptAccess &access, int insn,
          const EventOrder &order) {
        for (int epoch = order.firstEpoch; epoch <= order.lastEpoch && succeeded(result); ++epoch) {
          auto found = writes.find({access.buffer, epoch});
          if (found == writes.end())
            continue;
          const std::vector<Span> &spans = found->second;
          eachSpan(run.trace, global, access, script.buffers[access.buffer].bytes, [&](int64_t begin, int64_t end) {
            auto at = std::partition_point(spans.begin(), spans.end(), [&](const Span &s) { return s.end <= begin; });
            for (; at != spans.end() && at->begin < end && succeeded(result); ++at) {
              bool ordered =
                  at->core == run.core && (order.known[int(Engine::dma_out)] >= at->index || at->seen >= order.index);
              if (!ordered)
                result =
                    race(script, *at, {begin, end, run.core, insn, 0, 0}, access.buffer, std::max(begin, at->begin));
            }
          });
        }
      });
  return result;
}

} // namespace garam::lowering
