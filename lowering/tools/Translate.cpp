// garam-translate: between the text of levels and program files.
#include "dialects/Register.h"
#include "dialects/isa/ProgramConversion.h"
#include "runtime/Error.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace garam;

/// Calls `body`; an error becomes a diagnostic.
static LogicalResult guarded(Location loc, function_ref<void()> body) {
  try {
    body();
    return success();
  } catch (const rt::Error &error) {
    return emitError(loc, error.what());
  }
}

static LogicalResult isaToProgram(ModuleOp module, raw_ostream &out) {
  FailureOr<rt::Program> program = garam::isa::toProgram(module);
  if (failed(program))
    return failure();
  return guarded(module.getLoc(), [&] {
    std::vector<uint8_t> bytes = rt::serialize(*program);
    rt::deserialize(bytes, "program"); // what is written can be read
    out.write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  });
}

static OwningOpRef<Operation *> programToIsa(llvm::SourceMgr &sources, MLIRContext *context) {
  const llvm::MemoryBuffer *file = sources.getMemoryBuffer(sources.getMainFileID());
  OwningOpRef<Operation *> module;
  (void)guarded(UnknownLoc::get(context), [&] {
    std::span bytes(reinterpret_cast<const uint8_t *>(file->getBufferStart()), file->getBufferSize());
    module = garam::isa::fromProgram(rt::deserialize(bytes, file->getBufferIdentifier().str()), context)
                 .release()
                 .getOperation();
  });
  return module;
}

int main(int argc, char **argv) {
  TranslateFromMLIRRegistration toProgram("isa-to-program", "a program file from the isa level", isaToProgram,
                                          registerDialects);
  TranslateToMLIRRegistration fromProgram("program-to-isa", "the isa level from a program file", programToIsa,
                                          registerDialects);
  return failed(mlirTranslateMain(argc, argv, "Garam's translation tool"));
}
