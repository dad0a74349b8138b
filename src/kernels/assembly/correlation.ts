// Squares of the dot products of rows: x is f32 [rows × stride], y f32 [columns × stride], stride a multiple of 4, zeros
// behind the end. Three by four rows at a time, so that each load serves several products; every CHUNK members the f32
// sums go to f64, so that rounding does not grow with the number of examples. Order is fixed: the same bits everywhere.

const CHUNK = 256

// out[(r − first row)·width + c] = (x_r · y_c)², at most 1, for all c < columns, or for c < r + offset where `lower` is 1.
export function squaredProducts(x: usize, rows: i32, y: usize, columns: i32, stride: i32, lower: i32, offset: i32, sums: usize, out: usize, width: i32): void {
  for (let r = 0; r < rows; r += 3) {
    const height = rows - r < 3 ? rows - r : 3
    const limit = lower ? (r + height - 1 + offset < columns ? r + height - 1 + offset : columns) : columns
    for (let c = 0; c < limit; c += 4) {
      const breadth = columns - c < 4 ? columns - c : 4
      products(x, r, height, y, c, breadth, stride, sums)
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < breadth; j++) {
          if (lower && c + j >= r + i + offset) continue
          const dot = load<f64>(sums + (<usize>(4 * i + j) << 3))
          store<f32>(out + (<usize>((r + i) * width + c + j) << 2), <f32>min<f64>(1, dot * dot))
        }
      }
    }
  }
}

function products(x: usize, r: i32, height: i32, y: usize, c: i32, breadth: i32, stride: i32, sums: usize): void {
  const step = <usize>stride << 2
  // Rows past the end read the last one again; their products are not used.
  const x0 = x + step * <usize>r
  const x1 = height > 1 ? x0 + step : x0
  const x2 = height > 2 ? x1 + step : x1
  const y0 = y + step * <usize>c
  const y1 = breadth > 1 ? y0 + step : y0
  const y2 = breadth > 2 ? y1 + step : y1
  const y3 = breadth > 3 ? y2 + step : y2
  for (let i = 0; i < 12; i++) store<f64>(sums + (<usize>i << 3), 0)
  for (let from: usize = 0; from < step; from += CHUNK << 2) {
    const to = from + (CHUNK << 2) < step ? from + (CHUNK << 2) : step
    let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0
    let b0 = a0, b1 = a0, b2 = a0, b3 = a0
    let d0 = a0, d1 = a0, d2 = a0, d3 = a0
    for (let at = from; at < to; at += 16) {
      const u = v128.load(x0 + at)
      const v = v128.load(x1 + at)
      const w = v128.load(x2 + at)
      let p = v128.load(y0 + at)
      a0 = f32x4.add(a0, f32x4.mul(u, p))
      b0 = f32x4.add(b0, f32x4.mul(v, p))
      d0 = f32x4.add(d0, f32x4.mul(w, p))
      p = v128.load(y1 + at)
      a1 = f32x4.add(a1, f32x4.mul(u, p))
      b1 = f32x4.add(b1, f32x4.mul(v, p))
      d1 = f32x4.add(d1, f32x4.mul(w, p))
      p = v128.load(y2 + at)
      a2 = f32x4.add(a2, f32x4.mul(u, p))
      b2 = f32x4.add(b2, f32x4.mul(v, p))
      d2 = f32x4.add(d2, f32x4.mul(w, p))
      p = v128.load(y3 + at)
      a3 = f32x4.add(a3, f32x4.mul(u, p))
      b3 = f32x4.add(b3, f32x4.mul(v, p))
      d3 = f32x4.add(d3, f32x4.mul(w, p))
    }
    gather(sums, a0)
    gather(sums + 8, a1)
    gather(sums + 16, a2)
    gather(sums + 24, a3)
    gather(sums + 32, b0)
    gather(sums + 40, b1)
    gather(sums + 48, b2)
    gather(sums + 56, b3)
    gather(sums + 64, d0)
    gather(sums + 72, d1)
    gather(sums + 80, d2)
    gather(sums + 88, d3)
  }
}

@inline
function gather(sum: usize, v: v128): void {
  const low = f64x2.promote_low_f32x4(v)
  const high = f64x2.promote_low_f32x4(i32x4.shuffle(v, v, 2, 3, 2, 3))
  const both = f64x2.add(low, high)
  store<f64>(sum, load<f64>(sum) + (f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1)))
}
