// References of matmul and embedding.
#include "lowering/graph/golden/Golden.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace garam::graph;
using namespace garam::golden;

namespace {

using Values = Writer::Values;

/// Floats to f32, i8 to i32, b to [..., K, N]: the columns innermost, so that the loop over them vectorises.
Value prepare(Writer &w, Value x, bool transposed) {
  auto type = tensorType(x);
  Type wide = isa<FloatType>(type.getElementType()) ? Type(w.builder.getF32Type()) : Type(w.builder.getI32Type());
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<AffineExpr> indices;
  for (size_t i = 0; i < shape.size(); ++i)
    indices.push_back(w.builder.getAffineDimExpr(i));
  if (transposed) {
    std::swap(shape.end()[-1], shape.end()[-2]);
    std::swap(indices.end()[-1], indices.end()[-2]);
  }
  auto map = AffineMap::get(shape.size(), 0, indices, w.builder.getContext());
  return w.map(RankedTensorType::get(shape, wide), x, map, [&](Writer &writer, Values v) -> Value {
    return isa<FloatType>(wide) ? writer.widen(v[0]) : writer.make<arith::ExtSIOp>(wide, v[0]);
  });
}

/// Loops: leading dimensions, m, k, n; so each sum runs over ascending k.
Value matmul(Writer &w, MatmulOp op, MatmulOp::Adaptor adaptor) {
  Value a = prepare(w, adaptor.getA(), false), b = prepare(w, adaptor.getB(), op.getTransposeB());
  auto type = tensorType(op.getResult());
  int64_t lead = type.getRank() - 2;
  auto dims = [&](int64_t leading, int64_t row, int64_t column) {
    SmallVector<AffineExpr> indices;
    for (int64_t i = 0; i < leading; ++i)
      indices.push_back(w.builder.getAffineDimExpr(i));
    indices.push_back(w.builder.getAffineDimExpr(row));
    indices.push_back(w.builder.getAffineDimExpr(column));
    return AffineMap::get(lead + 3, 0, indices, w.builder.getContext());
  };
  int64_t m = lead, k = lead + 1, n = lead + 2;
  SmallVector<bool> reduced(lead + 3);
  reduced[k] = true;
  auto maps = {dims(lead, m, k), dims(tensorType(b).getRank() - 2, k, n), dims(lead, m, n)};
  Type wide = tensorType(a).getElementType();
  Value zeros = w.fill(type.getShape(), w.constant(wide, 0));
  Value product = w.reduce(zeros, maps, reduced, {a, b}, [&](Writer &writer, Values v) -> Value {
    if (isa<FloatType>(wide))
      return writer.make<arith::AddFOp>(v[2], writer.make<arith::MulFOp>(v[0], v[1]));
    return writer.make<arith::AddIOp>(v[2], writer.make<arith::MulIOp>(v[0], v[1]));
  });
  return w.narrowTensor(product, type.getElementType());
}

/// Ids outside the table are undefined; here they read the nearest row, so that nothing outside memory is touched.
Value embedding(Writer &w, EmbeddingOp op, EmbeddingOp::Adaptor adaptor) {
  auto type = tensorType(op.getResult());
  int64_t rank = type.getRank(), rows = tensorType(adaptor.getTable()).getDimSize(0);
  auto ids = AffineMap::getMultiDimIdentityMap(rank, w.builder.getContext()).dropResult(rank - 1);
  return w.map(type, adaptor.getIds(), ids, [&](Writer &writer, Values v) {
    Value id = writer.make<arith::IndexCastOp>(writer.builder.getIndexType(), v[0]);
    id = writer.make<arith::MinSIOp>(writer.make<arith::MaxSIOp>(id, writer.index(0)), writer.index(rows - 1));
    return writer.extract(adaptor.getTable(), {id, writer.loopIndex(rank - 1)});
  });
}

} // namespace

void garam::golden::addProducts(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add(std::make_unique<Reference<MatmulOp>>(context, matmul));
  patterns.add(std::make_unique<Reference<EmbeddingOp>>(context, embedding));
}
