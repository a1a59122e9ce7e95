// f32 addition and the exact product of two bf16, rounded once to nearest even, subnormals kept, NaN canonical: the
// "Matrix" section of docs/hardware/numbers.md.
package float32;

  localparam logic [31:0] CANONICAL_NAN = 32'h7fc00000;

  /// A number as (-1)^sign * significand * 2^(exponent - 23). Bit 23 of the significand is set unless the number is zero.
  typedef struct packed {
    logic nan;
    logic infinite;
    logic sign;
    logic signed [10:0] exponent;
    logic [23:0] significand;
  } number_t;

  /// Leading zeros; 28 for zero.
  function automatic logic [4:0] leading_zeros(logic [27:0] bits);
    leading_zeros = 28;
    for (int i = 0; i < 28; ++i)
      if (bits[i]) leading_zeros = 5'(27 - i);
  endfunction

  function automatic number_t unpack(logic [31:0] bits);
    logic [4:0] shift;
    unpack.nan = bits[30:23] == 8'hff && bits[22:0] != 0;
    unpack.infinite = bits[30:23] == 8'hff && bits[22:0] == 0;
    unpack.sign = bits[31];
    if (bits[30:23] != 0) begin
      unpack.exponent = 11'(bits[30:23]) - 11'sd127;
      unpack.significand = {1'b1, bits[22:0]};
    end else begin
      shift = leading_zeros({bits[22:0], 5'b0}) + 1;
      unpack.exponent = -11'sd126 - 11'(shift);
      unpack.significand = {1'b0, bits[22:0]} << shift;
    end
  endfunction

  /// Exact: two significands of 8 bits make one of 16. The exponent may leave the range of f32.
  function automatic number_t product(logic [15:0] a, logic [15:0] b);
    number_t x, y;
    logic [15:0] bits;
    x = unpack({a, 16'b0});
    y = unpack({b, 16'b0});
    bits = x.significand[23:16] * y.significand[23:16];
    product.nan = x.nan || y.nan || (x.infinite && y.significand == 0) || (y.infinite && x.significand == 0);
    product.infinite = x.infinite || y.infinite;
    product.sign = x.sign ^ y.sign;
    product.exponent = x.exponent + y.exponent + 11'(bits[15]);
    product.significand = {bits[15] ? bits : bits << 1, 8'b0};
  endfunction

  /// `bits` shifted right; the last bit remembers whether a one was lost.
  function automatic logic [27:0] shift_sticky(logic [27:0] bits, logic [10:0] shift);
    logic [27:0] moved;
    moved = shift > 27 ? 28'b0 : bits >> shift;
    shift_sticky = moved | 28'((shift > 27 ? 28'b0 : moved << shift) != bits);
  endfunction

  function automatic logic [31:0] sum(number_t x, number_t y);
    number_t larger, smaller;
    logic [27:0] total;
    logic [4:0] zeros;
    logic signed [10:0] exponent;
    logic round_up;
    logic [31:0] magnitude;
    logic swapped;

    swapped = x.significand == 0 ||
        (y.significand != 0 && {~y.exponent[10], y.exponent[9:0], y.significand} > {~x.exponent[10], x.exponent[9:0], x.significand});
    larger = swapped ? y : x;
    smaller = swapped ? x : y;
    // Three bits below the significand are enough: a shift of two or more leaves at most one leading zero.
    total = shift_sticky({1'b0, smaller.significand, 3'b0}, larger.exponent - smaller.exponent);
    total = larger.sign == smaller.sign ? {1'b0, larger.significand, 3'b0} + total : {1'b0, larger.significand, 3'b0} - total;
    zeros = leading_zeros(total);
    exponent = larger.exponent + 11'sd1 - 11'(zeros);
    total = zeros == 0 ? shift_sticky(total, 1) : total << (zeros - 1);
    if (exponent < -11'sd126) begin
      total = shift_sticky(total, -11'sd126 - exponent);
      exponent = -11'sd126;
      magnitude = 0;
    end else begin
      // The significand's leading one adds the missing one to the exponent.
      magnitude = {10'(exponent) + 10'd126, 22'b0} << 1;
    end
    round_up = total[2] && (total[3] || total[1:0] != 0);
    magnitude = magnitude + 32'(total[26:3]) + 32'(round_up);

    if (x.nan || y.nan || (x.infinite && y.infinite && x.sign != y.sign)) sum = CANONICAL_NAN;
    else if (x.infinite || y.infinite) sum = {x.infinite ? x.sign : y.sign, 8'hff, 23'b0};
    else if (x.significand == 0 && y.significand == 0) sum = {x.sign && y.sign, 31'b0};
    else if (zeros == 28) sum = 0;
    else if (magnitude >= 32'h7f800000) sum = {larger.sign, 8'hff, 23'b0};
    else sum = {larger.sign, magnitude[30:0]};
  endfunction

  function automatic logic [31:0] add(logic [31:0] a, logic [31:0] b);
    add = sum(unpack(a), unpack(b));
  endfunction

  /// a * b + c of bf16, bf16 and f32.
  function automatic logic [31:0] fused_multiply_add(logic [15:0] a, logic [15:0] b, logic [31:0] c);
    fused_multiply_add = sum(product(a, b), unpack(c));
  endfunction

endpackage
