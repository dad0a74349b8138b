// The adjacency operator, panel by panel: four rows of one layer against all blocks that touch it, first their dot
// products with x, then their contribution to y while the panel is still in the first-level cache.
//
// Segment (six i32): kind (0 dense, 1 sparse), values, first unit in x and y, then dense: stride — sparse: rowStart,
// columns. x and y are f64, padded by four.

const SEGMENT: usize = 24
const SPARSE = 1

// y += Σ_rows (row · x) / degree · row: one multiplication by Wᵀ D⁻¹ W for this layer of the eliminated side.
// `inverse` holds 1 / degree of the rows; `t` receives row · x (f64 × rows, padded by four).
export function applyRows(segments: usize, count: i32, rows: i32, inverse: usize, x: usize, y: usize, t: usize): void {
  for (let r = 0; r < rows; r += 4) {
    const height = min(4, rows - r)
    const tr = t + (<usize>r << 3)
    panelDots(segments, count, r, height, x, tr)
    for (let i = 0; i < height; i++) {
      const at = <usize>i << 3
      store<f64>(tr + at, load<f64>(tr + at) * load<f64>(inverse + (<usize>r << 3) + at))
    }
    panelAdd(segments, count, r, height, tr, y)
  }
}

// y += A x for the rows of one layer and the blocks that enter it: each block counts for both its sides.
export function applySymmetric(segments: usize, count: i32, rows: i32, offset: i32, x: usize, y: usize, t: usize): void {
  const own = <usize>offset << 3
  for (let r = 0; r < rows; r += 4) {
    const height = min(4, rows - r)
    const at = <usize>r << 3
    panelDots(segments, count, r, height, x, t + at)
    for (let i: usize = 0; i < <usize>height; i++) {
      const to = y + own + at + (i << 3)
      store<f64>(to, load<f64>(to) + load<f64>(t + at + (i << 3)))
    }
    panelAdd(segments, count, r, height, x + own + at, y)
  }
}

// to = from ∘ factor, all f64 × n.
export function scale(from: usize, factor: usize, to: usize, n: i32): void {
  for (let i: usize = 0; i < <usize>n << 3; i += 16) {
    v128.store(to + i, f64x2.mul(v128.load(from + i), v128.load(factor + i)))
  }
}

function panelDots(segments: usize, count: i32, r: i32, height: i32, x: usize, t: usize): void {
  for (let i: usize = 0; i < 4; i++) store<f64>(t + (i << 3), 0)
  for (let s = 0; s < count; s++) {
    const segment = segments + <usize>s * SEGMENT
    const values = <usize>load<i32>(segment, 4)
    const xs = x + (<usize>load<i32>(segment, 8) << 3)
    if (load<i32>(segment) == SPARSE) {
      for (let i = 0; i < height; i++) {
        const at = t + (<usize>i << 3)
        store<f64>(at, load<f64>(at) + sparseDot(segment, values, r + i, xs))
      }
    } else {
      const stride = load<i32>(segment, 12)
      const row = values + ((<usize>r * stride) << 2)
      if (height == 4) dots4(row, stride, xs, t)
      else for (let i = 0; i < height; i++) dots1(row + ((<usize>i * stride) << 2), stride, xs, t + (<usize>i << 3))
    }
  }
}

function panelAdd(segments: usize, count: i32, r: i32, height: i32, t: usize, y: usize): void {
  for (let s = 0; s < count; s++) {
    const segment = segments + <usize>s * SEGMENT
    const values = <usize>load<i32>(segment, 4)
    const ys = y + (<usize>load<i32>(segment, 8) << 3)
    if (load<i32>(segment) == SPARSE) {
      for (let i = 0; i < height; i++) sparseAdd(segment, values, r + i, load<f64>(t + (<usize>i << 3)), ys)
    } else {
      const stride = load<i32>(segment, 12)
      const row = values + ((<usize>r * stride) << 2)
      if (height == 4) add4(row, stride, t, ys)
      else for (let i = 0; i < height; i++) add1(row + ((<usize>i * stride) << 2), stride, load<f64>(t + (<usize>i << 3)), ys)
    }
  }
}

@inline function low(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at))
}

@inline function fold(a: v128, b: v128): f64 {
  const s = f64x2.add(a, b)
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1)
}

