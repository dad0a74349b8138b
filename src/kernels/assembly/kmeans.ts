// k-means on a structure of arrays: points are f32 [dims × stride], stride a multiple of eight, padding zero. Centres
// are f32 [dims × width], width = k rounded up to four. `rows` holds the points once more, one after another (f32
// [n × depth], depth = dims rounded up to four, padding zero), for the sums, which are f64 [k × depth].

// Greedy k-means++: each next centre is the best of `trials` draws with probability proportional to the squared
// distance to the nearest centre so far, |x|² + |c|² − 2 x·c. `labels` (i32 × stride) receives each point's nearest
// centre. `uniforms` holds 1 + (k − 1)·trials f64 in [0, 1),
// `squares` |x|² (f32 × stride). Scratch: `nearest` (f32 × stride), `trial` (trials rounded up to four × stride f32),
// `drawn` (i32 × trials rounded up to four), `potential` (f64 × the same), `cumulative` (f64 × n).
export function seedCentres(points: usize, n: i32, stride: i32, dims: i32, k: i32, trials: i32, uniforms: usize, squares: usize, centres: usize, labels: usize, nearest: usize, trial: usize, drawn: usize, potential: usize, cumulative: usize): void {
  const width = (k + 3) & ~3
  const row = <usize>stride << 2
  memory.fill(centres, 0, (<usize>(dims * width)) << 2)
  memory.fill(labels, 0, row)
  for (let i: usize = 0; i < <usize>n << 2; i += 4) store<f32>(nearest + i, f32.MAX_VALUE)
  for (let i: usize = <usize>n << 2; i < row; i += 4) store<f32>(nearest + i, 0)
  const first = min(<i32>(load<f64>(uniforms) * <f64>n), n - 1)
  for (let j: usize = 0; j < 4; j++) store<i32>(drawn + (j << 2), first)
  distances4(points, stride, dims, squares, drawn, nearest, trial, potential)
  memory.copy(nearest, trial, row)
  copyPoint(points, stride, dims, first, centres, width, 0)
  let at = uniforms + 8
  for (let c = 1; c < k; c++) {
    let total: f64 = 0
    for (let i: usize = 0; i < <usize>n; i++) {
      total += <f64>load<f32>(nearest + (i << 2))
      store<f64>(cumulative + (i << 3), total)
    }
    for (let j = 0; j < trials; j++, at += 8) store<i32>(drawn + (<usize>j << 2), search(cumulative, n, load<f64>(at) * total))
    for (let j = trials; j & 3; j++) store<i32>(drawn + (<usize>j << 2), load<i32>(drawn))
    let best = 0
    for (let j = 0; j < trials; j += 4) {
      const from = <usize>j
      distances4(points, stride, dims, squares, drawn + (from << 2), nearest, trial + from * row, potential + (from << 3))
    }
    for (let j = 1; j < trials; j++) {
      if (load<f64>(potential + (<usize>j << 3)) < load<f64>(potential + (<usize>best << 3))) best = j
    }
    const chosen = trial + <usize>best * row
    for (let i: usize = 0; i < row; i += 16) {
      const distance = v128.load(chosen + i)
      const closer = f32x4.lt(distance, v128.load(nearest + i))
      v128.store(labels + i, v128.bitselect(i32x4.splat(c), v128.load(labels + i), closer))
      v128.store(nearest + i, distance)
    }
    copyPoint(points, stride, dims, load<i32>(drawn + (<usize>best << 2)), centres, width, c)
  }
}

// Lloyd's iterations from given labels until no label changes, or the centres' squared shift is at most `tolerance`, or
// `limit`. Sums are f64 and follow the changed labels only. An empty cluster takes the point farthest from its own
// centre. Scratch: `half` (f32 × width), `totals`, `counts` (i32 × k). Returns the number of iterations.
export function lloyd(points: usize, rows: usize, n: i32, stride: i32, dims: i32, k: i32, centres: usize, labels: usize, half: usize, totals: usize, counts: usize, limit: i32, tolerance: f64): i32 {
  const width = (k + 3) & ~3
  memory.fill(totals, 0, (<usize>(k * ((dims + 3) & ~3))) << 3)
  memory.fill(counts, 0, <usize>k << 2)
  for (let p = 0; p < n; p++) move(rows, dims, p, -1, load<i32>(labels + (<usize>p << 2)), totals, counts)
  for (let iteration = 1; iteration <= limit; iteration++) {
    for (let c = 0; c < k; c++) {
      if (load<i32>(counts + (<usize>c << 2)) == 0) refill(points, rows, n, stride, dims, c, centres, width, labels, totals, counts)
    }
    const shift = moveCentres(dims, k, width, centres, totals, counts)
    halves(centres, dims, k, width, half)
    const changed = assign(points, rows, n, stride, dims, width, centres, half, labels, totals, counts)
    if (changed == 0 || shift <= tolerance) return iteration
  }
  return limit
}

