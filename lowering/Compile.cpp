// Drives the pipeline: text in, program and printed levels out; diagnostics become one rt::Error, and so do our own
// mistakes, beside a file that shows them again.
#include "dialects/Register.h"
#include "dialects/isa/ProgramConversion.h"
#include "lowering/Faults.h"
#include "lowering/Levels.h"
#include "lowering/Pipeline.h"
#include "lowering/graph/MappingFile.h"
#include "lowering/task/Machine.h"
#include "runtime/Error.h"
#include "runtime/program/ChipKeys.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassInstrumentation.h"
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
    throw rt::Error(rt::ErrorKind::Input, place(), text(otherwise), says ? "" : allowed);
  }
  std::string place() const { return found.empty() ? where : found; }
  std::string text(std::string_view otherwise) const { return message.empty() ? std::string(otherwise) : message; }
  /// Whether the error is of a limit that a reader can keep to, whichever pass it comes from.
  bool isLimit() const { return limit; }

private:
  const std::string where;
  std::string found, message;
  bool limit = false;
  ScopedDiagnosticHandler handler;

  void take(Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Error || !message.empty())
      return;
    found = placeOf(diagnostic.getLocation());
    limit = garam::isLimit(diagnostic);
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

namespace {
/// Which pass of a pipeline failed.
struct FailedPass : PassInstrumentation {
  explicit FailedPass(std::string &name) : name(name) {}
  void runAfterPassFailed(Pass *pass, Operation *) override {
    if (name.empty())
      name = pass->getArgument().str();
  }
  std::string &name;
};

struct Mistake {
  std::string place, what;
};

/// One text on its way through the levels.
class Compilation {
public:
  Compilation(std::string_view mlir, const std::string &where, const CompileOptions &options)
      : options(options), context(dialects(), MLIRContext::Threading::DISABLED), diagnostics(context, where) {
    context.printOpOnDiagnostic(false); // an error is one line that names the place
    llvm::SourceMgr sources;
    sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(mlir.data(), mlir.size()), where),
                               llvm::SMLoc());
    module = parseSourceFile<ModuleOp>(sources, &context);
    if (!module)
      diagnostics.raise("is no MLIR module", "allowed: a module as --emit prints it");
    from = levelOf(*module);
    stamp(where);
  }

  Level at = Level::Graph;        ///< the level being made
  std::optional<Mistake> mistake; ///< of ours, which ended it

  /// Brings the module to the last level asked for. Nothing where a mistake of ours is in the way: see `mistake`.
  CompileResult run() {
    CompileResult result;
    for (Level level : kLevels) {
      if (level < from)
        continue;
      if (!reach(level))
        return result;
      if (level == Level::Mapping)
        result.mapping = (*module)->getAttrOfType<StringAttr>(kMapping).str();
      if (options.emit != level)
        continue;
      result.emitted = level == Level::Mapping ? result.mapping : print(*module);
      if (level != Level::Isa)
        return result;
    }
    FailureOr<rt::Program> program = isa::toProgram(*module);
    if (failed(program))
      diagnostics.raise("is no program", "allowed: a module as --emit isa prints it");
    rt::checkChip(*program, *chip, diagnostics.place());
    result.program = rt::serialize(*program);
    return result;
  }

  /// The module as it is before `level` is made.
  std::string before(Level level) {
    for (Level earlier : kLevels)
      if (earlier >= from && earlier < level && !reach(earlier))
        break;
    return print(*module);
  }

