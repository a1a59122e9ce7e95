// The cells of the array. A cell holds a weight, hands the moving operand to the right, weights in flight and sums downwards, and
// adds its product to the sum that passes. The next weight waits in a shadow register and takes over with the first row of its pass.
module cells #(
    parameter int ROWS = 16,
    parameter int COLUMNS = 16,
    parameter int WEIGHT_ROWS = 4,
    parameter int INT_ROWS = 2,
    parameter type moving_t = logic,
    parameter type load_t = logic
) (
    input logic clock,
    input moving_t from_left[ROWS],
    input load_t from_above[COLUMNS],
    output logic [32*INT_ROWS-1:0] below[COLUMNS]
);
  /// The registers of a cell.
  typedef struct packed {
    moving_t moving;
    load_t load;
    logic [32*INT_ROWS-1:0] sum;
    logic [15:0] shadow, held;
    logic shadow_used, held_used;
  } cell_t;
  cell_t now[ROWS][COLUMNS], next[ROWS][COLUMNS];

  function automatic logic [32*INT_ROWS-1:0] multiply_add(moving_t x, logic [15:0] weight, logic [32*INT_ROWS-1:0] sum);
    multiply_add = sum;
    if (x.integers)
      for (int i = 0; i < INT_ROWS; ++i)
        multiply_add[32*i+:32] = sum[32*i+:32] + 32'(16'(signed'(x.data[8*i+:8])) * 16'(signed'(weight[7:0])));
    else multiply_add[31:0] = float32::fused_multiply_add(x.data[15:0], weight, sum[31:0]);
  endfunction

  /// Whether a load in flight brings the weight of a row.
  function automatic logic brings(load_t bus, logic [15:0] row);
    brings = bus.valid && row >= bus.row && row - bus.row < (bus.integers ? 16'(2 * WEIGHT_ROWS) : 16'(WEIGHT_ROWS));
  endfunction
  function automatic logic [15:0] weight_of(load_t bus, logic [15:0] row);
    logic [16*WEIGHT_ROWS-1:0] shifted;
    shifted = bus.weights >> (bus.integers ? 8 * (row - bus.row) : 16 * (row - bus.row));
    weight_of = bus.integers ? {8'b0, shifted[7:0]} : shifted[15:0];
  endfunction

  function automatic cell_t step(cell_t here, logic [15:0] row, moving_t x, load_t bus, logic [32*INT_ROWS-1:0] sum);
    step.moving = x;
    step.load = bus;
    step.held = x.first ? here.shadow : here.held;
    step.held_used = x.first ? here.shadow_used : here.held_used;
    // Rows past the depth of a pass are bypassed.
    step.sum = step.held_used ? multiply_add(x, step.held, sum) : sum;
    step.shadow = brings(bus, row) ? weight_of(bus, row) : here.shadow;
    step.shadow_used = bus.valid && bus.first ? row < bus.depth : here.shadow_used;
  endfunction

  always_comb begin
    for (int r = 0; r < ROWS; ++r)
      for (int c = 0; c < COLUMNS; ++c)
        next[r][c] = step(now[r][c], 16'(r), c == 0 ? from_left[r] : now[r][c-1].moving,
                          r == 0 ? from_above[c] : now[r-1][c].load, r == 0 ? '0 : now[r-1][c].sum);
    for (int c = 0; c < COLUMNS; ++c) below[c] = now[ROWS-1][c].sum;
  end
  always_ff @(posedge clock) now <= next;
endmodule
