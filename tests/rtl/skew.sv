// Lane i of a bus comes out i cycles late.
module skew #(
    parameter int LANES = 2,
    parameter int BITS = 1
) (
    input logic clock,
    input logic [BITS-1:0] in[LANES],
    output logic [BITS-1:0] out[LANES]
);
  // Lane i uses the first i registers of its line.
  logic [BITS-1:0] line[LANES][LANES], next[LANES][LANES];

  always_comb
    for (int i = 0; i < LANES; ++i) begin
      out[i] = i == 0 ? in[0] : line[i][i-1];
      for (int j = 0; j < LANES; ++j) next[i][j] = j == 0 ? in[i] : line[i][j-1];
    end
  always_ff @(posedge clock) line <= next;
endmodule
