// The golden runner: references, upstream passes down to LLVM, MLIR's JIT, and a call with descriptors of memory.
#include "lowering/graph/golden/Jit.h"

#include "dialects/Register.h"
#include "dialects/graph/Graph.h"
#include "lowering/Passes.h"
#include "lowering/graph/golden/Functions.h"
#include "runtime/Error.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "llvm/Support/TargetSelect.h"

#include <cstring>
#include <mutex>
#include <set>

using namespace mlir;
using namespace garam;

namespace {

constexpr const char *kWhere = "golden";

// From linalg on tensors to LLVM. Buffers are made by one-shot bufferization and freed by its deallocation.
constexpr const char *kPipeline =
    "convert-graph-to-linalg,canonicalize,cse,eliminate-empty-tensors,empty-tensor-to-alloc-tensor,"
    "one-shot-bufferize{bufferize-function-boundaries=1 function-boundary-type-conversion=identity-layout-map},"
    "buffer-deallocation-pipeline,convert-bufferization-to-memref,convert-linalg-to-loops,canonicalize,cse,"
    "expand-strided-metadata,lower-affine,convert-scf-to-cf,func.func(convert-math-to-llvm),convert-math-to-libm,"
    "convert-index-to-llvm,convert-arith-to-llvm,finalize-memref-to-llvm,convert-func-to-llvm,convert-cf-to-llvm,"
    "reconcile-unrealized-casts";

DialectRegistry &registry() {
  static DialectRegistry made = [] {
    DialectRegistry registry;
    registerAllDialects(registry);
    registerAllExtensions(registry);
    registerAllToLLVMIRTranslations(registry);
    registerDialects(registry);
    return registry;
  }();
  return made;
}

void initializeOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    // A tool may have registered them already; registering again is harmless.
    registerAllPasses();
    registerGaramPasses();
  });
}

/// A described tensor: allocated and aligned pointers, offset, sizes, strides, as MLIR's calling convention has it.
std::vector<int64_t> describe(void *data, ArrayRef<int64_t> shape) {
  auto address = reinterpret_cast<int64_t>(data);
  std::vector<int64_t> words{address, address, 0};
  words.insert(words.end(), shape.begin(), shape.end());
  size_t strides = words.size();
  words.resize(strides + shape.size());
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0; stride *= shape[i])
    words[strides + i] = stride;
  return words;
}

size_t byteSize(RankedTensorType type) {
  return type.getNumElements() * std::max(1u, type.getElementTypeBitWidth() / 8);
}

struct Place {
  std::string name;
  Type type;
  DenseI64ArrayAttr range;
};

/// Arguments and results of @main, taken before lowering.
struct Signature {
  std::vector<Place> arguments, results;

  explicit Signature(func::FuncOp main) {
    auto named = [](StringAttr name, const char *otherwise, size_t index) {
      return name ? name.str() : fmt::format("{}_{}", otherwise, index);
    };
    for (auto [i, type] : llvm::enumerate(main.getArgumentTypes()))
      arguments.push_back({named(main.getArgAttrOfType<StringAttr>(i, graph::kName), "arg", i), type,
                           main.getArgAttrOfType<DenseI64ArrayAttr>(i, graph::kRange)});
    for (auto [i, type] : llvm::enumerate(main.getResultTypes()))
      results.push_back({named(main.getResultAttrOfType<StringAttr>(i, graph::kName), "output", i), type, {}});
  }
};

/// The bytes of an argument, checked.
const std::vector<uint8_t> &find(const golden::Tensors &inputs, const Place &place) {
  auto found = inputs.find(place.name);
  if (found == inputs.end())
    throw rt::inputError(kWhere, fmt::format("input `{}` is missing", place.name), "needed: every argument of @main");
  auto type = dyn_cast<RankedTensorType>(place.type);
  size_t bytes = type ? byteSize(type) : sizeof(int64_t);
  if (found->second.size() != bytes)
    throw rt::inputError(kWhere, fmt::format("input `{}` has {} bytes", place.name, found->second.size()),
                         fmt::format("needs {}", bytes));
  if (!type && place.range) {
    int64_t value;
    std::memcpy(&value, found->second.data(), sizeof value);
    if (value < place.range[0] || value > place.range[1])
      throw rt::inputError(kWhere, fmt::format("value `{}` is {}", place.name, value),
                           fmt::format("allowed: {} to {}", place.range[0], place.range[1]));
  }
  return found->second;
}

