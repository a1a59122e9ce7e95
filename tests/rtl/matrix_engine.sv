// One `mma` after another: preload, passes over n (outer) and k (inner), drain; rules X1 to X3 of docs/hardware/machine.md.
// Operands come from a memory that answers in the cycle of the request.
module matrix_engine #(
    parameter int ROWS = 16,
    parameter int COLUMNS = 16,
    parameter int WEIGHT_ROWS = 4,
    parameter int INT_ROWS = 2,
    parameter int WORDS = 1024,
    localparam int MOVING_BITS = INT_ROWS > 2 ? 8 * INT_ROWS : 16,
    localparam int ADDRESS_BITS = $clog2(WORDS)
) (
    input logic clock,
    input logic reset,
    // The instruction, taken when `start` meets a resting engine. Sizes are at least 1.
    input logic start,
    input logic integers,
    input logic accumulate,
    input logic [15:0] m,
    input logic [15:0] k,
    input logic [15:0] n,
    output logic busy,
    output logic writes_last,  ///< in this cycle the last column takes a result
    // Rows [row_request * rows of a step] of the moving operand, k from k_request on, one element for each row of cells.
    output logic [15:0] row_request,
    output logic [15:0] k_request,
    input logic [ROWS-1:0][MOVING_BITS-1:0] moving,
    // Weights from (weight_k, weight_n) on.
    output logic [15:0] weight_k,
    output logic [15:0] weight_n,
    input logic [COLUMNS-1:0][16*WEIGHT_ROWS-1:0] weights,
    // Accumulators, seen from outside.
    input logic [15:0] outside_column,
    input logic [ADDRESS_BITS-1:0] outside_address,
    output logic [32*INT_ROWS-1:0] outside
);
  typedef enum logic [1:0] {REST, PRELOAD, STREAM, DRAIN} state_t;
  state_t state;
  logic [15:0] step, pass_k, pass_n;  // the pass that streams, by its first k and n; in PRELOAD the first one

  wire [15:0] step_rows = integers ? 16'(INT_ROWS) : 16'd1;
  wire [15:0] row_steps = (m + step_rows - 1) / step_rows;
  wire [15:0] load_rows = integers ? 16'(2 * WEIGHT_ROWS) : 16'(WEIGHT_ROWS);

  // The pass that loads: the first one in PRELOAD, the next one in STREAM.
  wire last_k = pass_k + 16'(ROWS) >= k;
  wire last_pass = last_k && pass_n + 16'(COLUMNS) >= n;
  wire [15:0] next_k = last_k ? 16'd0 : pass_k + 16'(ROWS);
  wire [15:0] next_n = last_k ? pass_n + 16'(COLUMNS) : pass_n;
  wire [15:0] load_k = state == PRELOAD ? pass_k : next_k;
  wire [15:0] load_n = state == PRELOAD ? pass_n : next_n;
  wire [15:0] load_depth = k - load_k < 16'(ROWS) ? k - load_k : 16'(ROWS);
  wire [15:0] load_steps = (load_depth + load_rows - 1) / load_rows;
  wire loads = state == PRELOAD || (state == STREAM && !last_pass);
  wire [15:0] pass_steps = loads && load_steps > row_steps ? load_steps : row_steps;

  wire load = loads && step < load_steps;
  wire streams = state == STREAM && step < row_steps;
  assign row_request = step;
  assign k_request = pass_k;
  assign weight_k = load_k + step * load_rows;
  assign weight_n = load_n;
  assign busy = state != REST;

  always_ff @(posedge clock) begin
    step <= step + 1;
    case (state)
      REST: begin
        step <= 0;
        pass_k <= 0;
        pass_n <= 0;
        if (start) state <= PRELOAD;
      end
      PRELOAD:
      if (step + 1 == load_steps) begin
        state <= STREAM;
        step <= 0;
      end
      STREAM:
      if (step + 1 == pass_steps) begin
        step <= 0;
        pass_k <= next_k;
        pass_n <= next_n;
        if (last_pass) state <= DRAIN;
      end
      DRAIN: if (step + 1 == 16'(ROWS + COLUMNS - 1)) state <= REST;
    endcase
    if (reset) state <= REST;
  end

  // Words of an accumulator: row steps inner, tiles of columns outer.
  logic [15:0] tile_base;
  always_ff @(posedge clock)
    if (state == REST) tile_base <= 0;
    else if (state == STREAM && step + 1 == pass_steps && last_k) tile_base <= tile_base + row_steps;

  // What travels: a step of rows to the right, weights and what the accumulators are to do downwards.
  typedef struct packed {
    logic first, integers;
    logic [MOVING_BITS-1:0] data;
  } moving_t;
  typedef struct packed {
    logic valid, first, integers;
    logic [15:0] row, depth;
    logic [16*WEIGHT_ROWS-1:0] weights;
  } load_t;
  typedef struct packed {
    logic valid, clear, integers;
    logic [ADDRESS_BITS-1:0] address;
    logic [15:0] columns;
  } control_t;

  // Row r sees a step r cycles after row 0, column c another c later: operands, weights and control are skewed alike, so the next
  // pass can load while this one streams.
  moving_t row_in[ROWS], row_skewed[ROWS];
  load_t column_in[COLUMNS], column_skewed[COLUMNS];
  always_comb begin
    for (int r = 0; r < ROWS; ++r) row_in[r] = '{first: streams && step == 0, integers: integers, data: moving[r]};
    for (int c = 0; c < COLUMNS; ++c)
      column_in[c] = '{valid: load, first: step == 0, integers: integers, row: step * load_rows, depth: load_depth, weights: weights[c]};
  end
  skew #(.LANES(ROWS), .BITS($bits(moving_t))) skew_rows (.clock, .in(row_in), .out(row_skewed));
  skew #(.LANES(COLUMNS), .BITS($bits(load_t))) skew_columns (.clock, .in(column_in), .out(column_skewed));

  // The sums of a step leave column 0 ROWS cycles after it entered.
  control_t control_now[ROWS + COLUMNS], control_next[ROWS + COLUMNS], control[COLUMNS];
  always_comb begin
    control_next[0] = '{valid: streams, clear: !accumulate && pass_k == 0, integers: integers,
                        address: ADDRESS_BITS'(tile_base + step), columns: n - pass_n};
    for (int i = 1; i < ROWS + COLUMNS; ++i) control_next[i] = control_now[i-1];
    for (int c = 0; c < COLUMNS; ++c) control[c] = control_now[ROWS+c-1];
  end
  always_ff @(posedge clock) control_now <= control_next;
  assign writes_last = control[COLUMNS-1].valid && 16'(COLUMNS - 1) < control[COLUMNS-1].columns;

  logic [32*INT_ROWS-1:0] sums[COLUMNS];
  cells #(
      .ROWS(ROWS), .COLUMNS(COLUMNS), .WEIGHT_ROWS(WEIGHT_ROWS), .INT_ROWS(INT_ROWS), .moving_t(moving_t), .load_t(load_t)
  ) array (.clock, .from_left(row_skewed), .from_above(column_skewed), .below(sums));
  accumulators #(.COLUMNS(COLUMNS), .INT_ROWS(INT_ROWS), .WORDS(WORDS), .control_t(control_t)) results (
      .clock, .control, .sums, .outside_column, .outside_address, .outside);
endmodule
