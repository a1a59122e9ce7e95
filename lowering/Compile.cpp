// Drives the pipeline: text in, program and printed levels out; diagnostics become one rt::Error.
#include "dialects/Register.h"
#include "dialects/isa/ProgramConversion.h"
#include "lowering/Levels.h"
#include "lowering/Pipeline.h"
#include "lowering/graph/MappingFile.h"
#include "runtime/Error.h"
#include "runtime/program/Program.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include "llvm/Support/SourceMgr.h"

using namespace mlir;

namespace garam {
namespace {

/// Innermost place that a reader can go to: the model's source line, else the name of the op in the exported graph.
std::string placeOf(Location loc) {
  std::string name, file;
  loc->walk([&](Location at) {
    if (auto line = dyn_cast<FileLineColLoc>(at); line && file.empty())
      file = fmt::format("{}:{}", line.getFilename().str(), line.getLine());
    if (auto named = dyn_cast<NameLoc>(at); named && name.empty())
      name = named.getName().str();
    return WalkResult::advance();
  });
  if (name.empty() || file.empty())
    return name + file;
  return fmt::format("{} ({})", name, file);
}

/// Collects diagnostics; the first error is what the reader sees, notes join it.
class Diagnostics {
public:
  Diagnostics(MLIRContext &context, const std::string &where)
      : where(where), handler(&context, [this](Diagnostic &diagnostic) { take(diagnostic); }) {}

  /// `allowed` is for messages that do not say it themselves, as those of MLIR's parser.
  [[noreturn]] void raise(std::string_view otherwise, std::string_view allowed) {
    bool says = message.find("; ") != message.npos;
    throw rt::Error(rt::ErrorKind::Input, place.empty() ? where : place,
                    message.empty() ? std::string(otherwise) : message, says ? "" : allowed);
  }

private:
  const std::string &where;
  std::string place, message;
  ScopedDiagnosticHandler handler;

  void take(Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Error || !message.empty())
      return;
    place = placeOf(diagnostic.getLocation());
    message = oneLine(diagnostic.str());
    for (Diagnostic &note : diagnostic.getNotes())
      message += "; " + oneLine(note.str());
  }
  static std::string oneLine(std::string text) {
    for (char &c : text)
      if (c == '\n')
        c = ' ';
    return text;
  }
};

std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  // Locations are part of a level: without them a program compiled from the text would have another debug map.
  module->print(stream, OpPrintingFlags().enableDebugInfo(/*enable=*/true, /*prettyForm=*/false));
  stream << '\n';
  return text;
}

} // namespace

std::optional<Level> levelFromName(std::string_view name) {
  if (name == "graph")
    return Level::Graph;
  if (name == "mapping")
    return Level::Mapping;
  if (name == "tile")
    return Level::Tile;
  if (name == "task")
    return Level::Task;
  if (name == "isa")
    return Level::Isa;
  return std::nullopt;
}

CompileResult compile(std::string_view mlir, const std::string &where, const CompileOptions &options) {
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false); // an error is one line that names the place
  Diagnostics diagnostics(context, where);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(mlir.data(), mlir.size()), where),
                             llvm::SMLoc());
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module)
    diagnostics.raise("is no MLIR module", "allowed: a module as --emit prints it");
  stampModule(*module, options);

  CompileResult result;
  Level from = levelOf(*module);
  for (Level level : {Level::Graph, Level::Mapping, Level::Tile, Level::Task, Level::Isa}) {
    if (level < from)
      continue;
    PassManager manager(&context);
    if (options.printAfterAll)
      manager.enableIRPrinting();
    if (options.timing)
      manager.enableTiming();
    if (!options.reproducer.empty())
      manager.enableCrashReproducerGeneration(options.reproducer);
    buildPipeline(manager, level, from == level, options);
    if (failed(manager.run(*module)))
      diagnostics.raise("did not compile", "allowed: what docs/graph.md describes");
    if (level == Level::Mapping) {
      result.mapping = lowering::writeMappings(*module);
      (*module)->setAttr("garam.mapping", StringAttr::get(&context, result.mapping));
    }
    if (options.emit != level)
      continue;
    result.emitted = level == Level::Mapping ? result.mapping : print(*module);
    if (level != Level::Isa)
      return result;
  }
  FailureOr<rt::Program> program = isa::toProgram(*module);
  if (failed(program))
    diagnostics.raise("is no program", "allowed: a module as --emit isa prints it");
  result.program = rt::serialize(*program);
  return result;
}

} // namespace garam
