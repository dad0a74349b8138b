// Several vectors at once through a block of edges. Vectors come in groups of four: f32 [units × 4], one unit's four
// entries together, so that a lane is a vector and no row needs padding. Blocks are f32 [rows × columns], row-major.

// edges = |weights|; rowSum and columnSum (f32) receive the block's sums on top of what they hold.
export function magnitudes(weights: usize, rows: i32, columns: i32, edges: usize, rowSum: usize, columnSum: usize): void {
  const whole = <usize>(columns & ~3) << 2
  const width = <usize>columns << 2
  for (let r = 0; r < rows; r++) {
    let sums = f32x4.splat(0)
    let at: usize = 0
    for (; at < whole; at += 16) {
      const size = f32x4.abs(v128.load(weights + at))
      v128.store(edges + at, size)
      v128.store(columnSum + at, f32x4.add(v128.load(columnSum + at), size))
      sums = f32x4.add(sums, size)
    }
    let sum = f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1) + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
    for (; at < width; at += 4) {
      const size = abs(load<f32>(weights + at))
      store<f32>(edges + at, size)
      store<f32>(columnSum + at, load<f32>(columnSum + at) + size)
      sum += size
    }
    const to = rowSum + (<usize>r << 2)
    store<f32>(to, load<f32>(to) + sum)
    weights += width
    edges += width
  }
}

// t[r] += Σ_c edges[r][c] · x[c]
export function gather(edges: usize, rows: i32, columns: i32, x: usize, t: usize): void {
  const width = <usize>columns << 2
  let r = 0
  for (; r + 4 <= rows; r += 4) {
    let e0 = edges
    let e1 = e0 + width
    let e2 = e1 + width
    let e3 = e2 + width
    edges = e3 + width
    let a0 = v128.load(t), a1 = v128.load(t, 16), a2 = v128.load(t, 32), a3 = v128.load(t, 48)
    let from = x
    for (const end = e1; e0 < end; e0 += 4) {
      const v = v128.load(from)
      a0 = f32x4.add(a0, f32x4.mul(v128.load32_splat(e0), v))
      a1 = f32x4.add(a1, f32x4.mul(v128.load32_splat(e1), v))
      a2 = f32x4.add(a2, f32x4.mul(v128.load32_splat(e2), v))
      a3 = f32x4.add(a3, f32x4.mul(v128.load32_splat(e3), v))
      e1 += 4
      e2 += 4
      e3 += 4
      from += 16
    }
    v128.store(t, a0)
    v128.store(t, a1, 16)
    v128.store(t, a2, 32)
    v128.store(t, a3, 48)
    t += 64
  }
  for (; r < rows; r++) {
    let sum = v128.load(t)
    let from = x
    for (const end = edges + width; edges < end; edges += 4) {
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(edges), v128.load(from)))
      from += 16
    }
    v128.store(t, sum)
    t += 16
  }
}

// y[c] += Σ_r edges[r][c] · t[r]
export function collect(edges: usize, rows: i32, columns: i32, t: usize, y: usize): void {
  const width = <usize>columns << 2
  let r = 0
  for (; r + 4 <= rows; r += 4) {
    let e0 = edges
    let e1 = e0 + width
    let e2 = e1 + width
    let e3 = e2 + width
    edges = e3 + width
    const t0 = v128.load(t), t1 = v128.load(t, 16), t2 = v128.load(t, 32), t3 = v128.load(t, 48)
    let to = y
    for (const end = e1; e0 < end; e0 += 4) {
      const low = f32x4.add(f32x4.mul(v128.load32_splat(e0), t0), f32x4.mul(v128.load32_splat(e1), t1))
      const high = f32x4.add(f32x4.mul(v128.load32_splat(e2), t2), f32x4.mul(v128.load32_splat(e3), t3))
      v128.store(to, f32x4.add(v128.load(to), f32x4.add(low, high)))
      e1 += 4
      e2 += 4
      e3 += 4
      to += 16
    }
    t += 64
  }
  for (; r < rows; r++) {
    const factor = v128.load(t)
    let to = y
    for (const end = edges + width; edges < end; edges += 4) {
      v128.store(to, f32x4.add(v128.load(to), f32x4.mul(v128.load32_splat(edges), factor)))
      to += 16
    }
    t += 16
  }
}

// y[i] = x[i] · factor[i] for n units, factors f32.
export function scaleUnits(x: usize, factor: usize, y: usize, n: i32): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    v128.store(y + (i << 4), f32x4.mul(v128.load(x + (i << 4)), v128.load32_splat(factor + (i << 2))))
  }
}

