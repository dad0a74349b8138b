/**
 * Order of non-negative floats: for these, the order of the bit patterns as integers is the order of the values, so a
 * radix sort (three passes of eleven bits) ranks them in linear time. Stable, hence the same on every engine.
 */

/** Indices in ascending order of `values` (Float32Array, all ≥ 0). */
export function ascendingOrder(values: Float32Array): Uint32Array {
  const count = values.length
  const bits = new Uint32Array(values.buffer, values.byteOffset, count)
  const counts = [new Uint32Array(2048), new Uint32Array(2048), new Uint32Array(2048)]
  for (let i = 0; i < count; i++) {
    const key = bits[i]
    counts[0][key & 2047]++
    counts[1][(key >>> 11) & 2047]++
    counts[2][key >>> 22]++
  }
  let order = new Uint32Array(count)
  let next = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  for (let pass = 0; pass < 3; pass++) {
    const places = counts[pass]
    for (let bucket = 0, before = 0; bucket < 2048; bucket++) {
      const size = places[bucket]
      places[bucket] = before
      before += size
    }
    const shift = 11 * pass
    for (let i = 0; i < count; i++) next[places[(bits[order[i]] >>> shift) & 2047]++] = order[i]
    ;[order, next] = [next, order]
  }
  return order
}
