"""Fits the polynomials of Functions.inl and prints Coefficients.h.

    python fit.py > Coefficients.h

Each fit is a Chebyshev fit in 80 digits; the error printed is relative to the function that is approximated and is far
below the 2^-25 that the final rounding to f32 costs.
"""
import mpmath as mp

mp.mp.dps = 80
HALF_LN2 = mp.log(2) / 2
ATANH_MAX = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2


def odd(f, limit):
    """f(sqrt u) / sqrt u, whose value at 0 is `limit`."""
    return lambda u: f(mp.sqrt(u)) / mp.sqrt(u) if u > mp.mpf(10) ** -40 else mp.mpf(limit)


FITS = [
    ("kExpm1", "(exp(r) - 1) / r, |r| <= ln(2) / 2",
     lambda r: mp.expm1(r) / r if r else mp.mpf(1), (-HALF_LN2, HALF_LN2), 9),
    ("kLog", "log(m) / t, in t^2 with t = (m - 1) / (m + 1), sqrt(1/2) <= m < sqrt(2)",
     odd(lambda t: 2 * mp.atanh(t), 2), (0, ATANH_MAX), 7),
    ("kErf", "erf(x) / x, in x^2, |x| <= 1", odd(mp.erf, 2 / mp.sqrt(mp.pi)), (0, 1), 11),
    ("kLogErfc", "log(erfc(x)), 1 <= x <= 4.25", lambda x: mp.log(mp.erfc(x)), (1, mp.mpf("4.25")), 15),
    ("kSin", "sin(x) / x, in x^2, |x| <= pi/4", odd(mp.sin, 1), (0, (mp.pi / 4) ** 2), 6),
    ("kCos", "cos(x), in x^2, |x| <= pi/4", lambda u: mp.cos(mp.sqrt(u)), (0, (mp.pi / 4) ** 2), 7),
]


def worst(f, poly, low, high) -> float:
    points = [low + (high - low) * mp.mpf(i) / 2000 for i in range(2001)]
    return float(max(abs(mp.polyval(poly, p) / f(p) - 1) for p in points))


def main() -> None:
    print("// Printed by fit.py: coefficients, lowest power first, for evaluation in f64.\n#pragma once\n")
    print("#include <cstdint>\n")
    print("namespace garam::sim::insns {\n")
    for name, text, f, (low, high), count in FITS:
        poly = mp.chebyfit(f, [low, high], count)
        print(f"// {text}: relative error 2^{float(mp.log(worst(f, poly, low, high), 2)):.1f}")
        values = ",\n    ".join(float(c).hex() for c in reversed(poly))
        print(f"inline constexpr double {name}[] = {{\n    {values}}};\n")
    bits = int(mp.floor(2 / mp.pi * mp.mpf(2) ** 224))
    words = ",\n    ".join(f"0x{bits >> (224 - 32 * (i + 1)) & 0xffffffff:08x}" for i in range(7))
    print("// The first 224 bits of 2/pi after the point.")
    print(f"inline constexpr uint32_t kTwoOverPi[] = {{\n    {words}}};\n")
    print("}  // namespace garam::sim::insns")


if __name__ == "__main__":
    main()
