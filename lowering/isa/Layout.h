// Where a program's tensors lie: segments with addresses, and which of them each launch works on.
#pragma once

#include "dialects/isa/Isa.h"
#include "dialects/task/Task.h"
#include "lowering/task/Machine.h"
#include "runtime/chip/Chip.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <map>
#include <memory>
#include <vector>

namespace garam::lowering {

struct SegmentPlan {
  std::string name;
  isa::SegmentKindName kind;
  int64_t address = 0, bytes = 0;
  mlir::RankedTensorType type;
  llvm::SmallVector<mlir::Attribute> weights;
  mlir::ElementsAttr data;
  bool split = false; ///< each part has its own in it
  mlir::DenseI64ArrayAttr range = {}; ///< of an input of indices
};

struct OutputPlan {
  std::string name;
  int segment;
};

struct LaunchPlan {
  tile::LaunchOp op;
  mlir::func::FuncOp kernel;
  llvm::SmallVector<mlir::Attribute> parameters; ///< isa.parameter
};

struct BoundaryPlan {
  std::string node;
  int64_t segment, offset;
  mlir::RankedTensorType type;
  int64_t launch;
  int64_t split = -1;
};

struct ValuePlan {
  std::string name;
  int64_t low, high;
};

/// From @main: its arguments, allocs and launches. Where there are parts, everything is once on each of their dies, and
/// types are those of the whole. Memory is used again after a tensor's last launch; validation reads a boundary tensor
/// when the launch that wrote it has completed.
class Layout {
public:
  Layout(mlir::ModuleOp module, const rt::Chip &chip) : module(module), chip(chip), parts(partsOf(module)) {}
  mlir::LogicalResult plan();

  std::vector<SegmentPlan> segments;
  std::vector<LaunchPlan> launches;
  std::vector<BoundaryPlan> boundaries;
  std::vector<ValuePlan> values;
  std::vector<OutputPlan> outputs; ///< in the order in which the model returns them
  /// Dies that each segment is on.
  int64_t copies() const { return parts.value_or(1); }

private:
  mlir::LogicalResult planArguments(mlir::func::FuncOp main);
  mlir::LogicalResult planConstant(mlir::memref::GetGlobalOp op);
  void planAllocs(mlir::func::FuncOp main);
  mlir::LogicalResult planLaunch(tile::LaunchOp op);
  mlir::LogicalResult planOutputs(mlir::func::FuncOp main);
  /// A weight as a segment's entry, `offset` bytes into it.
  mlir::FailureOr<isa::WeightAttr> weightOf(mlir::BlockArgument weight, int64_t offset, mlir::Location loc);
  mlir::FailureOr<int> weightSegment(tile::LaunchOp op, mlir::func::FuncOp kernel);
  void addBoundary(mlir::StringAttr node, int segment, int64_t offset, mlir::MemRefType type, mlir::IntegerAttr split);
  /// Marks the segment as split where `split` is there or it is workspace.
  void splitSegment(int segment, mlir::Attribute split);
  mlir::RankedTensorType wholeOf(mlir::RankedTensorType part, int64_t dim) const;
  int addSegment(std::string name, isa::SegmentKindName kind, int64_t bytes, mlir::RankedTensorType type,
                 std::optional<int64_t> address = std::nullopt);
  int64_t reserve(int64_t bytes);

  mlir::ModuleOp module;
  const rt::Chip &chip;
  std::optional<int64_t> parts;
  int64_t next = 0; ///< free from here on, in home "all dies", or in each part's
  llvm::DenseMap<mlir::Value, int> segmentOf;
  std::map<std::vector<void *>, int> weightSegments;
  llvm::DenseMap<mlir::Value, tile::OutputOp> returned; ///< where it is first
  std::optional<int> sharedWorkspace, sharedMemory;
};

} // namespace garam::lowering