private:
  static constexpr llvm::StringLiteral kMapping = "garam.mapping", kChipDigest = "garam.chip_digest";
  static constexpr Level kLevels[] = {Level::Graph, Level::Mapping, Level::Tile, Level::Task, Level::Isa};

  const CompileOptions &options;
  MLIRContext context;
  Diagnostics diagnostics;
  OwningOpRef<ModuleOp> module;
  Level from = Level::Graph;
  std::optional<rt::Chip> chip;

  /// Chip and facts onto the module. What is cut is cut for one chip; what is computed is not.
  void stamp(const std::string &where) {
    auto cutFor = (*module)->getAttrOfType<StringAttr>(kChipDigest);
    stampModule(*module, options);
    FailureOr<rt::Chip> given = lowering::wholeChipOf(*module);
    if (failed(given))
      diagnostics.raise("names no chip", "allowed: a module as --emit prints it");
    chip = *given;
    std::string digest = rt::chipDigest(*chip);
    if (cutFor && cutFor.getValue() != digest && (from == Level::Tile || from == Level::Task))
      throw rt::inputError(where, fmt::format("was cut for another chip than {} as it is given", chip->name),
                           "compile the model for this chip");
    (*module)->setAttr(kChipDigest, StringAttr::get(&context, digest));
  }

  static DialectRegistry dialects() {
    DialectRegistry registry;
    registerDialects(registry);
    return registry;
  }

  /// Makes `level` of the one before. False where we made a mistake; throws where the reader did.
  bool reach(Level level) {
    at = level;
    PassManager manager(&context);
    if (options.printAfterAll)
      manager.enableIRPrinting();
    if (options.timing)
      manager.enableTiming();
    std::string pass;
    manager.addInstrumentation(std::make_unique<FailedPass>(pass));
    manager.enableVerifier(false); // once for each level, below: what does not verify then, we made
    buildPipeline(manager, level, from == level, options);
    if (failed(manager.run(*module))) {
      if (!isOurs(pass))
        diagnostics.raise("did not compile", "allowed: what docs/graph.md describes");
      mistake = Mistake{diagnostics.place(), diagnostics.text(pass)};
    } else if (failed(verify(*module))) {
      mistake = Mistake{diagnostics.place(), diagnostics.text("its own IR does not verify")};
    } else if (level == Level::Mapping) {
      (*module)->setAttr(kMapping, StringAttr::get(&context, lowering::writeMappings(*module)));
    }
    return !mistake;
  }

  /// Whether a pass failed by what earlier ones made, and not by what a reader wrote: loops and transfers are ours where
  /// the text has none.
  bool isOurs(llvm::StringRef pass) const {
    if (from == Level::Graph && pass == "graph-verify-mapped")
      return options.mappingFile.empty();
    return from < Level::Tile && !diagnostics.isLimit() && (pass == "tile-verify" || pass == "task-verify-schedule");
  }
};

/// What shows a failure again: the module before the level that failed, or else the text that was given.
std::string textBefore(Level level, std::string_view mlir, const std::string &where, CompileOptions options) {
  options.timing = options.printAfterAll = false;
  std::string text(mlir);
  (void)endedBy([&] {
    try {
      text = Compilation(mlir, where, options).before(level);
    } catch (const rt::Error &) { // as it was given, then
    }
  });
  return text;
}
} // namespace

CompileResult compile(std::string_view mlir, const std::string &where, const CompileOptions &options) {
  std::unique_ptr<Compilation> compilation;
  CompileResult result;
  auto keep = [&](std::string_view what) {
    const Level level = compilation ? compilation->at : Level::Graph;
    return keepReproducer(what, textBefore(level, mlir, where, options), options.reproducer);
  };
  std::optional<std::string> ended;
  try {
    ended = endedBy([&] {
      compilation = std::make_unique<Compilation>(mlir, where, options);
      result = compilation->run();
    });
  } catch (const rt::Error &error) {
    if (!options.reproducer.empty())
      keep(error.what());
    throw;
  }
  if (ended) {
    const Fault fault(where, *ended, keep(*ended));
    (void)compilation.release(); // in no state to be taken apart
    throw fault;
  }
  if (compilation->mistake) {
    const auto &[place, what] = *compilation->mistake;
    throw Fault(place, what, keep(what));
  }
  return result;
}

} // namespace garam
