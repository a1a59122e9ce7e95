// Which ops of a kernel function are computed together: the decision behind graph-form-groups, before any op is moved.
#pragma once

#include "dialects/graph/Graph.h"
#include "lowering/graph/Views.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"

#include <vector>

namespace garam::lowering {

enum class GroupKind { Matmul, Attention, Rows, ReduceRows, Concat, Update, Copy };

/// Kind of the group that `op` is the root of, or a member of (Rows). Nothing for views and constants.
std::optional<GroupKind> kindOf(mlir::Operation *op);
/// Elementwise ops, and row-wise ones: what a group of rows may hold.
bool isElementwise(mlir::Operation *op);
/// The rows × columns that an op of rows works on: its operand's for reductions, else its result's.
llvm::ArrayRef<int64_t> spaceOf(mlir::Operation *op);
/// A constant whose elements are all equal, and an f32: it becomes a number in a chain wherever it is used.
bool isSplat(mlir::Value value);

/// Ops that become one group. A copy has none: it stores `copied`, a value that only views define.
struct Draft {
  GroupKind kind;
  std::vector<mlir::Operation *> members; ///< in order
  mlir::Value copied;
  llvm::SmallVector<int64_t> space; ///< Rows: rows and columns
};

class Drafts {
public:
  /// Decides for every op of `function`, a function of one block.
  explicit Drafts(mlir::func::FuncOp function);

  std::vector<Draft> drafts;
  /// Values written to memory, with the draft that writes each.
  llvm::MapVector<mlir::Value, int> stored;

  /// Nearest value in memory that `value` is a view of: an argument or a stored value.
  mlir::Value inMemory(mlir::Value value) const;
  /// Draft of a member; -1 for none.
  int draftOf(mlir::Operation *op) const;
  /// Values that `draft` reads from outside: as its members see them, views included.
  std::vector<mlir::Value> reads(const Draft &draft) const;
  /// Drafts in an order in which each follows those that it reads from.
  std::vector<int> order() const;

private:
  mlir::func::FuncOp function;
  llvm::DenseMap<mlir::Operation *, int> member;
  llvm::DenseMap<mlir::Value, mlir::Value> inside; ///< stored through a view: the member's result

  void assign(mlir::Operation *op);
  void join(mlir::Operation *op, int draft);
  void merge(int into, int from);
  bool canFollow(mlir::Operation *op, int draft) const;
  bool canJoinRows(mlir::Operation *op, int draft) const;
  bool canMergeRows(int a, int b) const;
  bool reaches(mlir::Value value, int draft, llvm::DenseSet<mlir::Value> &seen) const;
  bool cyclic(mlir::Operation *op, int draft) const;
  bool cyclic(int a, int b) const;
  /// Products of the same operand by matrices of weights become one group, so that the operand is loaded once.
  void joinProducts();
  bool canJoinProducts(const Draft &a, const Draft &b) const;
  void store(mlir::Value read, bool result);
  void copy(mlir::Value value);
};

} // namespace garam::lowering