// Sum of squared distances to the mean of each label: Σ|x|² − Σ_c |total_c|² / count_c, from what `lloyd` leaves in
// `totals` and `counts`. `squares` is Σ|x|².
export function inertia(dims: i32, k: i32, totals: usize, counts: usize, squares: f64): f64 {
  let explained: f64 = 0
  for (let c = 0; c < k; c++) {
    const count = load<i32>(counts + (<usize>c << 2))
    if (count == 0) continue
    let sum: f64 = 0
    for (let d = 0; d < dims; d++) {
      const total = load<f64>(totals + (<usize>(c * ((dims + 3) & ~3) + d) << 3))
      sum += total * total
    }
    explained += sum / <f64>count
  }
  return squares - explained
}

// For four drawn points j: to[j][i] = min(nearest[i], |x_i − x_j|²) for all points, potential[j] their sum. Padding
// points have nearest = 0.
function distances4(points: usize, stride: i32, dims: i32, squares: usize, drawn: usize, nearest: usize, to: usize, potential: usize): void {
  const pitch = <usize>stride << 2
  const q0 = points + (<usize>load<i32>(drawn) << 2)
  const q1 = points + (<usize>load<i32>(drawn, 4) << 2)
  const q2 = points + (<usize>load<i32>(drawn, 8) << 2)
  const q3 = points + (<usize>load<i32>(drawn, 12) << 2)
  const s0 = v128.load32_splat(squares + (q0 - points))
  const s1 = v128.load32_splat(squares + (q1 - points))
  const s2 = v128.load32_splat(squares + (q2 - points))
  const s3 = v128.load32_splat(squares + (q3 - points))
  let p0 = f64x2.splat(0), p1 = p0, p2 = p0, p3 = p0
  for (let i: usize = 0; i < pitch; i += 32) {
    let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0
    let b0 = a0, b1 = a0, b2 = a0, b3 = a0
    let x = points + i
    for (let d: usize = 0; d < <usize>dims * pitch; d += pitch) {
      const x0 = v128.load(x)
      const x1 = v128.load(x, 16)
      const c0 = v128.load32_splat(q0 + d)
      a0 = f32x4.add(a0, f32x4.mul(x0, c0))
      b0 = f32x4.add(b0, f32x4.mul(x1, c0))
      const c1 = v128.load32_splat(q1 + d)
      a1 = f32x4.add(a1, f32x4.mul(x0, c1))
      b1 = f32x4.add(b1, f32x4.mul(x1, c1))
      const c2 = v128.load32_splat(q2 + d)
      a2 = f32x4.add(a2, f32x4.mul(x0, c2))
      b2 = f32x4.add(b2, f32x4.mul(x1, c2))
      const c3 = v128.load32_splat(q3 + d)
      a3 = f32x4.add(a3, f32x4.mul(x0, c3))
      b3 = f32x4.add(b3, f32x4.mul(x1, c3))
      x += pitch
    }
    const sa = v128.load(squares + i), sb = v128.load(squares + i, 16)
    const na = v128.load(nearest + i), nb = v128.load(nearest + i, 16)
    p0 = f64x2.add(p0, keep(to + i, sa, sb, s0, a0, b0, na, nb))
    p1 = f64x2.add(p1, keep(to + pitch + i, sa, sb, s1, a1, b1, na, nb))
    p2 = f64x2.add(p2, keep(to + 2 * pitch + i, sa, sb, s2, a2, b2, na, nb))
    p3 = f64x2.add(p3, keep(to + 3 * pitch + i, sa, sb, s3, a3, b3, na, nb))
  }
  store<f64>(potential, f64x2.extract_lane(p0, 0) + f64x2.extract_lane(p0, 1))
  store<f64>(potential, f64x2.extract_lane(p1, 0) + f64x2.extract_lane(p1, 1), 8)
  store<f64>(potential, f64x2.extract_lane(p2, 0) + f64x2.extract_lane(p2, 1), 16)
  store<f64>(potential, f64x2.extract_lane(p3, 0) + f64x2.extract_lane(p3, 1), 24)
}

