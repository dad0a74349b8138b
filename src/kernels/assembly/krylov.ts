// Dense f64 vector work of the Lanczos iteration. All vectors have n padded to an even count, the padding zero.

// w −= Qᵀ Q w for the rows of Q (count × n), four rows at a time (block modified Gram–Schmidt, one pass).
// `coefficients` receives Q w (f64 × count).
export function orthogonalise(q: usize, count: i32, n: i32, w: usize, coefficients: usize): void {
  const pitch = <usize>n << 3
  let j = 0
  for (; j + 4 <= count; j += 4) {
    const q0 = q + <usize>j * pitch
    const q1 = q0 + pitch
    const q2 = q1 + pitch
    const q3 = q2 + pitch
    let a0 = f64x2.splat(0), a1 = f64x2.splat(0), a2 = f64x2.splat(0), a3 = f64x2.splat(0)
    for (let i: usize = 0; i < pitch; i += 16) {
      const v = v128.load(w + i)
      a0 = f64x2.add(a0, f64x2.mul(v128.load(q0 + i), v))
      a1 = f64x2.add(a1, f64x2.mul(v128.load(q1 + i), v))
      a2 = f64x2.add(a2, f64x2.mul(v128.load(q2 + i), v))
      a3 = f64x2.add(a3, f64x2.mul(v128.load(q3 + i), v))
    }
    const c0 = lanes(a0), c1 = lanes(a1), c2 = lanes(a2), c3 = lanes(a3)
    const out = coefficients + (<usize>j << 3)
    store<f64>(out, c0)
    store<f64>(out, c1, 8)
    store<f64>(out, c2, 16)
    store<f64>(out, c3, 24)
    const s0 = f64x2.splat(c0), s1 = f64x2.splat(c1), s2 = f64x2.splat(c2), s3 = f64x2.splat(c3)
    for (let i: usize = 0; i < pitch; i += 16) {
      const u = f64x2.add(f64x2.mul(v128.load(q0 + i), s0), f64x2.mul(v128.load(q1 + i), s1))
      const v = f64x2.add(f64x2.mul(v128.load(q2 + i), s2), f64x2.mul(v128.load(q3 + i), s3))
      v128.store(w + i, f64x2.sub(v128.load(w + i), f64x2.add(u, v)))
    }
  }
  for (; j < count; j++) {
    const row = q + <usize>j * pitch
    const c = dot(row, w, n)
    store<f64>(coefficients + (<usize>j << 3), c)
    const s = f64x2.splat(c)
    for (let i: usize = 0; i < pitch; i += 16) {
      v128.store(w + i, f64x2.sub(v128.load(w + i), f64x2.mul(v128.load(row + i), s)))
    }
  }
}

// Scales w to length 1 and returns the length it had.
export function normalise(w: usize, n: i32): f64 {
  const norm = Math.sqrt(dot(w, w, n))
  if (norm > 0) {
    const s = f64x2.splat(1 / norm)
    for (let i: usize = 0; i < <usize>n << 3; i += 16) v128.store(w + i, f64x2.mul(v128.load(w + i), s))
  }
  return norm
}

// out = Σ_j weights[j] · q[j], f64.
export function combine(q: usize, count: i32, n: i32, weights: usize, out: usize): void {
  const pitch = <usize>n << 3
  memory.fill(out, 0, pitch)
  for (let j = 0; j < count; j++) {
    const row = q + <usize>j * pitch
    const s = f64x2.splat(load<f64>(weights + (<usize>j << 3)))
    for (let i: usize = 0; i < pitch; i += 16) {
      v128.store(out + i, f64x2.add(v128.load(out + i), f64x2.mul(v128.load(row + i), s)))
    }
  }
}

export function dot(a: usize, b: usize, n: i32): f64 {
  let s = f64x2.splat(0)
  for (let i: usize = 0; i < <usize>n << 3; i += 16) s = f64x2.add(s, f64x2.mul(v128.load(a + i), v128.load(b + i)))
  return lanes(s)
}

@inline function lanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1)
}