function dots4(row: usize, stride: i32, x: usize, t: usize): void {
  const pitch = <usize>stride << 2
  let p0 = row
  let p1 = p0 + pitch
  let p2 = p1 + pitch
  let p3 = p2 + pitch
  const end = row + pitch
  let a0 = f64x2.splat(0), a1 = f64x2.splat(0), a2 = f64x2.splat(0), a3 = f64x2.splat(0)
  let b0 = f64x2.splat(0), b1 = f64x2.splat(0), b2 = f64x2.splat(0), b3 = f64x2.splat(0)
  while (p0 < end) {
    const x0 = v128.load(x)
    const x1 = v128.load(x, 16)
    a0 = f64x2.add(a0, f64x2.mul(low(p0), x0))
    a1 = f64x2.add(a1, f64x2.mul(low(p1), x0))
    a2 = f64x2.add(a2, f64x2.mul(low(p2), x0))
    a3 = f64x2.add(a3, f64x2.mul(low(p3), x0))
    b0 = f64x2.add(b0, f64x2.mul(low(p0 + 8), x1))
    b1 = f64x2.add(b1, f64x2.mul(low(p1 + 8), x1))
    b2 = f64x2.add(b2, f64x2.mul(low(p2 + 8), x1))
    b3 = f64x2.add(b3, f64x2.mul(low(p3 + 8), x1))
    p0 += 16
    p1 += 16
    p2 += 16
    p3 += 16
    x += 32
  }
  store<f64>(t, load<f64>(t) + fold(a0, b0))
  store<f64>(t, load<f64>(t, 8) + fold(a1, b1), 8)
  store<f64>(t, load<f64>(t, 16) + fold(a2, b2), 16)
  store<f64>(t, load<f64>(t, 24) + fold(a3, b3), 24)
}

function dots1(row: usize, stride: i32, x: usize, t: usize): void {
  const end = row + (<usize>stride << 2)
  let a = f64x2.splat(0)
  let b = f64x2.splat(0)
  while (row < end) {
    a = f64x2.add(a, f64x2.mul(low(row), v128.load(x)))
    b = f64x2.add(b, f64x2.mul(low(row + 8), v128.load(x, 16)))
    row += 16
    x += 32
  }
  store<f64>(t, load<f64>(t) + fold(a, b))
}

function add4(row: usize, stride: i32, t: usize, y: usize): void {
  const pitch = <usize>stride << 2
  let p0 = row
  let p1 = p0 + pitch
  let p2 = p1 + pitch
  let p3 = p2 + pitch
  const end = row + pitch
  const t0 = f64x2.splat(load<f64>(t))
  const t1 = f64x2.splat(load<f64>(t, 8))
  const t2 = f64x2.splat(load<f64>(t, 16))
  const t3 = f64x2.splat(load<f64>(t, 24))
  while (p0 < end) {
    const s0 = f64x2.add(f64x2.mul(low(p0), t0), f64x2.mul(low(p1), t1))
    const s1 = f64x2.add(f64x2.mul(low(p2), t2), f64x2.mul(low(p3), t3))
    const u0 = f64x2.add(f64x2.mul(low(p0 + 8), t0), f64x2.mul(low(p1 + 8), t1))
    const u1 = f64x2.add(f64x2.mul(low(p2 + 8), t2), f64x2.mul(low(p3 + 8), t3))
    v128.store(y, f64x2.add(v128.load(y), f64x2.add(s0, s1)))
    v128.store(y, f64x2.add(v128.load(y, 16), f64x2.add(u0, u1)), 16)
    p0 += 16
    p1 += 16
    p2 += 16
    p3 += 16
    y += 32
  }
}

function add1(row: usize, stride: i32, factor: f64, y: usize): void {
  const end = row + (<usize>stride << 2)
  const t = f64x2.splat(factor)
  while (row < end) {
    v128.store(y, f64x2.add(v128.load(y), f64x2.mul(low(row), t)))
    v128.store(y, f64x2.add(v128.load(y, 16), f64x2.mul(low(row + 8), t)), 16)
    row += 16
    y += 32
  }
}

function sparseDot(segment: usize, values: usize, r: i32, x: usize): f64 {
  const rowStart = <usize>load<i32>(segment, 12) + (<usize>r << 2)
  const columns = <usize>load<i32>(segment, 16)
  const end = <usize>load<i32>(rowStart, 4) << 2
  let a: f64 = 0
  let b: f64 = 0
  let e = <usize>load<i32>(rowStart) << 2
  for (; e + 4 < end; e += 8) {
    a += <f64>load<f32>(values + e) * load<f64>(x + (<usize>load<i32>(columns + e) << 3))
    b += <f64>load<f32>(values + e, 4) * load<f64>(x + (<usize>load<i32>(columns + e, 4) << 3))
  }
  if (e < end) a += <f64>load<f32>(values + e) * load<f64>(x + (<usize>load<i32>(columns + e) << 3))
  return a + b
}

function sparseAdd(segment: usize, values: usize, r: i32, factor: f64, y: usize): void {
  const rowStart = <usize>load<i32>(segment, 12) + (<usize>r << 2)
  const columns = <usize>load<i32>(segment, 16)
  const end = <usize>load<i32>(rowStart, 4) << 2
  for (let e = <usize>load<i32>(rowStart) << 2; e < end; e += 4) {
    const at = y + (<usize>load<i32>(columns + e) << 3)
    store<f64>(at, load<f64>(at) + <f64>load<f32>(values + e) * factor)
  }
}