// Stores the two quadruples of clamped distances and returns their sum.
@inline function keep(to: usize, sa: v128, sb: v128, s: v128, a: v128, b: v128, na: v128, nb: v128): v128 {
  const zero = f32x4.splat(0)
  const da = f32x4.pmin(na, f32x4.pmax(zero, f32x4.sub(f32x4.add(sa, s), f32x4.add(a, a))))
  const db = f32x4.pmin(nb, f32x4.pmax(zero, f32x4.sub(f32x4.add(sb, s), f32x4.add(b, b))))
  v128.store(to, da)
  v128.store(to, db, 16)
  const sum = f32x4.add(da, db)
  return f64x2.add(f64x2.promote_low_f32x4(sum), f64x2.promote_low_f32x4(i32x4.shuffle(sum, sum, 2, 3, 2, 3)))
}

// First index whose cumulative sum exceeds the value.
function search(cumulative: usize, n: i32, value: f64): i32 {
  let low = 0
  let high = n - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (load<f64>(cumulative + (<usize>middle << 3)) > value) high = middle
    else low = middle + 1
  }
  return low
}

function copyPoint(points: usize, stride: i32, dims: i32, point: i32, centres: usize, width: i32, c: i32): void {
  for (let d = 0; d < dims; d++) {
    store<f32>(centres + (<usize>(d * width + c) << 2), load<f32>(points + (<usize>(d * stride + point) << 2)))
  }
}

// ½|c|², infinite for the padding so that no point ever chooses it.
function halves(centres: usize, dims: i32, k: i32, width: i32, half: usize): void {
  for (let c = 0; c < width; c++) {
    let sum: f32 = 0
    for (let d = 0; d < dims; d++) {
      const v = load<f32>(centres + (<usize>(d * width + c) << 2))
      sum += v * v
    }
    store<f32>(half + (<usize>c << 2), c < k ? sum * 0.5 : f32.MAX_VALUE)
  }
}

// The nearest centre of every point by the largest x·c − ½|c|², eight points × four centres at a time; the first wins
// a tie. Moves the sums of points whose label changed and returns how many did.
function assign(points: usize, rows: usize, n: i32, stride: i32, dims: i32, width: i32, centres: usize, half: usize, labels: usize, totals: usize, counts: usize): i32 {
  const pitch = <usize>stride << 2
  const rowPitch = <usize>width << 2
  let changed = 0
  for (let i = 0; i < n; i += 8) {
    let best0 = f32x4.splat(-f32.MAX_VALUE), best1 = best0
    let index0 = i32x4.splat(0), index1 = index0
    const tile = points + (<usize>i << 2)
    for (let j = 0; j < width; j += 4) {
      const h = half + (<usize>j << 2)
      let a0 = f32x4.neg(v128.load32_splat(h)), b0 = a0
      let a1 = f32x4.neg(v128.load32_splat(h, 4)), b1 = a1
      let a2 = f32x4.neg(v128.load32_splat(h, 8)), b2 = a2
      let a3 = f32x4.neg(v128.load32_splat(h, 12)), b3 = a3
      let x = tile
      let c = centres + (<usize>j << 2)
      for (let d = 0; d < dims; d++) {
        const x0 = v128.load(x)
        const x1 = v128.load(x, 16)
        const c0 = v128.load32_splat(c)
        a0 = f32x4.add(a0, f32x4.mul(x0, c0))
        b0 = f32x4.add(b0, f32x4.mul(x1, c0))
        const c1 = v128.load32_splat(c, 4)
        a1 = f32x4.add(a1, f32x4.mul(x0, c1))
        b1 = f32x4.add(b1, f32x4.mul(x1, c1))
        const c2 = v128.load32_splat(c, 8)
        a2 = f32x4.add(a2, f32x4.mul(x0, c2))
        b2 = f32x4.add(b2, f32x4.mul(x1, c2))
        const c3 = v128.load32_splat(c, 12)
        a3 = f32x4.add(a3, f32x4.mul(x0, c3))
        b3 = f32x4.add(b3, f32x4.mul(x1, c3))
        x += pitch
        c += rowPitch
      }
      let m = f32x4.gt(a0, best0)
      best0 = v128.bitselect(a0, best0, m)
      index0 = v128.bitselect(i32x4.splat(j), index0, m)
      m = f32x4.gt(b0, best1)
      best1 = v128.bitselect(b0, best1, m)
      index1 = v128.bitselect(i32x4.splat(j), index1, m)
      m = f32x4.gt(a1, best0)
      best0 = v128.bitselect(a1, best0, m)
      index0 = v128.bitselect(i32x4.splat(j + 1), index0, m)
      m = f32x4.gt(b1, best1)
      best1 = v128.bitselect(b1, best1, m)
      index1 = v128.bitselect(i32x4.splat(j + 1), index1, m)
      m = f32x4.gt(a2, best0)
      best0 = v128.bitselect(a2, best0, m)
      index0 = v128.bitselect(i32x4.splat(j + 2), index0, m)
      m = f32x4.gt(b2, best1)
      best1 = v128.bitselect(b2, best1, m)
      index1 = v128.bitselect(i32x4.splat(j + 2), index1, m)
      m = f32x4.gt(a3, best0)
      best0 = v128.bitselect(a3, best0, m)
      index0 = v128.bitselect(i32x4.splat(j + 3), index0, m)
      m = f32x4.gt(b3, best1)
      best1 = v128.bitselect(b3, best1, m)
      index1 = v128.bitselect(i32x4.splat(j + 3), index1, m)
    }
    const at = labels + (<usize>i << 2)
    const old0 = v128.load(at)
    const old1 = v128.load(at, 16)
    const differs = v128.or(i32x4.ne(old0, index0), i32x4.ne(old1, index1))
    if (v128.any_true(differs)) {
      const last = min(i + 8, n)
      for (let p = i; p < last; p++) {
        const lane = p - i
        const label = lane < 4 ? pick(index0, lane) : pick(index1, lane - 4)
        const old = load<i32>(labels + (<usize>p << 2))
        if (label == old) continue
        changed++
        store<i32>(labels + (<usize>p << 2), label)
        move(rows, dims, p, old, label, totals, counts)
      }
    }
  }
  return changed
}

