// k-means on a structure of arrays: points are f32 [dims × stride], stride a multiple of eight, padding zero. Centres
// are f32 [dims × width], width = k rounded up to four.

// Greedy k-means++: each next centre is the best of `trials` draws with probability proportional to the squared
// distance to the nearest centre so far. `uniforms` holds 1 + (k − 1)·trials f64 in [0, 1). Scratch: `nearest` and
// `trial` (each 2 × stride f32, used as pairs of buffers), `cumulative` (f64 × n).
export function seedCentres(points: usize, n: i32, stride: i32, dims: i32, k: i32, trials: i32, uniforms: usize, centres: usize, nearest: usize, trial: usize, cumulative: usize): void {
  const width = (k + 3) & ~3
  memory.fill(centres, 0, (<usize>(dims * width)) << 2)
  let work = trial
  let best = trial + (<usize>stride << 2)
  const first = min(<i32>(load<f64>(uniforms) * <f64>n), n - 1)
  for (let i: usize = 0; i < <usize>stride << 2; i += 16) v128.store(nearest + i, f32x4.splat(f32.MAX_VALUE))
  distances(points, n, stride, dims, first, nearest, nearest)
  copyPoint(points, stride, dims, first, centres, width, 0)
  let at = uniforms + 8
  for (let c = 1; c < k; c++) {
    let total: f64 = 0
    for (let i: usize = 0; i < <usize>n; i++) {
      total += <f64>load<f32>(nearest + (i << 2))
      store<f64>(cumulative + (i << 3), total)
    }
    let bestPotential: f64 = f64.MAX_VALUE
    let bestPoint = 0
    for (let j = 0; j < trials; j++) {
      const candidate = search(cumulative, n, load<f64>(at) * total)
      at += 8
      const potential = distances(points, n, stride, dims, candidate, nearest, work)
      if (potential < bestPotential) {
        bestPotential = potential
        bestPoint = candidate
        const swap = best
        best = work
        work = swap
      }
    }
    memory.copy(nearest, best, <usize>stride << 2)
    copyPoint(points, stride, dims, bestPoint, centres, width, c)
  }
}

// Lloyd's iterations until no label changes, or the centres' squared shift is at most `tolerance`, or `limit`. Sums
// are f64 and follow the changed labels only. An empty cluster takes the point farthest from its own centre.
// Scratch: `half` (f32 × width), `totals` (f64 [k × dims]), `counts` (i32 × k). Returns the number of iterations.
export function lloyd(points: usize, n: i32, stride: i32, dims: i32, k: i32, centres: usize, labels: usize, half: usize, totals: usize, counts: usize, limit: i32, tolerance: f64): i32 {
  const width = (k + 3) & ~3
  memory.fill(totals, 0, (<usize>(k * dims)) << 3)
  memory.fill(counts, 0, <usize>k << 2)
  for (let i: usize = 0; i < <usize>stride << 2; i += 4) store<i32>(labels + i, -1)
  for (let iteration = 1; iteration <= limit; iteration++) {
    halves(centres, dims, k, width, half)
    if (assign(points, n, stride, dims, width, centres, half, labels, totals, counts) == 0) return iteration
    for (let c = 0; c < k; c++) {
      if (load<i32>(counts + (<usize>c << 2)) == 0) refill(points, n, stride, dims, k, c, centres, width, labels, totals, counts)
    }
    if (moveCentres(dims, k, width, centres, totals, counts) <= tolerance) {
      halves(centres, dims, k, width, half)
      assign(points, n, stride, dims, width, centres, half, labels, totals, counts)
      return iteration
    }
  }
  return limit
}

// Σ |x − centre of its label|², f64.
export function inertia(points: usize, n: i32, stride: i32, dims: i32, k: i32, centres: usize, labels: usize): f64 {
  const width = (k + 3) & ~3
  let total: f64 = 0
  for (let d = 0; d < dims; d++) {
    const x = points + (<usize>(d * stride) << 2)
    const c = centres + (<usize>(d * width) << 2)
    let sum: f64 = 0
    for (let i: usize = 0; i < <usize>n << 2; i += 4) {
      const gap = <f64>load<f32>(x + i) - <f64>load<f32>(c + (<usize>load<i32>(labels + i) << 2))
      sum += gap * gap
    }
    total += sum
  }
  return total
}

// to[i] = min(from[i], |x_i − x_point|²); returns the sum over the n points.
function distances(points: usize, n: i32, stride: i32, dims: i32, point: i32, from: usize, to: usize): f64 {
  let a = f64x2.splat(0)
  let b = f64x2.splat(0)
  const pitch = <usize>stride << 2
  const end = points + (<usize>n << 2)
  let x = points
  const own = points + (<usize>point << 2)
  for (; x < end; x += 16) {
    let sum = f32x4.splat(0)
    let p = x
    let q = own
    for (let d = 0; d < dims; d++) {
      const gap = f32x4.sub(v128.load(p), v128.load32_splat(q))
      sum = f32x4.add(sum, f32x4.mul(gap, gap))
      p += pitch
      q += pitch
    }
    const at = x - points
    sum = f32x4.min(sum, v128.load(from + at))
    if (x + 16 > end) sum = mask(sum, (end - x) >> 2)
    v128.store(to + at, sum)
    a = f64x2.add(a, f64x2.promote_low_f32x4(sum))
    b = f64x2.add(b, f64x2.promote_low_f32x4(i32x4.shuffle(sum, sum, 2, 3, 2, 3)))
  }
  const s = f64x2.add(a, b)
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1)
}

// Keeps the first `count` (1 … 3) lanes, zeroes the rest.
function mask(v: v128, count: usize): v128 {
  v = f32x4.replace_lane(v, 3, 0)
  if (count < 3) v = f32x4.replace_lane(v, 2, 0)
  if (count < 2) v = f32x4.replace_lane(v, 1, 0)
  return v
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
function assign(points: usize, n: i32, stride: i32, dims: i32, width: i32, centres: usize, half: usize, labels: usize, totals: usize, counts: usize): i32 {
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
        move(points, stride, dims, p, old, label, totals, counts)
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

function move(points: usize, stride: i32, dims: i32, p: i32, from: i32, to: i32, totals: usize, counts: usize): void {
  const into = counts + (<usize>to << 2)
  store<i32>(into, load<i32>(into) + 1)
  if (from >= 0) {
    const out = counts + (<usize>from << 2)
    store<i32>(out, load<i32>(out) - 1)
  }
  for (let d = 0; d < dims; d++) {
    const v = <f64>load<f32>(points + (<usize>(d * stride + p) << 2))
    const a = totals + (<usize>(to * dims + d) << 3)
    store<f64>(a, load<f64>(a) + v)
    if (from >= 0) {
      const b = totals + (<usize>(from * dims + d) << 3)
      store<f64>(b, load<f64>(b) - v)
    }
  }
}

// Gives empty cluster `empty` the point farthest from the centre it belongs to (never a cluster's only point).
function refill(points: usize, n: i32, stride: i32, dims: i32, k: i32, empty: i32, centres: usize, width: i32, labels: usize, totals: usize, counts: usize): void {
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
  move(points, stride, dims, farthest, load<i32>(labels + (<usize>farthest << 2)), empty, totals, counts)
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
      const value = <f32>(load<f64>(totals + (<usize>(c * dims + d) << 3)) * inverse)
      const gap = <f64>value - <f64>load<f32>(at)
      shift += gap * gap
      store<f32>(at, value)
    }
  }
  return shift
}
