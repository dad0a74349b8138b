// Edge weight that stays within each module. `rowLabels` and `columnLabels` are i32 (−1 = in no module, matches
// nothing because callers give the two sides different negative numbers); `within` is f64 per module.

export function withinDense(block: usize, rows: i32, columns: i32, rowLabels: usize, columnLabels: usize, within: usize): void {
  const even = columns & ~3
  for (let r = 0; r < rows; r++) {
    const label = load<i32>(rowLabels + (<usize>r << 2))
    if (label < 0) continue
    const row = block + ((<usize>r * columns) << 2)
    const same = i32x4.splat(label)
    let a = f64x2.splat(0)
    let b = f64x2.splat(0)
    for (let c = 0; c < even; c += 4) {
      const at = <usize>c << 2
      const w = v128.and(v128.load(row + at), i32x4.eq(v128.load(columnLabels + at), same))
      a = f64x2.add(a, f64x2.promote_low_f32x4(w))
      b = f64x2.add(b, f64x2.promote_low_f32x4(i32x4.shuffle(w, w, 2, 3, 2, 3)))
    }
    const s = f64x2.add(a, b)
    let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1)
    for (let c = even; c < columns; c++) {
      const at = <usize>c << 2
      if (load<i32>(columnLabels + at) == label) sum += <f64>load<f32>(row + at)
    }
    const to = within + (<usize>label << 3)
    store<f64>(to, load<f64>(to) + sum)
  }
}

export function withinSparse(rowStart: usize, columnIndex: usize, values: usize, rows: i32, rowLabels: usize, columnLabels: usize, within: usize): void {
  for (let r = 0; r < rows; r++) {
    const label = load<i32>(rowLabels + (<usize>r << 2))
    if (label < 0) continue
    const end = load<i32>(rowStart + (<usize>(r + 1) << 2))
    let sum: f64 = 0
    for (let e = load<i32>(rowStart + (<usize>r << 2)); e < end; e++) {
      const column = <usize>load<i32>(columnIndex + (<usize>e << 2)) << 2
      if (load<i32>(columnLabels + column) == label) sum += <f64>load<f32>(values + (<usize>e << 2))
    }
    const to = within + (<usize>label << 3)
    store<f64>(to, load<f64>(to) + sum)
  }
}
