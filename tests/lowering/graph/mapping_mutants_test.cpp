// Damaged mapping files: refused in one line, or the module compiles. What compiles has passed the proofs of its
// schedule.
#include "../../runtime/Mutants.h"
#include "lowering/Pipeline.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace garam;
using namespace garam::test;

namespace {

/// A product with an epilogue, a norm, attention, a sum over rows and a copy: every kind of mapping.
constexpr const char *kModel = R"(
func.func @main(%x: tensor<2x24x32xbf16> {graph.kind = "input", graph.name = "x"}, %w: tensor<32x48xbf16> {graph.kind = "weight", graph.name = "w"},
                %b: tensor<48xbf16> {graph.kind = "weight", graph.name = "b"}, %g: tensor<48xbf16> {graph.kind = "weight", graph.name = "g"})
    -> (tensor<48xbf16> {graph.name = "sum"}, tensor<2x2x24x24xbf16> {graph.name = "heads"}) {
  %0 = graph.matmul %x, %w : (tensor<2x24x32xbf16>, tensor<32x48xbf16>) -> tensor<2x24x48xbf16>
  %1 = graph.add %0, %b : (tensor<2x24x48xbf16>, tensor<48xbf16>) -> tensor<2x24x48xbf16>
  %2 = graph.rms_norm %1, %g {eps = 1.0e-5 : f32} : tensor<2x24x48xbf16>, tensor<48xbf16>
  %3 = graph.reshape %2 : tensor<2x24x48xbf16> to tensor<2x24x2x24xbf16>
  %4 = graph.transpose %3 [0, 2, 1, 3] : tensor<2x24x2x24xbf16> to tensor<2x2x24x24xbf16>
  %5 = graph.attention %4, %4, %4 {scale = 0.2 : f32} : (tensor<2x2x24x24xbf16>, tensor<2x2x24x24xbf16>, tensor<2x2x24x24xbf16>) -> tensor<2x2x24x24xbf16>
  %6 = graph.reshape %2 : tensor<2x24x48xbf16> to tensor<48x48xbf16>
  %7 = graph.reduce <sum> %6 {dim = 0} : tensor<48x48xbf16> to tensor<48xbf16>
  return %7, %5 : tensor<48xbf16>, tensor<2x2x24x24xbf16>
}
)";

/// Another number, type or member somewhere inside.
void damageValue(llvm::json::Value &value, Random &random) {
  static const std::vector<std::string> kNames{"m", "n", "k",   "rows",  "columns", "cores", "heads", "q",       "kv",
                                               "a", "b", "out", "loads", "scores",  "hbm",   "l1",    "result0", ""};
  if (auto *object = value.getAsObject(); object && !object->empty() && !random.chance(6)) {
    auto member = std::next(object->begin(), std::ptrdiff_t(random.below(object->size())));
    if (random.chance(12))
      object->erase(member);
    else if (random.chance(12))
      (*object)[random.of(kNames)] = random.number();
    else
      damageValue(member->second, random);
    return;
  }
  if (auto *array = value.getAsArray(); array && !array->empty() && !random.chance(6)) {
    size_t at = random.below(array->size());
    if (random.chance(8))
      array->push_back((*array)[at]);
    else
      damageValue((*array)[at], random);
    return;
  }
  switch (random.below(8)) {
  case 0:
    value = nullptr;
    break;
  case 1:
    value = random.of(kNames);
    break;
  case 2:
    value = random.number();
    break;
  case 3:
    value = llvm::json::Array{1, "m"};
    break;
  default:
    value = int64_t(1 + random.below(130));
  }
}

std::string mutant(const std::string &original, Random &random) {
  std::string text = original;
  if (random.chance(4)) {
    random.chance(2) ? damage(text, random) : damageLines(text, random);
    return text;
  }
  llvm::json::Value root = llvm::cantFail(llvm::json::parse(text));
  for (size_t edits = 1 + random.below(3); edits; --edits)
    damageValue(root, random);
  text.clear();
  llvm::raw_string_ostream(text) << root;
  return text;
}

} // namespace

TEST(MappingMutants, AreRefusedInOneLineOrCompile) {
  CompileOptions options;
  options.chip = "atom";
  options.emit = Level::Mapping;
  std::string original = compile(kModel, "model.mlir", options).mapping;
  options.mappingFile = testing::TempDir() + "garam-mapping-" + std::to_string(getpid()) + ".json";
  Random random(31);
  int compiled = 0;
  for (int n = 0, all = mutants(400, 15000); n < all; ++n) {
    SCOPED_TRACE(n);
    std::string text = mutant(original, random);
    std::ofstream(options.mappingFile, std::ios::binary) << text;
    // A tenth goes all the way, which costs the proofs.
    options.emit = n % 10 ? std::optional(Level::Tile) : std::nullopt;
    try {
      compile(kModel, "model.mlir", options);
      ++compiled;
    } catch (const rt::Error &error) {
      expectRefusal(error);
    }
    ASSERT_FALSE(HasFailure()) << text;
  }
  std::filesystem::remove(options.mappingFile);
  EXPECT_GT(compiled, 20) << "the mutants are all refused early";
}