/// Calls the lowered @main: a pointer to the results' descriptors, then one to each argument's.
golden::Tensors call(ExecutionEngine &engine, const Signature &signature, const golden::Tensors &inputs) {
  std::vector<std::vector<uint8_t>> copies; // bufferization may write into arguments
  std::vector<std::vector<int64_t>> descriptors;
  for (const Place &place : signature.arguments) {
    copies.push_back(find(inputs, place));
    auto type = dyn_cast<RankedTensorType>(place.type);
    descriptors.push_back(type ? describe(copies.back().data(), type.getShape()) : std::vector<int64_t>(1));
    if (!type)
      std::memcpy(descriptors.back().data(), copies.back().data(), sizeof(int64_t));
  }
  size_t words = 0;
  for (const Place &place : signature.results)
    words += 3 + 2 * cast<RankedTensorType>(place.type).getRank();
  std::vector<int64_t> results(words);
  void *resultPointer = results.data();
  std::vector<void *> pointers, packed;
  for (auto &descriptor : descriptors)
    pointers.push_back(descriptor.data());
  if (words)
    packed.push_back(&resultPointer);
  for (auto [i, place] : llvm::enumerate(signature.arguments))
    packed.push_back(isa<RankedTensorType>(place.type) ? static_cast<void *>(&pointers[i]) : pointers[i]);
  if (llvm::Error error = engine.invokePacked("_mlir_ciface_main", packed))
    throw rt::Error(rt::ErrorKind::Internal, kWhere, llvm::toString(std::move(error)));

  golden::Tensors outputs;
  std::set<int64_t> allocations; // equal results share one
  const int64_t *next = results.data();
  for (const Place &place : signature.results) {
    auto type = cast<RankedTensorType>(place.type);
    const auto *data = reinterpret_cast<const uint8_t *>(next[1]);
    outputs[place.name].assign(data, data + byteSize(type));
    allocations.insert(next[0]);
    next += 3 + 2 * type.getRank();
  }
  for (int64_t allocation : allocations)
    std::free(reinterpret_cast<void *>(allocation));
  return outputs;
}

} // namespace

golden::Tensors golden::runGolden(ModuleOp source, const Tensors &inputs) {
  initializeOnce();
  OwningOpRef<ModuleOp> module = source.clone();
  MLIRContext *context = module->getContext();
  std::string message;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    if (message.empty() && diagnostic.getSeverity() == DiagnosticSeverity::Error)
      message = diagnostic.str();
    return success();
  });
  auto main = module->lookupSymbol<func::FuncOp>("main");
  if (!main || main.isDeclaration())
    throw rt::inputError(kWhere, "the module has no function @main", "needed: @main with a body");
  Signature signature(main);
  for (const auto &[name, bytes] : inputs)
    if (llvm::none_of(signature.arguments, [&](const Place &place) { return place.name == name; }))
      throw rt::inputError(kWhere, fmt::format("input `{}` is unknown", name), "allowed: the arguments of @main");
  for (const Place &place : signature.arguments)
    find(inputs, place);
  main->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(), UnitAttr::get(context));

  PassManager passes(context);
  if (failed(parsePassPipeline(kPipeline, passes, llvm::errs())) || failed(passes.run(*module)))
    throw rt::inputError(kWhere, message.empty() ? "the module cannot be lowered" : message,
                         "allowed: the graph dialect with arith, tensor and func");
  ExecutionEngineOptions options;
  auto optimize = makeOptimizingTransformer(/*optLevel=*/2, /*sizeLevel=*/0, /*targetMachine=*/nullptr);
  options.transformer = optimize;
  auto engine = ExecutionEngine::create(*module, options);
  if (!engine)
    throw rt::Error(rt::ErrorKind::Internal, kWhere, llvm::toString(engine.takeError()));
  (*engine)->registerSymbols([](llvm::orc::MangleAndInterner mangle) {
    llvm::orc::SymbolMap symbols;
    forEachFunction([&](StringRef name, void *function) {
      symbols[mangle(name)] = {llvm::orc::ExecutorAddr::fromPtr(function), llvm::JITSymbolFlags::Exported};
    });
    return symbols;
  });
  return call(**engine, signature, inputs);
}

golden::Tensors golden::runGolden(std::string_view text, const Tensors &inputs) {
  MLIRContext context(registry(), MLIRContext::Threading::DISABLED);
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (message.empty())
      message = fmt::format("{}", diagnostic.str());
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(StringRef(text.data(), text.size()), &context);
  if (!module)
    throw rt::inputError(kWhere, message, "allowed: a module of the graph level");
  return runGolden(*module, inputs);
}
