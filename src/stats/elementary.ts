/**
 * Natural logarithm and exponential from float64 + − × ÷ and bit patterns alone. `Math.log` and `Math.exp` may differ
 * in the last bit between JavaScript engines; these do not, so numbers built on them can go into a result hash.
 *
 * log: x = m·2^e with m in [√½, √2); log m = 2·artanh(s), s = (m − 1)/(m + 1), by its power series (|s| < .172).
 * exp: x = k·ln 2 + r with |r| ≤ ½ ln 2; Taylor series of e^r; the power of two is written into the exponent bits.
 * ln 2 is split in two parts so that k·(high part) is exact. Errors stay below 2 units in the last place.
 */
const bytes = new DataView(new ArrayBuffer(8))

const LN2_HIGH = 0.6931471803691238
const LN2_LOW = 1.9082149292705877e-10

/** Natural logarithm. log(0) = −∞, NaN below. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  if (x === Number.POSITIVE_INFINITY) return x
  let exponent = 0
  let value = x
  if (value < 2.2250738585072014e-308) {
    value *= 18014398509481984
    exponent = -54
  }
  bytes.setFloat64(0, value)
  const high = bytes.getUint32(0)
  exponent += (high >>> 20) - 1022
  bytes.setUint32(0, (high & 0x000fffff) | 0x3fe00000)
  let mantissa = bytes.getFloat64(0)
  if (mantissa < Math.SQRT1_2) {
    mantissa *= 2
    exponent--
  }
  return exponent * LN2_HIGH + (logNearOne(mantissa - 1) + exponent * LN2_LOW)
}

/** log(1 + x), accurate for small x. */
export function log1p(x: number): number {
  if (x > -0.29 && x < 0.41) return logNearOne(x)
  return log(1 + x)
}

/** log(1 + f) for 1 + f between √½ and √2. */
function logNearOne(f: number): number {
  const s = f / (2 + f)
  const z = s * s
  const tail =
    z *
    (2 / 3 +
      z *
        (2 / 5 +
          z *
            (2 / 7 +
              z * (2 / 9 + z * (2 / 11 + z * (2 / 13 + z * (2 / 15 + z * (2 / 17 + z * (2 / 19 + (z * 2) / 21)))))))))
  // f − f²/2 + s·(f²/2 + tail) equals 2s + s·tail, with the large term exact.
  const half = 0.5 * f * f
  return f - (half - s * (half + tail))
}

/** e^x. Underflows to 0 below −745.2, overflows to ∞ above 709.8. */
export function exp(x: number): number {
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY
  if (x < -745.1332191019412) return 0
  if (Number.isNaN(x)) return x
  const k = Math.round(x * Math.LOG2E)
  const high = x - k * LN2_HIGH
  const low = k * LN2_LOW
  const r = high - low
  let series = 1 / 6227020800
  for (let i = 0; i < INVERSE_FACTORIALS.length; i++) series = series * r + INVERSE_FACTORIALS[i]
  // 1 + r + r²·series, with the rounding error of r put back.
  const value = 1 + (r + (r * r * series + (high - r - low)))
  if (k > -1022) return k === 1024 ? value * 2 * powerOfTwo(1023) : value * powerOfTwo(k)
  return value * powerOfTwo(k + 64) * powerOfTwo(-64)
}

/** 1/12! down to 1/2!, for Horner's rule. */
const INVERSE_FACTORIALS = [
  1 / 479001600,
  1 / 39916800,
  1 / 3628800,
  1 / 362880,
  1 / 40320,
  1 / 5040,
  1 / 720,
  1 / 120,
  1 / 24,
  1 / 6,
  1 / 2,
]

function powerOfTwo(exponent: number): number {
  bytes.setUint32(0, (exponent + 1023) << 20)
  bytes.setUint32(4, 0)
  return bytes.getFloat64(0)
}
