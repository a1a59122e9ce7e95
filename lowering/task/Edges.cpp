#include "lowering/task/Edges.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using garam::task::Engine;
using garam::task::Token;

namespace garam::lowering {

void dropImplied(std::vector<Edge> &edges) {
  // `a` implies `b` if it is signalled no earlier and waited for no later, equally often, with the same credit.
  auto implies = [](const Edge &a, const Edge &b) {
    auto notBefore = [](Operation *x, Operation *y) {
      return x == y || (x->getBlock() == y->getBlock() && y->isBeforeInBlock(x));
    };
    return a.from == b.from && a.to == b.to && a.credit == b.credit && a.scope == b.scope &&
           notBefore(a.after, b.after) && notBefore(b.before, a.before);
  };
  for (size_t i = 0; i < edges.size();) {
    bool implied = false;
    for (size_t j = 0; j < edges.size() && !implied; ++j)
      implied = j != i && implies(edges[j], edges[i]) && (j < i || !implies(edges[i], edges[j]));
    if (implied)
      edges.erase(edges.begin() + i);
    else
      ++i;
  }
}

namespace {
/// Waits and signals of each engine at one place.
struct Place {
  llvm::MapVector<Engine, std::pair<SmallVector<Token>, SmallVector<Token>>> engines;
};
using Places = llvm::MapVector<Operation *, Place>;

void emit(OpBuilder &b, Location loc, Place &place) {
  for (auto &[engine, tokens] : place.engines) {
    auto attr = [&](ArrayRef<Token> list) {
      return list.empty() ? task::TokensAttr() : task::TokensAttr::get(b.getContext(), list);
    };
    task::SyncOp::create(b, loc, engine, attr(tokens.first), attr(tokens.second));
  }
}
} // namespace

void materialize(ArrayRef<Edge> edges, int64_t &next) {
  Places before, after, atStart, atEnd;
  for (const Edge &edge : edges) {
    Token one{next++, 1};
    auto waiter = dyn_cast<task::EngineOp>(edge.before), signaller = dyn_cast<task::EngineOp>(edge.after);
    if (waiter && waiter.getEngine() == edge.to) {
      SmallVector<Token> waits(waiter.getWaitTokens());
      waits.push_back(one);
      waiter.setWaitTokens(waits);
    } else {
      before[edge.before].engines[edge.to].first.push_back(one);
    }
    if (signaller && signaller.getEngine() == edge.from) {
      SmallVector<Token> signals(signaller.getSignalTokens());
      signals.push_back(one);
      signaller.setSignalTokens(signals);
    } else {
      after[edge.after].engines[edge.from].second.push_back(one);
    }
    if (!edge.credit)
      continue;
    Token all{one.semaphore, edge.credit};
    if (isa<task::PhaseOp>(edge.scope)) {
      atStart[edge.scope].engines[edge.to].second.push_back(all);
      atEnd[edge.scope].engines[edge.to].first.push_back(all);
    } else {
      // The engine that enters the loop has waited for what came before: its own token stands for that.
      before[edge.scope].engines[edge.to].second.push_back(all);
      after[edge.scope].engines[edge.to].first.push_back(all);
    }
  }
  for (auto &[op, place] : before) {
    OpBuilder b(op);
    emit(b, op->getLoc(), place);
  }
  for (auto &[op, place] : after) {
    OpBuilder b(op->getContext());
    b.setInsertionPointAfter(op);
    emit(b, op->getLoc(), place);
  }
  for (auto &[op, place] : atStart) {
    auto b = OpBuilder::atBlockBegin(&op->getRegion(0).front());
    emit(b, op->getLoc(), place);
  }
  for (auto &[op, place] : atEnd) {
    auto b = OpBuilder::atBlockEnd(&op->getRegion(0).front());
    emit(b, op->getLoc(), place);
  }
}

} // namespace garam::lowering