function pick(v: v128, lane: i32): i32 {
  if (lane == 0) return i32x4.extract_lane(v, 0)
  if (lane == 1) return i32x4.extract_lane(v, 1)
  if (lane == 2) return i32x4.extract_lane(v, 2)
  return i32x4.extract_lane(v, 3)
}

function move(rows: usize, dims: i32, p: i32, from: i32, to: i32, totals: usize, counts: usize): void {
  const depth = (dims + 3) & ~3
  const x = rows + (<usize>(p * depth) << 2)
  const into = counts + (<usize>to << 2)
  const a = totals + (<usize>(to * depth) << 3)
  store<i32>(into, load<i32>(into) + 1)
  for (let d: usize = 0; d < <usize>depth << 3; d += 16) {
    v128.store(a + d, f64x2.add(v128.load(a + d), f64x2.promote_low_f32x4(v128.load64_zero(x + (d >> 1)))))
  }
  if (from < 0) return
  const out = counts + (<usize>from << 2)
  const b = totals + (<usize>(from * depth) << 3)
  store<i32>(out, load<i32>(out) - 1)
  for (let d: usize = 0; d < <usize>depth << 3; d += 16) {
    v128.store(b + d, f64x2.sub(v128.load(b + d), f64x2.promote_low_f32x4(v128.load64_zero(x + (d >> 1)))))
  }
}

// Gives empty cluster `empty` the point farthest from the centre it belongs to (never a cluster's only point).
function refill(points: usize, rows: usize, n: i32, stride: i32, dims: i32, empty: i32, centres: usize, width: i32, labels: usize, totals: usize, counts: usize): void {
  let farthest = -1
  let most: f64 = -1
  for (let p = 0; p < n; p++) {
    const label = load<i32>(labels + (<usize>p << 2))
    if (load<i32>(counts + (<usize>label << 2)) < 2) continue
    let sum: f64 = 0
    for (let d = 0; d < dims; d++) {
      const gap = <f64>load<f32>(points + (<usize>(d * stride + p) << 2)) - <f64>load<f32>(centres + (<usize>(d * width + label) << 2))
      sum += gap * gap
    }
    if (sum > most) {
      most = sum
      farthest = p
    }
  }
  if (farthest < 0) return
  move(rows, dims, farthest, load<i32>(labels + (<usize>farthest << 2)), empty, totals, counts)
  store<i32>(labels + (<usize>farthest << 2), empty)
}

// Centres = means; returns the sum of squared shifts.
function moveCentres(dims: i32, k: i32, width: i32, centres: usize, totals: usize, counts: usize): f64 {
  let shift: f64 = 0
  for (let c = 0; c < k; c++) {
    const count = load<i32>(counts + (<usize>c << 2))
    if (count == 0) continue
    const inverse = 1 / <f64>count
    for (let d = 0; d < dims; d++) {
      const at = centres + (<usize>(d * width + c) << 2)
      const value = <f32>(load<f64>(totals + (<usize>(c * ((dims + 3) & ~3) + d) << 3)) * inverse)
      const gap = <f64>value - <f64>load<f32>(at)
      shift += gap * gap
      store<f32>(at, value)
    }
  }
  return shift
}
