// Largest edge and degree of every unit. A sum of floats depends on the order of its terms; here each term is first
// rounded to a multiple of a power of two chosen from the unit's own largest edge, so small that the relative error
// stays below units × 2⁻⁵², so large that the sum is exact: the degree is the same in whatever order units are stored.

// rows × columns dense block: raises rowMax (f32 × rows) and columnMax (f32 × columns).
export function maxima(block: usize, rows: i32, columns: i32, rowMax: usize, columnMax: usize): void {
  const even = columns & ~3
  for (let r = 0; r < rows; r++) {
    const row = block + ((<usize>r * columns) << 2)
    let best = f32x4.splat(0)
    for (let c = 0; c < even; c += 4) {
      const at = <usize>c << 2
      const w = v128.load(row + at)
      best = f32x4.pmax(best, w)
      v128.store(columnMax + at, f32x4.pmax(v128.load(columnMax + at), w))
    }
    let most = max(max(f32x4.extract_lane(best, 0), f32x4.extract_lane(best, 1)), max(f32x4.extract_lane(best, 2), f32x4.extract_lane(best, 3)))
    for (let c = even; c < columns; c++) {
      const at = <usize>c << 2
      const w = load<f32>(row + at)
      most = max(most, w)
      store<f32>(columnMax + at, max(load<f32>(columnMax + at), w))
    }
    store<f32>(rowMax + (<usize>r << 2), max(load<f32>(rowMax + (<usize>r << 2)), most))
  }
}

// Adds each rounded weight × scale to its row's and its column's sum (f64). Scales are f64 powers of two per unit.
export function sums(block: usize, rows: i32, columns: i32, rowScale: usize, columnScale: usize, rowSum: usize, columnSum: usize): void {
  const even = columns & ~1
  for (let r = 0; r < rows; r++) {
    const row = block + ((<usize>r * columns) << 2)
    const s = load<f64>(rowScale + (<usize>r << 3))
    const ss = f64x2.splat(s)
    let total = f64x2.splat(0)
    for (let c = 0; c < even; c += 2) {
      const at = <usize>c << 3
      const w = f64x2.promote_low_f32x4(v128.load64_zero(row + (at >> 1)))
      total = f64x2.add(total, f64x2.nearest(f64x2.mul(w, ss)))
      const scaled = f64x2.nearest(f64x2.mul(w, v128.load(columnScale + at)))
      v128.store(columnSum + at, f64x2.add(v128.load(columnSum + at), scaled))
    }
    let sum = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1)
    if (even < columns) {
      const at = <usize>even << 3
      const w = <f64>load<f32>(row + (at >> 1))
      sum += nearest(w * s)
      store<f64>(columnSum + at, load<f64>(columnSum + at) + nearest(w * load<f64>(columnScale + at)))
    }
    store<f64>(rowSum + (<usize>r << 3), load<f64>(rowSum + (<usize>r << 3)) + sum)
  }
}

export function sparseMaxima(rowStart: usize, columns: usize, values: usize, rows: i32, rowMax: usize, columnMax: usize): void {
  for (let r = 0; r < rows; r++) {
    const end = load<i32>(rowStart + (<usize>(r + 1) << 2))
    let most = load<f32>(rowMax + (<usize>r << 2))
    for (let e = load<i32>(rowStart + (<usize>r << 2)); e < end; e++) {
      const w = load<f32>(values + (<usize>e << 2))
      const at = columnMax + (<usize>load<i32>(columns + (<usize>e << 2)) << 2)
      most = max(most, w)
      store<f32>(at, max(load<f32>(at), w))
    }
    store<f32>(rowMax + (<usize>r << 2), most)
  }
}

export function sparseSums(rowStart: usize, columns: usize, values: usize, rows: i32, rowScale: usize, columnScale: usize, rowSum: usize, columnSum: usize): void {
  for (let r = 0; r < rows; r++) {
    const end = load<i32>(rowStart + (<usize>(r + 1) << 2))
    const s = load<f64>(rowScale + (<usize>r << 3))
    let sum = load<f64>(rowSum + (<usize>r << 3))
    for (let e = load<i32>(rowStart + (<usize>r << 2)); e < end; e++) {
      const w = <f64>load<f32>(values + (<usize>e << 2))
      const at = <usize>load<i32>(columns + (<usize>e << 2)) << 3
      sum += nearest(w * s)
      store<f64>(columnSum + at, load<f64>(columnSum + at) + nearest(w * load<f64>(columnScale + at)))
    }
    store<f64>(rowSum + (<usize>r << 3), sum)
  }
}
