// exp, log, rsqrt, tanh, sigmoid, erf, sin and cos. Included inside a namespace that gives vectors of f64 the
// operations used here: Highway's for the fast path, those of Scalar.h for the definition. Only IEEE add, subtract,
// multiply, divide, square root and fused multiply-add occur, in a fixed order, so both give the same bits on every
// host.
//
// Arguments are f32 values in f64, and the caller rounds the result to f32. Working errors are below 2^-40 relative, so
// the result is the correctly rounded one but for about one argument in 2^15, and then its neighbour. Arguments out of
// a polynomial's reach are clamped where the rounded result no longer changes; a NaN argument is returned.

/// Polynomial in x, lowest coefficient first.
template <class D, class V, size_t N> HWY_INLINE V horner(D d, V x, const double (&coefficients)[N]) {
  V sum = Set(d, coefficients[N - 1]);
  for (size_t i = N - 1; i-- > 0;)
    sum = MulAdd(sum, x, Set(d, coefficients[i]));
  return sum;
}

template <class D, class V> HWY_INLINE V keepNan(D, V x, V result) { return IfThenElse(IsNaN(x), x, result); }

template <class D, class V> HWY_INLINE V clamp(D d, V x, double low, double high) {
  return Min(Max(x, Set(d, low)), Set(d, high));
}

/// 1.5 · 2^52: adding it leaves an integer below 2^51 in the low bits.
inline constexpr double kToInteger = 0x1.8p52;

/// scale = 2^k and fraction with e^x = scale · (1 + fraction), for |x| <= 200; fraction keeps its relative precision
/// near 0.
template <class D, class V> HWY_INLINE void expParts(D d, V x, V &scale, V &fraction) {
  const UnsignedTag<D> du;
  const V k = Round(Mul(x, Set(d, 0x1.71547652b82fep+0)));
  // One constant is enough: its error times |k| <= 289 is below 2^-46.
  const V r = NegMulAdd(k, Set(d, 0x1.62e42fefa39efp-1), x);
  fraction = Mul(r, horner(d, r, kExpm1));
  const auto bits = BitCast(du, Add(k, Set(d, kToInteger)));
  scale = BitCast(d, Add(ShiftLeft<52>(bits), BitCast(du, Set(d, 1.0))));
}

template <class D, class V> HWY_INLINE V expWide(D d, V x) {
  V scale, fraction;
  expParts(d, x, scale, fraction);
  return MulAdd(scale, fraction, scale);
}

template <class D, class V> HWY_INLINE V exp(D d, V x) { return keepNan(d, x, expWide(d, clamp(d, x, -200.0, 200.0))); }

template <class D, class V> HWY_INLINE V log(D d, V x) {
  const UnsignedTag<D> du;
  // x = m · 2^e with sqrt(1/2) <= m < sqrt(2); 1024 keeps the shifted number positive.
  const auto bits = BitCast(du, x);
  const auto offset = Set(du, (uint64_t(1024) << 52) - 0x3fe6a09e667f3bcdull);
  const auto e = ShiftRight<52>(Add(bits, offset));
  const V m = BitCast(d, Sub(bits, Sub(ShiftLeft<52>(e), Set(du, uint64_t(1024) << 52))));
  const V exponent = Sub(BitCast(d, Or(e, BitCast(du, Set(d, 0x1p52)))), Set(d, 0x1p52 + 1024));
  const V one = Set(d, 1.0), zero = Set(d, 0.0), infinity = Set(d, std::numeric_limits<double>::infinity());
  const V t = Div(Sub(m, one), Add(m, one));
  const V result = MulAdd(exponent, Set(d, 0x1.62e42fefa39efp-1), Mul(t, horner(d, Mul(t, t), kLog)));
  const V nan = Set(d, std::numeric_limits<double>::quiet_NaN());
  const V low = IfThenElse(Lt(x, zero), nan, Neg(infinity));
  const V normal = IfThenElse(Gt(x, zero), IfThenElse(Eq(x, infinity), infinity, result), low);
  return keepNan(d, x, normal);
}

