/** Idx files made for tests. */

export function idxBytes(shape: readonly number[], values: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length)
  bytes.set([0, 0, 8, shape.length])
  const view = new DataView(bytes.buffer)
  for (const [axis, size] of shape.entries()) view.setUint32(4 + 4 * axis, size)
  bytes.set(values, 4 + 4 * shape.length)
  return bytes
}

export async function gzipped(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** The four files of a set of `train` and `test` images of 2 × 3 pixels; image i is filled with i, its label is i mod 10. */
export function tinySet(train = 5, test = 3) {
  const images = (count: number) =>
    idxBytes(
      [count, 2, 3],
      Array.from({ length: 6 * count }, (_, i) => Math.floor(i / 6)),
    )
  const labels = (count: number) =>
    idxBytes(
      [count],
      Array.from({ length: count }, (_, i) => i % 10),
    )
  return { trainImages: images(train), trainLabels: labels(train), testImages: images(test), testLabels: labels(test) }
}
