#include "base/shortest_double.h"

#include <bit>
#include <cstdint>

namespace kvorum {
namespace {

constexpr int kFirstPower = -348;
constexpr int kPowerStep = 8;
// 10^-348, 10^-340, .. 10^340: the highest 64 bits, rounded to nearest. PowerExponent tells the binary exponent.
constexpr uint64_t kPowers[] = {
    0xFA8FD5A0081C0288, 0xBAAEE17FA23EBF76, 0x8B16FB203055AC76, 0xCF42894A5DCE35EA, 0x9A6BB0AA55653B2D,
    0xE61ACF033D1A45DF, 0xAB70FE17C79AC6CA, 0xFF77B1FCBEBCDC4F, 0xBE5691EF416BD60C, 0x8DD01FAD907FFC3C,
    0xD3515C2831559A83, 0x9D71AC8FADA6C9B5, 0xEA9C227723EE8BCB, 0xAECC49914078536D, 0x823C12795DB6CE57,
    0xC21094364DFB5637, 0x9096EA6F3848984F, 0xD77485CB25823AC7, 0xA086CFCD97BF97F4, 0xEF340A98172AACE5,
    0xB23867FB2A35B28E, 0x84C8D4DFD2C63F3B, 0xC5DD44271AD3CDBA, 0x936B9FCEBB25C996, 0xDBAC6C247D62A584,
    0xA3AB66580D5FDAF6, 0xF3E2F893DEC3F126, 0xB5B5ADA8AAFF80B8, 0x87625F056C7C4A8B, 0xC9BCFF6034C13053,
    0x964E858C91BA2655, 0xDFF9772470297EBD, 0xA6DFBD9FB8E5B88F, 0xF8A95FCF88747D94, 0xB94470938FA89BCF,
    0x8A08F0F8BF0F156B, 0xCDB02555653131B6, 0x993FE2C6D07B7FAC, 0xE45C10C42A2B3B06, 0xAA242499697392D3,
    0xFD87B5F28300CA0E, 0xBCE5086492111AEB, 0x8CBCCC096F5088CC, 0xD1B71758E219652C, 0x9C40000000000000,
    0xE8D4A51000000000, 0xAD78EBC5AC620000, 0x813F3978F8940984, 0xC097CE7BC90715B3, 0x8F7E32CE7BEA5C70,
    0xD5D238A4ABE98068, 0x9F4F2726179A2245, 0xED63A231D4C4FB27, 0xB0DE65388CC8ADA8, 0x83C7088E1AAB65DB,
    0xC45D1DF942711D9A, 0x924D692CA61BE758, 0xDA01EE641A708DEA, 0xA26DA3999AEF774A, 0xF209787BB47D6B85,
    0xB454E4A179DD1877, 0x865B86925B9BC5C2, 0xC83553C5C8965D3D, 0x952AB45CFA97A0B3, 0xDE469FBD99A05FE3,
    0xA59BC234DB398C25, 0xF6C69A72A3989F5C, 0xB7DCBF5354E9BECE, 0x88FCF317F22241E2, 0xCC20CE9BD35C78A5,
    0x98165AF37B2153DF, 0xE2A0B5DC971F303A, 0xA8D9D1535CE3B396, 0xFB9B7CD9A4A7443C, 0xBB764C4CA7A44410,
    0x8BAB8EEFB6409C1A, 0xD01FEF10A657842C, 0x9B10A4E5E9913129, 0xE7109BFBA19C0C9D, 0xAC2820D9623BF429,
    0x80444B5E7AA7CF85, 0xBF21E44003ACDD2D, 0x8E679C2F5E44FF8F, 0xD433179D9C8CB841, 0x9E19DB92B4E31BA9,
    0xEB96BF6EBADF77D9, 0xAF87023B9BF0EE6B,
};

// 10^power = kPowers[..] * 2^PowerExponent(power): floor(power * log2(10)) - 63, exact in the table's range.
constexpr int PowerExponent(int power) { return (power * 217706 >> 16) - 63; }

// The least exponent of a product that leaves its whole part in 32 bits: the highest is -32, and powers are 26.6 bits apart.
constexpr int kLeastExponent = -60;

constexpr uint64_t kHiddenBit = uint64_t{1} << 52;

// fraction * 2^exponent.
struct Float64 {
  uint64_t fraction;
  int exponent;
};

Float64 Normalized(Float64 x) {
  int shift = std::countl_zero(x.fraction);
  return {x.fraction << shift, x.exponent - shift};
}

Float64 Product(Float64 a, Float64 b) {
  unsigned __int128 product = static_cast<unsigned __int128>(a.fraction) * b.fraction;
  return {static_cast<uint64_t>((product + (uint64_t{1} << 63)) >> 64), a.exponent + b.exponent + 64};
}

int PowerFor(int exponent) {
  int power = kFirstPower;
  // The first guess is never too high: the loop corrects what rounding down left.
  int wanted = kLeastExponent - 1 - exponent;  // about log2 of the power
  int guess = (wanted * 19728 >> 16) - kPowerStep;
  if (guess > kFirstPower) power = kFirstPower + (guess - kFirstPower) / kPowerStep * kPowerStep;
  while (exponent + PowerExponent(power) + 64 < kLeastExponent) power += kPowerStep;
  return power;
}

// Lowers the last digit while that brings the number nearer to the value and keeps it in the interval. From the upper bound:
// rest is how far the number is below it, interval how far it may be, value how far the value is; unit is one in the last digit.
void RoundLastDigit(char* last, uint64_t interval, uint64_t rest, uint64_t unit, uint64_t value) {
  while (rest < value && interval - rest >= unit && (rest + unit < value || value - rest > rest + unit - value)) {
    --*last;
    rest += unit;
  }
}

// Digits of `high` until what is left is within the interval. Adds to *exponent what the last digit stands for.
int GenerateDigits(Float64 value, Float64 high, Float64 low, char* digits, int* exponent) {
  uint64_t to_value = high.fraction - value.fraction;
  uint64_t interval = high.fraction - low.fraction;
  int shift = -high.exponent;
  uint64_t one = uint64_t{1} << shift;
  uint32_t whole = static_cast<uint32_t>(high.fraction >> shift);
  uint64_t part = high.fraction & (one - 1);
  int count = 0;
  uint32_t divisor = 1000000000;
  for (int left = 9; left >= 0; --left, divisor /= 10) {
    uint32_t digit = whole / divisor;
    whole %= divisor;
    if (digit != 0 || count != 0) digits[count++] = static_cast<char>('0' + digit);
    uint64_t rest = (uint64_t{whole} << shift) + part;
    if (rest <= interval) {
      *exponent += left;
      RoundLastDigit(digits + count - 1, interval, rest, uint64_t{divisor} << shift, to_value);
      return count;
    }
  }
  uint64_t scale = 1;
  for (int left = -1;; --left) {
    part *= 10;
    interval *= 10;
    scale *= 10;
    char digit = static_cast<char>('0' + (part >> shift));
    part &= one - 1;
    if (digit != '0' || count != 0) digits[count++] = digit;
    if (part < interval) {
      *exponent += left;
      RoundLastDigit(digits + count - 1, interval, part, one, to_value * scale);
      return count;
    }
  }
}

}  // namespace

int ShortestDigits(double value, char* digits, int* exponent) {
  uint64_t bits = std::bit_cast<uint64_t>(value);
  int biased = static_cast<int>(bits >> 52 & 0x7FF);
  Float64 exact = {bits & (kHiddenBit - 1), -1074};
  if (biased != 0) exact = {exact.fraction | kHiddenBit, biased - 1075};
  // Halfway to the neighbours; the one below a power of two is nearer.
  Float64 high = Normalized({exact.fraction * 2 + 1, exact.exponent - 1});
  int low_shift = exact.fraction == kHiddenBit ? 2 : 1;
  Float64 low = {(exact.fraction << low_shift) - 1, exact.exponent - low_shift};
  low = {low.fraction << (low.exponent - high.exponent), high.exponent};
  Float64 middle = Normalized(exact);

  int power = PowerFor(high.exponent);
  Float64 scale = {kPowers[(power - kFirstPower) / kPowerStep], PowerExponent(power)};
  middle = Product(middle, scale);
  high = Product(high, scale);
  low = Product(low, scale);
  // The products are right to one unit.
  --high.fraction;
  ++low.fraction;
  *exponent = -power;
  return GenerateDigits(middle, high, low, digits, exponent);
}

}  // namespace kvorum
