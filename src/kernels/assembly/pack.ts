// Blocks in canonical unit order. `rowOrder` and `columnOrder` list the stored indices (i32) of the units that take
// part, in canonical order; packed dense rows are padded with zeros to a multiple of four columns (`stride`).

// packed[r][c] = block[rowOrder[r]][columnOrder[c]]; `width` = columns of the stored block.
export function packDense(block: usize, width: i32, rowOrder: usize, rows: i32, columnOrder: usize, columns: i32, packed: usize, stride: i32): void {
  for (let r = 0; r < rows; r++) {
    const from = block + ((<usize>load<i32>(rowOrder + (<usize>r << 2)) * width) << 2)
    const to = packed + ((<usize>r * stride) << 2)
    for (let c = 0; c < columns; c++) {
      const at = <usize>c << 2
      store<f32>(to + at, load<f32>(from + (<usize>load<i32>(columnOrder + at) << 2)))
    }
    for (let c = columns; c < stride; c++) store<f32>(to + (<usize>c << 2), 0)
  }
}

// packed[c][r] = block[rowOrder[r]][columnOrder[c]]: the packed rows are the block's columns. Eight block rows at a
// time, so that each packed row receives a run.
export function packDenseTransposed(block: usize, width: i32, rowOrder: usize, rows: i32, columnOrder: usize, columns: i32, packed: usize, stride: i32): void {
  for (let r0 = 0; r0 < rows; r0 += 8) {
    const r1 = min(r0 + 8, rows)
    for (let c = 0; c < columns; c++) {
      const from = block + (<usize>load<i32>(columnOrder + (<usize>c << 2)) << 2)
      const to = packed + ((<usize>c * stride) << 2)
      for (let r = r0; r < r1; r++) {
        const at = <usize>r << 2
        store<f32>(to + at, load<f32>(from + ((<usize>load<i32>(rowOrder + at) * width) << 2)))
      }
    }
  }
  for (let c = 0; c < columns; c++) {
    const to = packed + ((<usize>c * stride) << 2)
    for (let r = rows; r < stride; r++) store<f32>(to + (<usize>r << 2), 0)
  }
}

// Compressed rows → compressed columns. `columnStart` has columns + 1 entries; `cursor` is scratch of that size.
export function transposeSparse(rowStart: usize, columnIndex: usize, values: usize, rows: i32, columns: i32, columnStart: usize, rowIndex: usize, transposed: usize, cursor: usize): void {
  memory.fill(columnStart, 0, <usize>(columns + 1) << 2)
  const edges = load<i32>(rowStart + (<usize>rows << 2))
  for (let e = 0; e < edges; e++) {
    const at = columnStart + (<usize>(load<i32>(columnIndex + (<usize>e << 2)) + 1) << 2)
    store<i32>(at, load<i32>(at) + 1)
  }
  let total = 0
  for (let c = 0; c <= columns; c++) {
    total += load<i32>(columnStart + (<usize>c << 2))
    store<i32>(columnStart + (<usize>c << 2), total)
    store<i32>(cursor + (<usize>c << 2), total)
  }
  for (let r = 0; r < rows; r++) {
    const end = load<i32>(rowStart + (<usize>(r + 1) << 2))
    for (let e = load<i32>(rowStart + (<usize>r << 2)); e < end; e++) {
      const at = cursor + (<usize>load<i32>(columnIndex + (<usize>e << 2)) << 2)
      const to = <usize>load<i32>(at) << 2
      store<i32>(at, load<i32>(at) + 1)
      store<i32>(rowIndex + to, r)
      store<f32>(transposed + to, load<f32>(values + (<usize>e << 2)))
    }
  }
}

// Scatters the lists of `order` (stored indices of one side, in canonical order) into rows of the other side, whose
// canonical index is `position` (−1 = takes no part). Rows come out sorted because the lists arrive in order.
export function packSparse(start: usize, index: usize, values: usize, order: usize, lists: i32, position: usize, rows: i32, packedStart: usize, packedIndex: usize, packedValues: usize, cursor: usize): void {
  memory.fill(packedStart, 0, <usize>(rows + 1) << 2)
  for (let i = 0; i < lists; i++) {
    const list = <usize>load<i32>(order + (<usize>i << 2)) << 2
    const end = load<i32>(start + list + 4)
    for (let e = load<i32>(start + list); e < end; e++) {
      const r = load<i32>(position + (<usize>load<i32>(index + (<usize>e << 2)) << 2))
      if (r < 0) continue
      const at = packedStart + (<usize>(r + 1) << 2)
      store<i32>(at, load<i32>(at) + 1)
    }
  }
  let total = 0
  for (let r = 0; r <= rows; r++) {
    total += load<i32>(packedStart + (<usize>r << 2))
    store<i32>(packedStart + (<usize>r << 2), total)
    store<i32>(cursor + (<usize>r << 2), total)
  }
  for (let i = 0; i < lists; i++) {
    const list = <usize>load<i32>(order + (<usize>i << 2)) << 2
    const end = load<i32>(start + list + 4)
    for (let e = load<i32>(start + list); e < end; e++) {
      const r = load<i32>(position + (<usize>load<i32>(index + (<usize>e << 2)) << 2))
      if (r < 0) continue
      const at = cursor + (<usize>r << 2)
      const to = <usize>load<i32>(at) << 2
      store<i32>(at, load<i32>(at) + 1)
      store<i32>(packedIndex + to, i)
      store<f32>(packedValues + to, load<f32>(values + (<usize>e << 2)))
    }
  }
}
