// The graph dialect: what is computed. Placement, loops and time come later. docs/graph.md gives the meaning of each op.
#ifndef GARAM_GRAPH_TD
#define GARAM_GRAPH_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Graph_Dialect : Dialect {
  let name = "graph";
  let cppNamespace = "::garam::graph";
  let summary = "What is computed: tensors and values, no placement";
  let description = [{
    Transformer operations on static tensors with value semantics. Decided here: the values, their element types and the
    places where they are rounded. Not decided: tiles, cores, memories, order.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

// ---- types -----------------------------------------------------------------------------------------------------

def Graph_FloatElement : AnyTypeOf<[F32, F16, BF16, F8E4M3FN, F8E5M2]>;
def Graph_IntElement : AnyTypeOf<[I8, I32, I64]>;

class Graph_TensorOf<list<Type> elements, string text> : StaticShapeTensorOf<elements> { let summary = text; }
def Graph_FloatTensor : Graph_TensorOf<[F32, F16, BF16, F8E4M3FN, F8E5M2], "static tensor of f32, f16, bf16, f8E4M3FN or f8E5M2">;
def Graph_NumberTensor : Graph_TensorOf<[F32, F16, BF16, F8E4M3FN, F8E5M2, I8, I32, I64],
    "static tensor of f32, f16, bf16, f8E4M3FN, f8E5M2, i8, i32 or i64">;
def Graph_AnyTensor : Graph_TensorOf<[F32, F16, BF16, F8E4M3FN, F8E5M2, I8, I32, I64, I1],
    "static tensor of f32, f16, bf16, f8E4M3FN, f8E5M2, i8, i32, i64 or i1">;
def Graph_BoolTensor : Graph_TensorOf<[I1], "static tensor of i1">;
def Graph_IndexTensor : Graph_TensorOf<[I32, I64], "static tensor of i32 or i64">;
def Graph_MaskTensor : Graph_TensorOf<[I1, I8, I32, I64], "static tensor of i1, i8, i32 or i64">;
def Graph_F32Tensor : Graph_TensorOf<[F32], "static tensor of f32">;

// ---- enumerations ----------------------------------------------------------------------------------------------

class Graph_Enum<string name, string mnemonic_, string text, list<I32EnumAttrCase> cases> : I32EnumAttr<name, text, cases> {
  let cppNamespace = "::garam::graph";
  let genSpecializedAttr = 0;
  string attrMnemonic = mnemonic_;
}
class Graph_EnumAttr<Graph_Enum info> : EnumAttr<Graph_Dialect, info, info.attrMnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

def Graph_Predicate : Graph_Enum<"Predicate", "predicate", "comparison", [
    I32EnumAttrCase<"Lt", 0, "lt">, I32EnumAttrCase<"Le", 1, "le">, I32EnumAttrCase<"Gt", 2, "gt">,
    I32EnumAttrCase<"Ge", 3, "ge">, I32EnumAttrCase<"Eq", 4, "eq">, I32EnumAttrCase<"Ne", 5, "ne">]>;
def Graph_PredicateAttr : Graph_EnumAttr<Graph_Predicate>;

def Graph_NormStyle : Graph_Enum<"NormStyle", "norm_style", "how the weight enters an RMS norm", [
    I32EnumAttrCase<"Plain", 0, "plain">, I32EnumAttrCase<"Llama", 1, "llama">, I32EnumAttrCase<"Gemma", 2, "gemma">]>;
def Graph_NormStyleAttr : Graph_EnumAttr<Graph_NormStyle>;

def Graph_RopeStyle : Graph_Enum<"RopeStyle", "rope_style", "which elements a rotation pairs", [
    I32EnumAttrCase<"Half", 0, "half">, I32EnumAttrCase<"Interleaved", 1, "interleaved">]>;
def Graph_RopeStyleAttr : Graph_EnumAttr<Graph_RopeStyle>;

def Graph_ReduceKind : Graph_Enum<"ReduceKind", "reduce_kind", "reduction", [
    I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Mean", 1, "mean">, I32EnumAttrCase<"Max", 2, "max">,
    I32EnumAttrCase<"Min", 3, "min">]>;
def Graph_ReduceKindAttr : Graph_EnumAttr<Graph_ReduceKind>;

def Graph_GeluApproximation : Graph_Enum<"GeluApproximation", "gelu_approximation", "formula of gelu", [
    I32EnumAttrCase<"None", 0, "none">, I32EnumAttrCase<"Tanh", 1, "tanh">]>;
def Graph_GeluApproximationAttr : Graph_EnumAttr<Graph_GeluApproximation>;

def Graph_MaskedRows : Graph_Enum<"MaskedRows", "masked_rows", "what attention gives where no key takes part", [
    I32EnumAttrCase<"Average", 0, "average">, I32EnumAttrCase<"Zero", 1, "zero">, I32EnumAttrCase<"Nan", 2, "nan">]>;
def Graph_MaskedRowsAttr : Graph_EnumAttr<Graph_MaskedRows>;

// ---- attributes ------------------------------------------------------------------------------------------------

class Graph_Attr<string name, string mnemonic_> : AttrDef<Graph_Dialect, name> { let mnemonic = mnemonic_; }

def Graph_ChipAttr : Graph_Attr<"Chip", "chip"> {
  let summary = "the chip a module is compiled for: its name and the path of its file";
  let parameters = (ins StringRefParameter<"name">:$name, StringRefParameter<"path">:$path);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Graph_MappingAttr : Graph_Attr<"Mapping", "mapping"> {
  let summary = "how a group is cut: tiles, core grid, loop order, buffer depth, placement";
  let description = [{
    A dictionary with the keys `tile`, `grid`, `order`, `depth` and `place` (docs/graph.md). It says how the root of a group is
    computed and never what.
  }];
  let parameters = (ins "::mlir::DictionaryAttr":$values);
  let assemblyFormat = "`<` $values `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Entry `name` of the dictionary `key`: a size above zero; nothing if it is not there.
    std::optional<int64_t> size(llvm::StringRef key, llvm::StringRef name) const;
    /// Loop dimensions, outermost first; empty if the mapping does not say.
    llvm::SmallVector<llvm::StringRef> order() const;
    /// `hbm`, `shared` or `l1`; nothing if the mapping does not say.
    std::optional<llvm::StringRef> place(llvm::StringRef value) const;
  }];
}

// ---- interfaces ------------------------------------------------------------------------------------------------

def Graph_StepOpInterface : OpInterface<"StepOpInterface"> {
  let cppNamespace = "::garam::graph";
  let description = [{
    An elementwise op says which steps of a vector chain it becomes, so that one generic lowering serves them all.
  }];
  let methods = [InterfaceMethod<[{
      Appends the op's steps. The builder knows where the operands are (Steps.h). Fails, having appended nothing, if
      the chain cannot express the op there.
    }], "::llvm::LogicalResult", "buildSteps", (ins "::garam::graph::StepBuilder &":$steps)>];
}

#endif
