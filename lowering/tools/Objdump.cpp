// garam-objdump: a program file as text of the isa level, which garam-translate --isa-to-program takes back to the same
// bytes.
#include "dialects/isa/ProgramConversion.h"
#include "runtime/Error.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/raw_ostream.h"

#include <iostream>
#include <string_view>

int main(int argc, char **argv) {
  if (argc != 2 || std::string_view(argv[1]).starts_with("-")) {
    std::cerr << "error: arguments: need a program file; garam-objdump PROGRAM.garam\n";
    return 2;
  }
  try {
    mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
    garam::isa::fromProgram(garam::rt::loadProgram(argv[1]), &context)->print(llvm::outs());
    llvm::outs() << "\n";
  } catch (const garam::rt::Error &error) {
    std::cerr << "error: " << error.what() << "\n";
    return 2;
  }
  return 0;
}
