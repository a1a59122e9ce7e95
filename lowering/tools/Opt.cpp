// garam-opt: MLIR's opt with the project's dialects and passes, and those upstream ones that its levels use.
#include "dialects/Register.h"
#include "lowering/Passes.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  garam::registerDialects(registry);
  mlir::registerAllPasses();
  garam::registerGaramPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "Garam's optimizer driver\n", registry));
}
