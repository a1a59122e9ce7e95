// The accumulators below the columns: a word for each step of rows, read, added to and written in one cycle.
module accumulators #(
    parameter int COLUMNS = 16,
    parameter int INT_ROWS = 2,
    parameter int WORDS = 1024,
    parameter type control_t = logic,
    localparam int ADDRESS_BITS = $clog2(WORDS)
) (
    input logic clock,
    input control_t control[COLUMNS],
    input logic [32*INT_ROWS-1:0] sums[COLUMNS],
    // The way out, for others, while the array rests.
    input logic [15:0] outside_column,
    input logic [ADDRESS_BITS-1:0] outside_address,
    output logic [32*INT_ROWS-1:0] outside
);
  function automatic logic [32*INT_ROWS-1:0] total(logic i32, logic [32*INT_ROWS-1:0] word, logic [32*INT_ROWS-1:0] sum);
    total = sum;
    if (i32) for (int i = 0; i < INT_ROWS; ++i) total[32*i+:32] = word[32*i+:32] + sum[32*i+:32];
    else total[31:0] = float32::add(word[31:0], sum[31:0]);
  endfunction

  logic [32*INT_ROWS-1:0] seen[COLUMNS];
  assign outside = seen[$clog2(COLUMNS)'(outside_column)];
  for (genvar c = 0; c < COLUMNS; ++c) begin : column
    logic [32*INT_ROWS-1:0] words[WORDS];
    assign seen[c] = words[outside_address];
    always_ff @(posedge clock)
      if (control[c].valid && 16'(c) < control[c].columns)
        words[control[c].address] <= control[c].clear ? sums[c] : total(control[c].integers, words[control[c].address], sums[c]);
  end
endmodule
