// 1/(1 + e^−x) in four lanes from multiplications, additions and one division, so that all engines give the same bits.
// e^y = 2^n·e^r with n = round(y/ln 2), |r| ≤ ½ ln 2, and the Taylor polynomial of degree 7 for e^r.

const LOG2E: f32 = 1.44269504
const LN2_HIGH: f32 = 0.693359375
const LN2_LOW: f32 = -2.12194440e-4

@inline
export function sigmoid(x: v128): v128 {
  const limit = f32x4.splat(80)
  const y = f32x4.max(f32x4.min(f32x4.neg(x), limit), f32x4.neg(limit))
  const n = f32x4.nearest(f32x4.mul(y, f32x4.splat(LOG2E)))
  let r = f32x4.sub(y, f32x4.mul(n, f32x4.splat(LN2_HIGH)))
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LOW)))
  let p = f32x4.splat(<f32>(1.0 / 5040.0))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(<f32>(1.0 / 720.0)))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(<f32>(1.0 / 120.0)))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(<f32>(1.0 / 24.0)))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(<f32>(1.0 / 6.0)))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5))
  const one = f32x4.splat(1)
  p = f32x4.add(f32x4.mul(p, r), one)
  p = f32x4.add(f32x4.mul(p, r), one)
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23)
  return f32x4.div(one, f32x4.add(one, f32x4.mul(p, power)))
}
