// Shapes and types of matmul, attention, embedding and kv_update.
#include "dialects/graph/EmptyTensors.h"

using namespace mlir;
using namespace garam::graph;

static RankedTensorType tensor(Value value) { return cast<RankedTensorType>(value.getType()); }

LogicalResult MatmulOp::verify() {
  auto a = tensor(getA()), b = tensor(getB()), c = tensor(getResult());
  if (a.getRank() < 2 || b.getRank() < 2)
    return emitOpError() << "operands must have at least two dimensions, got " << a << " and " << b;
  if (b.getRank() != 2 && b.getShape().drop_back(2) != a.getShape().drop_back(2))
    return emitOpError() << "b must be a matrix or have the leading sizes of a, got " << a << " and " << b;
  int64_t rank = b.getRank();
  int64_t k = b.getDimSize(getTransposeB() ? rank - 1 : rank - 2),
          n = b.getDimSize(getTransposeB() ? rank - 2 : rank - 1);
  if (k != a.getShape().back())
    return emitOpError() << "inner sizes differ: " << a.getShape().back() << " of a and " << k << " of b"
                         << (getTransposeB() ? " (transposed)" : "");
  SmallVector<int64_t> shape(a.getShape().drop_back());
  shape.push_back(n);
  if (c.getShape() != ArrayRef(shape))
    return emitOpError() << "result must have the shape of " << RankedTensorType::get(shape, c.getElementType())
                         << ", got " << c;
  Type ea = a.getElementType(), eb = b.getElementType(), ec = c.getElementType();
  bool floats = isa<FloatType>(ea) && isa<FloatType>(eb) && isa<FloatType>(ec);
  bool integers = ea.isInteger(8) && eb.isInteger(8) && ec.isInteger(32);
  if (!floats && !integers)
    return emitOpError() << "element types " << ea << " x " << eb << " -> " << ec
                         << "; allowed are floats, or i8 x i8 -> i32";
  return success();
}

LogicalResult AttentionOp::verify() {
  auto q = tensor(getQ()), k = tensor(getK()), v = tensor(getV()), result = tensor(getResult());
  if (q.getRank() != 4 || k.getRank() != 4 || v.getRank() != 4)
    return emitOpError() << "q, k and v must be [batch, heads, length, dim], got " << q << ", " << k << " and " << v;
  int64_t batch = q.getDimSize(0), heads = q.getDimSize(1), queries = q.getDimSize(2), keys = k.getDimSize(2);
  if (k.getDimSize(0) != batch || v.getDimSize(0) != batch)
    return emitOpError() << "batches of q, k and v differ: " << batch << ", " << k.getDimSize(0) << ", "
                         << v.getDimSize(0);
  int64_t shared = k.getDimSize(1);
  if (shared != v.getDimSize(1) || (shared == 0 ? heads != 0 : heads % shared != 0))
    return emitOpError() << "heads of q must be a multiple of those of k and v, got " << heads << ", "
                         << k.getDimSize(1) << ", " << v.getDimSize(1);
  if (k.getDimSize(3) != q.getDimSize(3))
    return emitOpError() << "dims of q and k differ: " << q.getDimSize(3) << " and " << k.getDimSize(3);
  if (q.getDimSize(3) == 0)
    return emitOpError() << "heads must have a dim of at least 1, got " << q;
  if (v.getDimSize(2) != keys)
    return emitOpError() << "lengths of k and v differ: " << keys << " and " << v.getDimSize(2);
  if (k.getElementType() != q.getElementType() || v.getElementType() != q.getElementType())
    return emitOpError() << "element types of q, k and v differ: " << q.getElementType() << ", " << k.getElementType()
                         << ", " << v.getElementType();
  auto expected = RankedTensorType::get({batch, heads, queries, v.getDimSize(3)}, q.getElementType());
  if (result != expected)
    return emitOpError() << "result must be " << expected << ", got " << result;
  if (getMask() && tensor(getMask()).getShape() != ArrayRef<int64_t>{batch, keys})
    return emitOpError() << "mask must be [" << batch << ", " << keys << "], got " << tensor(getMask());
  if (getBias()) {
    SmallVector<int64_t> scores{batch, heads, queries, keys};
    auto shape = broadcastShapes({scores, tensor(getBias()).getShape()});
    if (failed(shape) || *shape != scores)
      return emitOpError() << "bias must broadcast to [" << scores << "], got " << tensor(getBias());
  }
  if (int64_t(getWindow()) < 0)
    return emitOpError() << "window must not be negative, got " << int64_t(getWindow());
  if (!(getSoftcap().convertToFloat() >= 0))
    return emitOpError() << "softcap must not be negative";
  if (getPos() && queries > keys)
    return emitOpError() << "with pos, the " << queries << " queries must fit the " << keys << " keys of the cache";
  return success();
}

LogicalResult EmbeddingOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                            SmallVectorImpl<Type> &types) {
  auto table = tensor(op.getTable()), ids = tensor(op.getIds());
  if (table.getRank() != 2)
    return emitOptionalError(loc, "'graph.embedding' op table must be [rows, columns], got ", table);
  SmallVector<int64_t> shape(ids.getShape());
  shape.push_back(table.getDimSize(1));
  auto type = RankedTensorType::get(shape, table.getElementType());
  if (isEmpty(table) && !isEmpty(type))
    return emitOptionalError(loc, "'graph.embedding' op table has no rows to take, got ", table);
  types.push_back(type);
  return success();
}

LogicalResult KvUpdateOp::verify() {
  auto cache = tensor(getCache()), rows = tensor(getRows());
  if (cache.getRank() != 4 || rows.getRank() != 4)
    return emitOpError() << "cache and rows must be [batch, heads, length, dim], got " << cache << " and " << rows;
  if (cache.getElementType() != rows.getElementType())
    return emitOpError() << "element types of cache and rows differ: " << cache.getElementType() << " and "
                         << rows.getElementType();
  for (int dim : {0, 1, 3})
    if (cache.getDimSize(dim) != rows.getDimSize(dim))
      return emitOpError() << "cache and rows may differ in their length only, got " << cache << " and " << rows;
  if (rows.getDimSize(2) > cache.getDimSize(2))
    return emitOpError() << rows.getDimSize(2) << " rows do not fit a cache of " << cache.getDimSize(2);
  return success();
}
