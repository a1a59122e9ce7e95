// Ops of the graph dialect. docs/graph.md is the page about their meaning; here are types, shapes and text.
#ifndef GARAM_GRAPH_OPS_TD
#define GARAM_GRAPH_OPS_TD

include "dialects/graph/Graph.td"
include "mlir/Interfaces/CallInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/RegionKindInterface.td"

class Graph_Op<string mnemonic, list<Trait> traits = []> : Op<Graph_Dialect, mnemonic, !listconcat([Pure], traits)>;

// The type of the result follows from operands and attributes: `inferReturnTypes` is the rule, and the verifier.
class Graph_InferredOp<string mnemonic, list<Trait> traits = []>
    : Graph_Op<mnemonic, !listconcat([InferTypeOpAdaptor], traits)>;

// ---- products --------------------------------------------------------------------------------------------------

def Graph_MatmulOp : Graph_Op<"matmul"> {
  let summary = "product of matrices";
  let arguments = (ins Graph_NumberTensor:$a, Graph_NumberTensor:$b, DefaultValuedAttr<BoolAttr, "false">:$transpose_b);
  let results = (outs Graph_NumberTensor:$result);
  let assemblyFormat = "$a `,` $b attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Graph_AttentionOp : Graph_Op<"attention", [AttrSizedOperandSegments]> {
  let summary = "softmax(scale · q·kᵀ + bias)·v over the keys that take part";
  let arguments = (ins Graph_FloatTensor:$q, Graph_FloatTensor:$k, Graph_FloatTensor:$v, Optional<Graph_MaskTensor>:$mask,
      Optional<Graph_FloatTensor>:$bias, Optional<Index>:$pos, F32Attr:$scale, DefaultValuedAttr<BoolAttr, "false">:$causal,
      DefaultValuedAttr<I64Attr, "0">:$window, DefaultValuedAttr<F32Attr, "0.0f">:$softcap,
      DefaultValuedAttr<Graph_MaskedRowsAttr, "MaskedRows::Average">:$masked_rows);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = [{
    $q `,` $k `,` $v (`mask` $mask^)? (`bias` $bias^)? (`pos` $pos^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Graph_EmbeddingOp : Graph_InferredOp<"embedding"> {
  let summary = "rows of a table by integer";
  let arguments = (ins Graph_AnyTensor:$table, Graph_IndexTensor:$ids);
  let results = (outs Graph_AnyTensor:$result);
  let assemblyFormat = "$table `,` $ids attr-dict `:` functional-type(operands, results)";
}

// ---- norms and softmax -----------------------------------------------------------------------------------------

def Graph_RmsNormOp : Graph_Op<"rms_norm", [AllTypesMatch<["x", "result"]>]> {
  let summary = "division by the root of the mean square, times a weight";
  let arguments = (ins Graph_FloatTensor:$x, Graph_FloatTensor:$w, F32Attr:$eps,
      DefaultValuedAttr<Graph_NormStyleAttr, "NormStyle::Plain">:$style);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = "$x `,` $w attr-dict `:` type($x) `,` type($w)";
  let hasVerifier = 1;
}

def Graph_LayerNormOp : Graph_Op<"layer_norm", [AllTypesMatch<["x", "result"]>]> {
  let summary = "normalisation to mean 0 and variance 1, times a weight, plus a bias";
  let arguments = (ins Graph_FloatTensor:$x, Graph_FloatTensor:$w, Graph_FloatTensor:$b, F32Attr:$eps);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = "$x `,` $w `,` $b attr-dict `:` type($x) `,` type($w) `,` type($b)";
  let hasVerifier = 1;
}

def Graph_SoftmaxOp : Graph_Op<"softmax", [SameOperandsAndResultType]> {
  let summary = "softmax over the last dimension";
  let arguments = (ins Graph_FloatTensor:$x);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let hasVerifier = 1;
}

def Graph_RopeOp : Graph_Op<"rope", [AllTypesMatch<["x", "result"]>]> {
  let summary = "rotary position embedding from tables";
  let arguments = (ins Graph_FloatTensor:$x, Graph_F32Tensor:$cos, Graph_F32Tensor:$sin, Optional<Index>:$pos,
      DefaultValuedAttr<Graph_RopeStyleAttr, "RopeStyle::Half">:$style);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = "$x `,` $cos `,` $sin (`pos` $pos^)? attr-dict `:` type($x) `,` type($cos) `,` type($sin)";
  let hasVerifier = 1;
}

// ---- elementwise -----------------------------------------------------------------------------------------------

defvar Graph_Steps = DeclareOpInterfaceMethods<Graph_StepOpInterface>;

class Graph_BinaryOp<string mnemonic, Type element, string text, list<Trait> traits = []>
    : Graph_InferredOp<mnemonic, !listconcat([Graph_Steps, SameOperandsElementType], traits)> {
  let summary = text;
  let arguments = (ins element:$lhs, element:$rhs);
  let results = (outs element:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}
def Graph_AddOp : Graph_BinaryOp<"add", Graph_NumberTensor, "lhs + rhs", [Commutative]>;
def Graph_SubOp : Graph_BinaryOp<"sub", Graph_NumberTensor, "lhs − rhs">;
def Graph_MulOp : Graph_BinaryOp<"mul", Graph_NumberTensor, "lhs · rhs", [Commutative]>;
def Graph_DivOp : Graph_BinaryOp<"div", Graph_FloatTensor, "lhs / rhs">;
def Graph_MaxOp : Graph_BinaryOp<"max", Graph_NumberTensor, "the larger; NaN if either is", [Commutative]>;
def Graph_MinOp : Graph_BinaryOp<"min", Graph_NumberTensor, "the smaller; NaN if either is", [Commutative]>;
def Graph_LogicalAndOp : Graph_BinaryOp<"logical_and", Graph_BoolTensor, "both hold", [Commutative]>;
def Graph_LogicalOrOp : Graph_BinaryOp<"logical_or", Graph_BoolTensor, "either holds", [Commutative]>;

def Graph_CompareOp : Graph_InferredOp<"compare", [Graph_Steps, SameOperandsElementType]> {
  let summary = "whether the predicate holds";
  let arguments = (ins Graph_AnyTensor:$lhs, Graph_AnyTensor:$rhs, Graph_PredicateAttr:$predicate);
  let results = (outs Graph_BoolTensor:$result);
  let assemblyFormat = "$predicate $lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Graph_SelectOp : Graph_InferredOp<"select", [Graph_Steps]> {
  let summary = "lhs where the condition holds, else rhs";
  let arguments = (ins Graph_BoolTensor:$condition, Graph_AnyTensor:$lhs, Graph_AnyTensor:$rhs);
  let results = (outs Graph_AnyTensor:$result);
  let assemblyFormat = "$condition `,` $lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

class Graph_UnaryOp<string mnemonic, Type element, string text>
    : Graph_Op<mnemonic, [Graph_Steps, SameOperandsAndResultType]> {
  let summary = text;
  let arguments = (ins element:$x);
  let results = (outs element:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}
def Graph_NegOp : Graph_UnaryOp<"neg", Graph_NumberTensor, "−x">;
def Graph_AbsOp : Graph_UnaryOp<"abs", Graph_NumberTensor, "|x|">;
def Graph_ExpOp : Graph_UnaryOp<"exp", Graph_FloatTensor, "eˣ">;
def Graph_LogOp : Graph_UnaryOp<"log", Graph_FloatTensor, "natural logarithm">;
def Graph_SqrtOp : Graph_UnaryOp<"sqrt", Graph_FloatTensor, "√x">;
def Graph_RsqrtOp : Graph_UnaryOp<"rsqrt", Graph_FloatTensor, "1/√x">;
def Graph_RecipOp : Graph_UnaryOp<"recip", Graph_FloatTensor, "1/x">;
def Graph_TanhOp : Graph_UnaryOp<"tanh", Graph_FloatTensor, "hyperbolic tangent">;
def Graph_SigmoidOp : Graph_UnaryOp<"sigmoid", Graph_FloatTensor, "1/(1 + e⁻ˣ)">;
def Graph_ErfOp : Graph_UnaryOp<"erf", Graph_FloatTensor, "error function">;
def Graph_SinOp : Graph_UnaryOp<"sin", Graph_FloatTensor, "sine">;
def Graph_CosOp : Graph_UnaryOp<"cos", Graph_FloatTensor, "cosine">;
def Graph_FloorOp : Graph_UnaryOp<"floor", Graph_FloatTensor, "the integer at or below x">;
def Graph_RoundOp : Graph_UnaryOp<"round", Graph_FloatTensor, "the nearest integer, ties to even">;
def Graph_ReluOp : Graph_UnaryOp<"relu", Graph_FloatTensor, "max(x, 0)">;
def Graph_SiluOp : Graph_UnaryOp<"silu", Graph_FloatTensor, "x·sigmoid(x)">;
def Graph_LogicalNotOp : Graph_UnaryOp<"logical_not", Graph_BoolTensor, "x does not hold">;

def Graph_GeluOp : Graph_Op<"gelu", [Graph_Steps, SameOperandsAndResultType]> {
  let summary = "x/2·(1 + erf(x/√2)), or the tanh formula";
  let arguments = (ins Graph_FloatTensor:$x, DefaultValuedAttr<Graph_GeluApproximationAttr, "GeluApproximation::None">:$approximate);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

def Graph_CastOp : Graph_Op<"cast", [Graph_Steps, SameOperandsAndResultShape]> {
  let summary = "conversion of the element type";
  let arguments = (ins Graph_AnyTensor:$x);
  let results = (outs Graph_AnyTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($result)";
  let hasFolder = 1;
}

// ---- shapes ----------------------------------------------------------------------------------------------------

def Graph_ReshapeOp : Graph_Op<"reshape", [SameOperandsAndResultElementType]> {
  let summary = "another shape of the same elements in row-major order";
  let arguments = (ins Graph_AnyTensor:$x);
  let results = (outs Graph_AnyTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Graph_TransposeOp : Graph_InferredOp<"transpose"> {
  let summary = "dimensions in another order";
  let arguments = (ins Graph_AnyTensor:$x, DenseI64ArrayAttr:$perm);
  let results = (outs Graph_AnyTensor:$result);
  let assemblyFormat = "$x $perm attr-dict `:` type($x) `to` type($result)";
  let hasFolder = 1;
}

def Graph_BroadcastOp : Graph_Op<"broadcast", [SameOperandsAndResultElementType]> {
  let summary = "repetition to a larger shape, by NumPy's rule";
  let arguments = (ins Graph_AnyTensor:$x);
  let results = (outs Graph_AnyTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Graph_SliceOp : Graph_InferredOp<"slice"> {
  let summary = "every step-th element from begin, below end";
  let arguments = (ins Graph_AnyTensor:$x, DenseI64ArrayAttr:$begin, DenseI64ArrayAttr:$end, DenseI64ArrayAttr:$step);
  let results = (outs Graph_AnyTensor:$result);
  let assemblyFormat = "$x $begin `to` $end `step` $step attr-dict `:` type($x) `to` type($result)";
  let hasFolder = 1;
}

def Graph_ConcatOp : Graph_InferredOp<"concat", [SameOperandsAndResultElementType]> {
  let summary = "operands one after another along a dimension";
  let arguments = (ins Variadic<Graph_AnyTensor>:$inputs, I64Attr:$dim);
  let results = (outs Graph_AnyTensor:$result);
  let assemblyFormat = "$inputs attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Graph_ReduceOp : Graph_InferredOp<"reduce"> {
  let summary = "sum, mean, maximum or minimum over a dimension";
  let arguments = (ins Graph_NumberTensor:$x, Graph_ReduceKindAttr:$kind, I64Attr:$dim, DefaultValuedAttr<BoolAttr, "false">:$keepdim);
  let results = (outs Graph_NumberTensor:$result);
  let assemblyFormat = "$kind $x attr-dict `:` type($x) `to` type($result)";
}

def Graph_CumsumOp : Graph_Op<"cumsum", [SameOperandsAndResultType]> {
  let summary = "inclusive prefix sum over the last dimension";
  let arguments = (ins Graph_NumberTensor:$x);
  let results = (outs Graph_NumberTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let hasVerifier = 1;
}

def Graph_ArgmaxOp : Graph_InferredOp<"argmax"> {
  let summary = "first column of the largest value, over the last dimension";
  let arguments = (ins Graph_NumberTensor:$x);
  let results = (outs Graph_TensorOf<[I64], "static tensor of i64">:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($result)";
}

def Graph_IotaOp : Graph_Op<"iota"> {
  let summary = "the index along a dimension";
  let arguments = (ins I64Attr:$dim);
  let results = (outs Graph_NumberTensor:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Graph_ConstantOp : Graph_Op<"constant", [ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "values known now";
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Graph_AnyTensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}

def Graph_KvUpdateOp : Graph_Op<"kv_update", [AllTypesMatch<["cache", "result"]>]> {
  let summary = "the cache with the new rows at a position";
  let arguments = (ins Graph_AnyTensor:$cache, Graph_AnyTensor:$rows, Index:$pos);
  let results = (outs Graph_AnyTensor:$result);
  let assemblyFormat = "$cache `,` $rows `pos` $pos attr-dict `:` type($cache) `,` type($rows)";
  let hasVerifier = 1;
}

// ---- groups ----------------------------------------------------------------------------------------------------

def Graph_GroupOp : Graph_Op<"group", [IsolatedFromAbove, SingleBlock]> {
  let summary = "ops computed together under one mapping";
  let description = [{
    One kernel step: a root op with what is fused around it. The block arguments are the operands, in order; nothing else from
    outside is seen.
  }];
  let arguments = (ins Variadic<AnyTypeOf<[Graph_AnyTensor, Index]>>:$inputs, StrAttr:$name, OptionalAttr<Graph_MappingAttr>:$mapping);
  let results = (outs Variadic<Graph_AnyTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    mlir::Block &block() { return getBody().front(); }
    YieldOp yield();
  }];
}

def Graph_YieldOp : Graph_Op<"yield", [Terminator, ReturnLike, HasParent<"GroupOp">]> {
  let summary = "results of a group";
  let arguments = (ins Variadic<Graph_AnyTensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif
