// Every instruction of the machine, once. The isa dialect's ops, the encoder and decoder, the assembler, the
// disassembler, the manual page and the grammar of random programs are generated from these records by gen.py.
// docs/hardware/isa.md says what the records share.

class Engine<string name_> { string name = name_; }
def Seq : Engine<"seq">;
def DmaIn : Engine<"dma_in">;
def DmaOut : Engine<"dma_out">;
def Matrix : Engine<"matrix">;
def Vector : Engine<"vector">;

// What a slot may hold. `Dest` and `Imm` are immediates; the others name a register where the mask says so.
class Kind<string name_, bit reg_> { string name = name_; bit reg = reg_; }
def Dest : Kind<"dest", 0>;       // number of the register written
def Imm : Kind<"imm", 0>;         // signed immediate
def Enum : Kind<"enum", 0>;       // bit fields, see the summary of the field
def Desc : Kind<"desc", 0>;       // index into the kernel's descriptor table
def Value : Kind<"value", 1>;     // signed value
def Count : Kind<"count", 1>;     // value of zero or more
def Stride : Kind<"stride", 1>;   // signed bytes
def Local : Kind<"local", 1>;     // local address
def Global : Kind<"global", 1>;   // global address

class Field<string name_, Kind kind_, string text_> {
  string name = name_;
  Kind kind = kind_;
  string text = text_;
}

class Insn<string mnemonic_, int opcode_, Engine engine_, list<Field> fields_, string text_, string example_> {
  string mnemonic = mnemonic_;
  int opcode = opcode_;
  Engine engine = engine_;
  list<Field> fields = fields_;
  string text = text_;
  string example = example_;
}

// ---- sequencer ------------------------------------------------------------------------------------------------

def seq_end : Insn<"seq.end", 0x01, Seq, [], "Ends the program of this core.", "seq.end">;
def seq_set : Insn<"seq.set", 0x02, Seq,
    [Field<"rd", Dest, "register written">, Field<"lo", Imm, "low 32 bits">, Field<"hi", Imm, "high 32 bits">],
    "rd = hi:lo.", "seq.set rd=3 lo=4096 hi=0">;
class Alu<string op, int opcode_, string text_> : Insn<"seq." # op, opcode_, Seq,
    [Field<"rd", Dest, "register written">, Field<"a", Value, "left">, Field<"b", Value, "right">], text_,
    "seq." # op # " rd=3 a=r1 b=64">;
def seq_add : Alu<"add", 0x10, "rd = a + b, wrapping.">;
def seq_sub : Alu<"sub", 0x11, "rd = a − b, wrapping.">;
def seq_mul : Alu<"mul", 0x12, "rd = a · b, wrapping.">;
def seq_min : Alu<"min", 0x13, "rd = the smaller, signed.">;
def seq_max : Alu<"max", 0x14, "rd = the larger, signed.">;
def seq_shl : Alu<"shl", 0x15, "rd = a << (b mod 64).">;
def seq_shr : Alu<"shr", 0x16, "rd = a >> (b mod 64), arithmetic.">;
def seq_and : Alu<"and", 0x17, "rd = a & b.">;
def seq_lt : Alu<"lt", 0x18, "rd = a < b, signed, as 0 or 1.">;
def seq_eq : Alu<"eq", 0x19, "rd = a == b, as 0 or 1.">;
def seq_core : Insn<"seq.core", 0x20, Seq, [Field<"rd", Dest, "register written">],
    "rd = number of this core in the program: die · cores per die + core.", "seq.core rd=0">;
def seq_param : Insn<"seq.param", 0x21, Seq,
    [Field<"rd", Dest, "register written">, Field<"index", Imm, "launch parameter, 0 to 15">],
    "rd = launch parameter.", "seq.param rd=1 index=0">;
def seq_loop : Insn<"seq.loop", 0x22, Seq,
    [Field<"iv", Dest, "register of the induction variable">, Field<"lower", Value, "first value">,
     Field<"upper", Value, "bound, excluded">, Field<"step", Value, "increment, above zero">,
     Field<"length", Imm, "instructions of the body, which follow">],
    "Runs the next `length` instructions for iv = lower, lower + step, … below upper; loops nest eight deep.",
    "seq.loop iv=4 lower=0 upper=r2 step=1 length=12">;
def seq_skip : Insn<"seq.skip", 0x23, Seq,
    [Field<"cond", Value, "condition">, Field<"length", Imm, "instructions skipped when it is zero">],
    "Skips the next `length` instructions if cond is zero.", "seq.skip cond=r5 length=3">;
def seq_load : Insn<"seq.load", 0x24, Seq,
    [Field<"rd", Dest, "register written">, Field<"address", Local, "L1 address">,
     Field<"type", Enum, "element type: i32 or i64">],
    "rd = integer in L1; waits for its semaphores first.", "seq.load rd=6 address=1024 type=8 wait=3">;

// ---- DMA ------------------------------------------------------------------------------------------------------

defvar dimension_counts = [
    Field<"c0", Count, "bytes of dimension 0, if a register">, Field<"c1", Count, "count of dimension 1, if a register">,
    Field<"c2", Count, "count of dimension 2, if a register">, Field<"c3", Count, "count of dimension 3, if a register">,
    Field<"c4", Count, "count of dimension 4, if a register">];
defvar index_fields = [Field<"indices", Local, "L1 address of the index list, one entry for each step of dimension 4">,
                  Field<"index_type", Enum, "element type of the list: i32 or i64">,
                  Field<"rows", Imm, "rows of the table: an index is from 0 to one below; 0: any that memory allows">];

def dma_load : Insn<"dma.load", 0x30, DmaIn,
    !listconcat([Field<"desc", Desc, "DMA descriptor">, Field<"src", Global, "source">, Field<"dst", Local, "destination">],
        dimension_counts, [Field<"targets", Value, "0: this core; else bit mask of the cores of this die that receive the copy">]),
    "Copies from a global address to L1, of several cores if asked; its signals fire on every target.",
    "dma.load desc=0 src=r1 dst=4096 signal=2">;
def dma_gather : Insn<"dma.gather", 0x31, DmaIn,
    !listconcat([Field<"desc", Desc, "DMA descriptor">, Field<"src", Global, "source">, Field<"dst", Local, "destination">],
        dimension_counts, index_fields),
    "As dma.load, but step j of dimension 4 reads at index[j] · source stride.",
    "dma.gather desc=1 src=r1 dst=4096 indices=64 index_type=9 rows=1000">;
def dma_in_sync : Insn<"dma_in.sync", 0x3f, DmaIn, [], "Waits and signals only.", "dma_in.sync wait=1 signal=2">;
def dma_store : Insn<"dma.store", 0x40, DmaOut,
    !listconcat([Field<"desc", Desc, "DMA descriptor">, Field<"src", Local, "source">, Field<"dst", Global, "destination">],
        dimension_counts, [Field<"peer", Value, "core that remote signals go to">]),
    "Copies from L1 or acc to a global address.", "dma.store desc=2 src=8192 dst=r2 wait=3">;
def dma_scatter : Insn<"dma.scatter", 0x41, DmaOut,
    !listconcat([Field<"desc", Desc, "DMA descriptor">, Field<"src", Local, "source">, Field<"dst", Global, "destination">],
        dimension_counts, index_fields),
    "As dma.store, but step j of dimension 4 writes at index[j] · destination stride.",
    "dma.scatter desc=3 src=8192 dst=r2 indices=64 index_type=9 rows=1000">;
def sync_barrier : Insn<"sync.barrier", 0x4e, DmaOut,
    [Field<"scope", Enum, "0: cores of the die, 1: all cores of the program">],
    "Completes when every core of its scope has arrived, after all earlier writes of this core.",
    "sync.barrier scope=1 signal=4">;
def dma_out_sync : Insn<"dma_out.sync", 0x4f, DmaOut, [Field<"peer", Value, "core that remote signals go to">],
    "Waits and signals only.", "dma_out.sync wait=1 signal=2">;

// ---- matrix ---------------------------------------------------------------------------------------------------

def mma : Insn<"mma", 0x50, Matrix,
    [Field<"a", Local, "moving operand, m rows of k elements">, Field<"a_stride", Stride, "bytes between its rows">,
     Field<"w", Local, "stationary operand, k rows of n elements, or n rows of k if transposed">,
     Field<"w_stride", Stride, "bytes between its rows">,
     Field<"acc", Local, "result, m rows of n 4-byte elements, in acc">, Field<"acc_stride", Stride, "bytes between its rows">,
     Field<"m", Count, "rows">, Field<"k", Count, "depth">, Field<"n", Count, "columns">,
     Field<"accumulate", Value, "0: the result replaces acc, else it is added">,
     Field<"types", Enum, "bits 3–0 type of a, 7–4 type of w, bit 8 transposed">],
    "Tile product on the systolic array.",
    "mma a=0 a_stride=128 w=8192 w_stride=128 acc=1073741824 acc_stride=128 m=32 k=64 n=32 accumulate=0 types=34">;
def matrix_sync : Insn<"matrix.sync", 0x5f, Matrix, [], "Waits and signals only.", "matrix.sync wait=1">;

// ---- vector ---------------------------------------------------------------------------------------------------

def vec_map : Insn<"vec.map", 0x60, Vector,
    [Field<"chain", Desc, "chain descriptor">, Field<"rows", Count, "rows">, Field<"cols", Count, "columns">,
     Field<"s0", Local, "source 0">, Field<"s0_stride", Stride, "bytes between its rows">,
     Field<"s1", Local, "source 1">, Field<"s1_stride", Stride, "bytes between its rows">,
     Field<"s2", Local, "source 2">, Field<"s2_stride", Stride, "bytes between its rows">,
     Field<"dst", Local, "result">, Field<"dst_stride", Stride, "bytes between its rows">,
     Field<"dst2", Local, "result of the reduction, f32">, Field<"scalar", Value, "the steps' scalar operand">],
    "Runs a chain of elementwise steps over rows × cols, and a reduction.",
    "vec.map chain=4 rows=32 cols=64 s0=0 s0_stride=128 s1=0 s1_stride=0 s2=0 s2_stride=0 dst=4096 dst_stride=128 dst2=0 scalar=0">;
def vec_rotate : Insn<"vec.rotate", 0x61, Vector,
    [Field<"rows", Count, "rows (tokens)">, Field<"heads", Count, "vectors in a row, contiguous">, Field<"dim", Count, "elements of a vector, even">,
     Field<"src", Local, "source">, Field<"src_stride", Stride, "bytes between its rows">,
     Field<"cos", Local, "cosines, dim f32 elements for each row">, Field<"cos_stride", Stride, "bytes between its rows">,
     Field<"sin", Local, "sines, likewise">, Field<"sin_stride", Stride, "bytes between its rows">,
     Field<"dst", Local, "result">, Field<"dst_stride", Stride, "bytes between its rows">,
     Field<"types", Enum, "bits 3–0 type of the source, 7–4 of the result">,
     Field<"mode", Enum, "0: pairs (i, i + dim/2); 1: pairs (2i, 2i + 1)">],
    "Rotary embedding: x·cos + partner(x)·sin, where the partner of the first of a pair is the negated second.",
    "vec.rotate rows=8 heads=4 dim=64 src=0 src_stride=512 cos=8192 cos_stride=256 sin=16384 sin_stride=256 dst=0 dst_stride=512 types=34 mode=0">;
// Rows in, rows out, two operands of any type: the ops of the tile and the task dialect follow from the record too.
// `result` is the shape of what it writes, `types` what it may be of.
class RowsResult<string name_> { string name = name_; }
def Same : RowsResult<"Same">;             // rows × columns
def Transposed : RowsResult<"Transposed">; // columns × rows
def Column : RowsResult<"Column">;         // one element for each row
class RowsInsn<string verb_, int opcode_, RowsResult result_, string types_, string text_, string example_>
    : Insn<"vec." # verb_, opcode_, Vector,
        [Field<"rows", Count, "rows of the source">, Field<"cols", Count, "columns of the source">,
         Field<"src", Local, "source">, Field<"src_stride", Stride, "bytes between its rows">,
         Field<"dst", Local, "result">, Field<"dst_stride", Stride, "bytes between its rows">,
         Field<"types", Enum, "bits 3–0 type of the source, 7–4 of the result">],
        text_, example_> {
  string verb = verb_;
  RowsResult result = result_;
  string types = types_; // any, or integer: i32 or i64
}
def vec_transpose : RowsInsn<"transpose", 0x62, Transposed, "any", "dst[c][r] = src[r][c].",
    "vec.transpose rows=32 cols=64 src=0 src_stride=128 dst=8192 dst_stride=64 types=34">;
def vec_scan : RowsInsn<"scan", 0x63, Same, "any", "Inclusive prefix sum of each row, columns ascending, in f32.",
    "vec.scan rows=8 cols=64 src=0 src_stride=256 dst=0 dst_stride=256 types=0">;
def vec_argmax : RowsInsn<"argmax", 0x64, Column, "integer",
    "dst[r] = the first column with the largest value of row r (NaN counts as largest).",
    "vec.argmax rows=1 cols=256 src=0 src_stride=0 dst=2048 dst_stride=8 types=144">;
def vector_sync : Insn<"vector.sync", 0x6f, Vector, [], "Waits and signals only.", "vector.sync wait=1">;

// ---- steps of a chain -------------------------------------------------------------------------------------------

// One step of vec.map: `v` is the running value, `x` the operand, `t0` and `t1` the saved values. `cost` in cycles of a
// beat. A step that integer chains refuse says so. sim/insns/Steps.inl has what each computes.
class Step<string name_, int number_, string text_, int cost_, bit operand_, bit integers_> {
  string name = name_;
  int number = number_;
  string text = text_; // as chains are written
  int cost = cost_;
  bit operand = operand_;
  bit integers = integers_;
}
class Move<string name, int number, string text, bit operand> : Step<name, number, text, 0, operand, 1>;
class Binary<string name, int number, string text, int cost = 1> : Step<name, number, text, cost, 1, 1>;
class Unary<string name, int number, string text> : Step<name, number, text, 1, 0, 1>;
class Function<string name, int number, string text> : Step<name, number, text, 2, 0, 0>;

def step_set : Move<"Set", 1, "set", 1>;
def step_save_t0 : Move<"SaveT0", 2, "save_t0", 0>;
def step_save_t1 : Move<"SaveT1", 3, "save_t1", 0>;
def step_add : Binary<"Add", 8, "add">;
def step_sub : Binary<"Sub", 9, "sub">;
def step_rsub : Binary<"RSub", 10, "rsub">;
def step_mul : Binary<"Mul", 11, "mul">;
def step_div : Binary<"Div", 12, "div", 2>;
def step_rdiv : Binary<"RDiv", 13, "rdiv", 2>;
def step_min : Binary<"Min", 14, "min">;
def step_max : Binary<"Max", 15, "max">;
def step_fma : Binary<"Fma", 16, "fma">;
def step_lt : Binary<"Lt", 17, "lt">;
def step_le : Binary<"Le", 18, "le">;
def step_gt : Binary<"Gt", 19, "gt">;
def step_ge : Binary<"Ge", 20, "ge">;
def step_eq : Binary<"Eq", 21, "eq">;
def step_ne : Binary<"Ne", 22, "ne">;
def step_select : Binary<"Select", 23, "select">;
def step_and : Binary<"And", 24, "and">;
def step_or : Binary<"Or", 25, "or">;
def step_neg : Unary<"Neg", 32, "neg">;
def step_abs : Unary<"Abs", 33, "abs">;
def step_floor : Unary<"Floor", 34, "floor">;
def step_round : Unary<"Round", 35, "round">;
def step_exp : Function<"Exp", 48, "exp">;
def step_log : Function<"Log", 49, "log">;
def step_recip : Function<"Recip", 50, "recip">;
def step_sqrt : Function<"Sqrt", 51, "sqrt">;
def step_rsqrt : Function<"Rsqrt", 52, "rsqrt">;
def step_tanh : Function<"Tanh", 53, "tanh">;
def step_sigmoid : Function<"Sigmoid", 54, "sigmoid">;
def step_erf : Function<"Erf", 55, "erf">;
def step_sin : Function<"Sin", 56, "sin">;
def step_cos : Function<"Cos", 57, "cos">;