// gram[i][j] = Σ_units a_i · b_j: f64 [4 × 4].
export function gram(a: usize, b: usize, n: i32, out: usize): void {
  let s0 = f64x2.splat(0), s1 = f64x2.splat(0), s2 = f64x2.splat(0), s3 = f64x2.splat(0)
  let z0 = f64x2.splat(0), z1 = f64x2.splat(0), z2 = f64x2.splat(0), z3 = f64x2.splat(0)
  for (let i: usize = 0; i < <usize>n << 4; i += 16) {
    const low = f64x2.promote_low_f32x4(v128.load64_zero(b + i))
    const high = f64x2.promote_low_f32x4(v128.load64_zero(b + i, 8))
    const a0 = f64x2.splat(<f64>load<f32>(a + i))
    const a1 = f64x2.splat(<f64>load<f32>(a + i, 4))
    const a2 = f64x2.splat(<f64>load<f32>(a + i, 8))
    const a3 = f64x2.splat(<f64>load<f32>(a + i, 12))
    s0 = f64x2.add(s0, f64x2.mul(a0, low))
    z0 = f64x2.add(z0, f64x2.mul(a0, high))
    s1 = f64x2.add(s1, f64x2.mul(a1, low))
    z1 = f64x2.add(z1, f64x2.mul(a1, high))
    s2 = f64x2.add(s2, f64x2.mul(a2, low))
    z2 = f64x2.add(z2, f64x2.mul(a2, high))
    s3 = f64x2.add(s3, f64x2.mul(a3, low))
    z3 = f64x2.add(z3, f64x2.mul(a3, high))
  }
  v128.store(out, s0)
  v128.store(out, z0, 16)
  v128.store(out, s1, 32)
  v128.store(out, z1, 48)
  v128.store(out, s2, 64)
  v128.store(out, z2, 80)
  v128.store(out, s3, 96)
  v128.store(out, z3, 112)
}

// y[i] += x[i] · c for n units, c f32 [4 × 4]: new vectors as sums of old ones.
export function mix(x: usize, c: usize, y: usize, n: i32): void {
  const c0 = v128.load(c), c1 = v128.load(c, 16), c2 = v128.load(c, 32), c3 = v128.load(c, 48)
  for (let i: usize = 0; i < <usize>n << 4; i += 16) {
    const low = f32x4.add(f32x4.mul(v128.load32_splat(x + i), c0), f32x4.mul(v128.load32_splat(x + i, 4), c1))
    const high = f32x4.add(f32x4.mul(v128.load32_splat(x + i, 8), c2), f32x4.mul(v128.load32_splat(x + i, 12), c3))
    v128.store(y + i, f32x4.add(v128.load(y + i), f32x4.add(low, high)))
  }
}

// x −= u (uᵀ x) for a unit vector u, f32 [n].
export function deflate(u: usize, x: usize, n: i32): void {
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  for (let i: usize = 0; i < <usize>n; i++) {
    const factor = f64x2.splat(<f64>load<f32>(u + (i << 2)))
    low = f64x2.add(low, f64x2.mul(factor, f64x2.promote_low_f32x4(v128.load64_zero(x + (i << 4)))))
    high = f64x2.add(high, f64x2.mul(factor, f64x2.promote_low_f32x4(v128.load64_zero(x + (i << 4), 8))))
  }
  const s = i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5)
  for (let i: usize = 0; i < <usize>n; i++) {
    const at = x + (i << 4)
    v128.store(at, f32x4.sub(v128.load(at), f32x4.mul(v128.load32_splat(u + (i << 2)), s)))
  }
}

// z = a y + b x + c z, all f32 × 4 n.
export function combineThree(y: usize, a: f32, x: usize, b: f32, z: usize, c: f32, n: i32): void {
  const sa = f32x4.splat(a), sb = f32x4.splat(b), sc = f32x4.splat(c)
  for (let i: usize = 0; i < <usize>n << 4; i += 16) {
    const sum = f32x4.add(f32x4.mul(v128.load(y + i), sa), f32x4.mul(v128.load(x + i), sb))
    v128.store(z + i, f32x4.add(sum, f32x4.mul(v128.load(z + i), sc)))
  }
}

// out[j] = Σ_units (y_j − θ_j x_j)²: f64 [4], θ f32 [4].
export function residuals(y: usize, x: usize, theta: usize, n: i32, out: usize): void {
  const t = v128.load(theta)
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  for (let i: usize = 0; i < <usize>n << 4; i += 16) {
    const d = f32x4.sub(v128.load(y + i), f32x4.mul(v128.load(x + i), t))
    const square = f32x4.mul(d, d)
    low = f64x2.add(low, f64x2.promote_low_f32x4(square))
    high = f64x2.add(high, f64x2.promote_low_f32x4(i32x4.shuffle(square, square, 2, 3, 2, 3)))
  }
  v128.store(out, low)
  v128.store(out, high, 16)
}

// out[r][c] = factor · sign(weight) · (p_r + p_c − Σ_j x_j,r · x_j,c): the derivative of eigenvalues by the weights of a block.
// p — f32 [units]; x — f32 [count × stride], one vector a row; both begin at the block's first row or column unit.
export function edgeGradient(weights: usize, rows: i32, columns: i32, rowP: usize, columnP: usize, rowX: usize, columnX: usize, count: i32, stride: i32, factor: f32, out: usize): void {
  const pitch = <usize>stride << 2
  const factors = f32x4.splat(factor)
  const signBit = i32x4.splat(0x80000000)
  for (let r: usize = 0; r < <usize>rows; r++) {
    const own = rowX + (r << 2)
    const p = f32x4.splat(load<f32>(rowP + (r << 2)))
    let c = 0
    for (; c < columns; c += 4) {
      const at = <usize>c << 2
      let sum = f32x4.add(p, v128.load(columnP + at))
      for (let j: usize = 0; j < <usize>count; j++) {
        sum = f32x4.sub(sum, f32x4.mul(v128.load32_splat(own + j * pitch), v128.load(columnX + j * pitch + at)))
      }
      const w = v128.load(weights + at)
      const signed = v128.and(v128.xor(f32x4.mul(sum, factors), v128.and(w, signBit)), f32x4.ne(w, f32x4.splat(0)))
      // Reads and writes past a row's end stay within the slack; the next row writes over them.
      v128.store(out + at, signed)
    }
    weights += <usize>columns << 2
    out += <usize>columns << 2
  }
}
