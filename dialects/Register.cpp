#include "dialects/Register.h"

#include "dialects/graph/Graph.h"
#include "dialects/isa/Isa.h"
#include "dialects/task/Task.h"
#include "dialects/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/DialectRegistry.h"

void garam::registerDialects(mlir::DialectRegistry &registry) {
  registry.insert<graph::GraphDialect, tile::TileDialect, task::TaskDialect, isa::IsaDialect, mlir::func::FuncDialect,
                  mlir::arith::ArithDialect, mlir::memref::MemRefDialect, mlir::scf::SCFDialect>();
}
