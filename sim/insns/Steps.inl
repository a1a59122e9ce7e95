// What each step of a chain computes, once: its definition on one f32, on an integer of an integer chain, and the same
// bits on the host's vectors. Whoever includes this says what a line becomes; v is the running value, x the operand, t0
// the first saved value. Moves (set, save_t0, save_t1) are done by who has the values.
//
//   GARAM_UNARY(step, f32, integer, vectors)     of v
//   GARAM_BINARY(step, f32, integer, vectors)    of v and x
//   GARAM_TERNARY(step, f32, integer, vectors)   of v, x and t0
//   GARAM_FUNCTION(step, function)               of v, in f64 by Functions.inl, rounded once

GARAM_BINARY(Add, v + x, wrapping(uint64_t(v) + uint64_t(x)), Add(v, x))
GARAM_BINARY(Sub, v - x, wrapping(uint64_t(v) - uint64_t(x)), Sub(v, x))
GARAM_BINARY(RSub, x - v, wrapping(uint64_t(x) - uint64_t(v)), Sub(x, v))
GARAM_BINARY(Mul, v * x, wrapping(uint64_t(v) * uint64_t(x)), Mul(v, x))
GARAM_BINARY(Div, v / x, quotient(v, x), Div(v, x))
GARAM_BINARY(RDiv, x / v, quotient(x, v), Div(x, v))
GARAM_BINARY(Min, minimum(v, x), v < x ? v : x, minimum(v, x))
GARAM_BINARY(Max, maximum(v, x), v > x ? v : x, maximum(v, x))
GARAM_BINARY(Lt, v < x, v < x, truth(Lt(v, x)))
GARAM_BINARY(Le, v <= x, v <= x, truth(Le(v, x)))
GARAM_BINARY(Gt, v > x, v > x, truth(Gt(v, x)))
GARAM_BINARY(Ge, v >= x, v >= x, truth(Ge(v, x)))
GARAM_BINARY(Eq, v == x, v == x, truth(Eq(v, x)))
GARAM_BINARY(Ne, v != x, v != x, truth(differ(v, x)))
GARAM_BINARY(And, v != 0 && x != 0, v & x, truth(And(isTrue(v), isTrue(x))))
GARAM_BINARY(Or, v != 0 || x != 0, v | x, truth(Or(isTrue(v), isTrue(x))))
GARAM_TERNARY(Fma, std::fma(v, t0, x), wrapping(uint64_t(v) * uint64_t(t0) + uint64_t(x)), MulAdd(v, t0, x))
GARAM_TERNARY(Select, t0 != 0 ? v : x, t0 != 0 ? v : x, IfThenElse(isTrue(t0), v, x))
GARAM_UNARY(Neg, -v, wrapping(-uint64_t(v)), Neg(v))
GARAM_UNARY(Abs, std::fabs(v), v < 0 ? wrapping(-uint64_t(v)) : v, Abs(v))
GARAM_UNARY(Floor, std::floor(v), v, Floor(v))
GARAM_UNARY(Round, std::nearbyint(v), v, Round(v))
GARAM_UNARY(Recip, 1 / v, v, Div(one(), v))
GARAM_UNARY(Sqrt, std::sqrt(v), v, Sqrt(v))
GARAM_FUNCTION(Exp, exp)
GARAM_FUNCTION(Log, log)
GARAM_FUNCTION(Rsqrt, rsqrt)
GARAM_FUNCTION(Tanh, tanh)
GARAM_FUNCTION(Sigmoid, sigmoid)
GARAM_FUNCTION(Erf, erf)
GARAM_FUNCTION(Sin, sin)
GARAM_FUNCTION(Cos, cos)
