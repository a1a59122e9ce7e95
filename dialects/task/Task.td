// The task dialect: when. Every op is an instruction of one engine, on bytes, with the tokens it waits for and gives.
#ifndef GARAM_DIALECTS_TASK_TASK_TD
#define GARAM_DIALECTS_TASK_TASK_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/DialectBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Task_Dialect : Dialect {
  let name = "task";
  let cppNamespace = "::garam::task";
  let summary = "Engine streams, semaphores and byte addresses";
  let description = [{
    One loop nest for all cores of the program. The order of the ops is the order in which the sequencer issues; each engine
    takes its own ops in that order; tokens order ops of different engines. Buffers are bytes; addresses appear with
    `task-allocate`. Not decided yet: registers and encodings.
  }];
  let dependentDialects = ["::garam::tile::TileDialect"];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

def Task_Buffer : TypeDef<Task_Dialect, "Buffer"> {
  let mnemonic = "buffer";
  let summary = "Bytes in one memory";
}

def Task_Engine : I32EnumAttr<"Engine", "engine of a core", [
    I32EnumAttrCase<"seq", 0>, I32EnumAttrCase<"dma_in", 1>, I32EnumAttrCase<"dma_out", 2>,
    I32EnumAttrCase<"matrix", 3>, I32EnumAttrCase<"vector", 4>]> {
  let cppNamespace = "::garam::task";
  let genSpecializedAttr = 0;
}
def Task_EngineAttr : EnumAttr<Task_Dialect, Task_Engine, "engine"> {
  let assemblyFormat = "$value";
}

def Task_TokensAttr : AttrDef<Task_Dialect, "Tokens"> {
  let mnemonic = "tokens";
  let summary = "Tokens waited for or given: semaphore, or semaphore:count";
  let parameters = (ins ArrayRefParameter<"::garam::task::Token">:$tokens);
  let hasCustomAssemblyFormat = 1;
}

def Task_EngineOp : OpInterface<"EngineOp"> {
  let cppNamespace = "::garam::task";
  let description = [{ An op that an engine (or the sequencer) takes from its queue. }];
  let methods = [
    InterfaceMethod<"Engine that executes the op.", "::garam::task::Engine", "getEngine">,
    InterfaceMethod<"Bytes read and written.", "void", "getAccesses",
                    (ins "::llvm::SmallVectorImpl<::garam::task::Access> &":$accesses)>,
    InterfaceMethod<"Tokens taken before it starts.", "::llvm::ArrayRef<::garam::task::Token>", "getWaitTokens", (ins), [{
      return $_op.getWaits() ? $_op.getWaits()->getTokens() : ::llvm::ArrayRef<::garam::task::Token>();
    }]>,
    InterfaceMethod<"Tokens given when it completes.", "::llvm::ArrayRef<::garam::task::Token>", "getSignalTokens", (ins), [{
      return $_op.getSignals() ? $_op.getSignals()->getTokens() : ::llvm::ArrayRef<::garam::task::Token>();
    }]>,
    InterfaceMethod<"", "void", "setWaitTokens", (ins "::llvm::ArrayRef<::garam::task::Token>":$tokens), [{
      $_op.setWaitsAttr(tokens.empty() ? TokensAttr() : TokensAttr::get($_op.getContext(), tokens));
    }]>,
    InterfaceMethod<"", "void", "setSignalTokens", (ins "::llvm::ArrayRef<::garam::task::Token>":$tokens), [{
      $_op.setSignalsAttr(tokens.empty() ? TokensAttr() : TokensAttr::get($_op.getContext(), tokens));
    }]>,
  ];
}

#endif