template <class D, class V> HWY_INLINE V rsqrt(D d, V x) { return Div(Set(d, 1.0), Sqrt(x)); }

template <class D, class V> HWY_INLINE V sigmoid(D d, V x) {
  const V one = Set(d, 1.0);
  return keepNan(d, x, Div(one, Add(one, expWide(d, clamp(d, Neg(x), -200.0, 200.0)))));
}

template <class D, class V> HWY_INLINE V tanh(D d, V x) {
  // E = e^(-2|x|) - 1 keeps its relative precision near 0: tanh |x| = -E / (2 + E).
  V scale, fraction;
  expParts(d, Max(Mul(Abs(x), Set(d, -2.0)), Set(d, -200.0)), scale, fraction);
  const V e = MulAdd(scale, fraction, Sub(scale, Set(d, 1.0)));
  return keepNan(d, x, CopySign(Div(e, Add(Set(d, 2.0), e)), x));
}

template <class D, class V> HWY_INLINE V erf(D d, V x) {
  const V size = Abs(x), one = Set(d, 1.0);
  const V small = Mul(x, horner(d, Mul(x, x), kErf));
  const V tail = expWide(d, horner(d, clamp(d, size, 1.0, 4.25), kLogErfc));
  return keepNan(d, x, IfThenElse(Lt(size, one), small, CopySign(Sub(one, tail), x)));
}

/// sin(x + quarters · pi/2).
template <class D, class V> HWY_INLINE V sinQuarters(D d, V x, uint64_t quarters) {
  const UnsignedTag<D> du;
  const V size = Abs(x), one = Set(d, 1.0);
  const auto direct = Lt(size, Set(d, 0.5));
  // x = n · 2^(e-23) with an integer n of 24 bits; r + k = x · 2/pi modulo 4. Arguments taken directly and infinities
  // go through as 1.
  const V safe = IfThenElse(direct, one, IfThenElse(Lt(size, Set(d, 0x1p128)), x, one));
  const auto bits = BitCast(du, safe);
  const auto index = Sub(And(ShiftRight<52>(bits), Set(du, 0x7ff)), Set(du, uint64_t(1023 + TwoOverPiParts::kFirst)));
  const auto mantissa = And(bits, Set(du, 0x800fffffffffffffull));
  const V n = BitCast(d, Or(mantissa, Set(du, uint64_t(1023 + 23) << 52)));
  const V high = Mul(n, gather(d, kTwoOverPiParts.high.data(), index));
  const V middle = Mul(n, gather(d, kTwoOverPiParts.middle.data(), index));
  const V k = Round(Add(high, middle));
  const V turn = MulAdd(n, gather(d, kTwoOverPiParts.low.data(), index), Add(Sub(high, k), middle));
  const V r = IfThenElse(direct, x, Mul(turn, Set(d, 0x1.921fb54442d18p+0)));
  const V whole = IfThenElse(direct, Set(d, 0.0), k);
  const auto q = Add(BitCast(du, Add(whole, Set(d, kToInteger))), Set(du, quarters));
  const V square = Mul(r, r);
  const V sine = Mul(r, horner(d, square, kSin)), cosine = horner(d, square, kCos);
  // Bit 0 of the quarter chooses the polynomial, bit 1 is the sign.
  const V value = IfThenElse(isOdd(d, q), cosine, sine);
  const V sign = BitCast(d, And(ShiftLeft<62>(q), Set(du, uint64_t(1) << 63)));
  const V result = Xor(value, sign);
  return keepNan(d, x, IfThenElse(Eq(size, Set(d, std::numeric_limits<double>::infinity())), Sub(x, x), result));
}

template <class D, class V> HWY_INLINE V sin(D d, V x) { return sinQuarters(d, x, 0); }
template <class D, class V> HWY_INLINE V cos(D d, V x) { return sinQuarters(d, x, 1); }
