// garam-translate: between text, files and levels. Translations register themselves in the functions named here.
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"

int main(int argc, char **argv) {
  return mlir::failed(mlir::mlirTranslateMain(argc, argv, "Garam's translation tool"));
}
