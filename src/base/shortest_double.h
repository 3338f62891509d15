// Doubles as few decimal digits, by Grisu2 (Loitsch, "Printing Floating-Point Numbers Quickly and Accurately with Integers",
// PLDI 2010).
//
// The digits always read back as the same double. They are nearly always the fewest that do; where Grisu2's 64-bit arithmetic
// cannot tell, there is one too many (1e23 gives 9999999999999999 and 7 zeros). Redis prints with Grisu2, so replies equal to
// its own need this and not the perfect std::to_chars. Deviations from the paper: none known; the cached powers are 8
// decimal exponents apart, and the smallest that brings the product's exponent to -60 or above is taken.
#pragma once

namespace kvorum {

inline constexpr int kMaxShortestDigits = 18;

// value > 0 and finite. Writes the digits (the first is not 0) and returns their number; value is about digits * 10^*exponent.
int ShortestDigits(double value, char* digits, int* exponent);

}  // namespace kvorum
