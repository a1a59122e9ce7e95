#include "dialects/FloatText.h"

#include "llvm/Support/Format.h"

#include <bit>
#include <cmath>

using namespace mlir;

void garam::printFloat(AsmPrinter &printer, float value) {
  if (!std::isfinite(value)) {
    printer << llvm::format("0x%08X", std::bit_cast<uint32_t>(value));
    return;
  }
  // Nine digits name a float. MLIR's lexer wants a decimal point, also before an exponent.
  SmallString<32> text;
  llvm::raw_svector_ostream(text) << llvm::format("%.9g", value);
  if (!StringRef(text).contains('.')) {
    size_t exponent = StringRef(text).find('e');
    text.insert(exponent == StringRef::npos ? text.end() : text.begin() + exponent, {'.', '0'});
  }
  printer << text;
}

ParseResult garam::parseFloat(AsmParser &parser, float &value) {
  bool negative = succeeded(parser.parseOptionalMinus());
  SMLoc loc = parser.getCurrentLocation();
  APInt bits;
  if (auto integer = parser.parseOptionalInteger(bits); integer.has_value()) {
    if (failed(*integer) || bits.getActiveBits() > 32)
      return parser.emitError(loc, "needs 32 bits at most");
    if (negative)
      return parser.emitError(loc, "bits of a float take no sign; write a decimal point");
    value = std::bit_cast<float>(uint32_t(bits.getZExtValue()));
    return success();
  }
  double decimal = 0;
  if (parser.parseFloat(decimal))
    return failure();
  value = float(negative ? -decimal : decimal);
  return success();
}
