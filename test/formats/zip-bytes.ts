/** Small `.npz` files by NumPy 2.4.6, as base64: W1 3 × 2 and b1 in float32, W2 2 × 4 in float64, all ones. */
export const SAVEZ_COMPRESSED =
  'UEsDBC0AAAAIAAAAIQDMypy9//////////8GABQAVzEubnB5AQAQAJgAAAAAAAAAVQAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2airqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RrGOgpGmjoKtQpkAy4GMGiwBxIOQATEDUC8wAEAUEsDBC0AAAAIAAAAIQCayqvn//////////8GABQAYjEubnB5AQAQAIgAAAAAAAAATAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2airqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOpo6CrUKFAAuBoYGewYGBgcAUEsDBC0AAAAIAAAAIQDHHg2L//////////8GABQAVzIubnB5AQAQAMAAAAAAAAAATQAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2ahrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOgommjoKtQpkAy4GMPhgTy4NAFBLAQItAy0AAAAIAAAAIQDMypy9VQAAAJgAAAAGAAAAAAAAAAAAAACAAQAAAABXMS5ucHlQSwECLQMtAAAACAAAACEAmsqr50wAAACIAAAABgAAAAAAAAAAAAAAgAGNAAAAYjEubnB5UEsBAi0DLQAAAAgAAAAhAMceDYtNAAAAwAAAAAYAAAAAAAAAAAAAAIABEQEAAFcyLm5weVBLBQYAAAAAAwADAJwAAACWAQAAAAA='

/** W1 alone, stored, with every 64-bit record of zip64 in use. */
export const SAVEZ_ZIP64 =
  'UEsDBC0AAAAAAAAAIQDMypy9//////////8GABQAVzEubnB5AQAQAJgAAAAAAAAAmAAAAAAAAACTTlVNUFkBAHYAeydkZXNjcic6ICc8ZjQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMywgMiksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgCgAAAAAAAIA/AAAAQAAAQEAAAIBAAACgQFBLAQItAy0AAAAAAAAAIQDMypy9//////////8GABQAAAAAAAAAAACAAQAAAABXMS5ucHkBABAAmAAAAAAAAACYAAAAAAAAAFBLBgYsAAAAAAAAAC0ALQAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAAABIAAAAAAAAANAAAAAAAAAAUEsGBwAAAAAYAQAAAAAAAAEAAABQSwUGAAAAAAEAAQBIAAAA0AAAAAAA'

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), char => char.charCodeAt(0))
}

/** A copy of `bytes` with a number of `size` bytes, little-endian, written at each place where `signature` stands. */
export function patched(
  bytes: Uint8Array<ArrayBuffer>,
  signature: number,
  offset: number,
  size: 2 | 4,
  value: number,
): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice()
  const view = new DataView(copy.buffer)
  for (let at = 0; at + 4 <= copy.length; at++) {
    if (view.getUint32(at, true) !== signature) continue
    if (size === 2) view.setUint16(at + offset, value, true)
    else view.setUint32(at + offset, value, true)
  }
  return copy
}

/** A copy of `bytes` with a name replaced by another of the same length, wherever it stands. */
export function renamed(bytes: Uint8Array<ArrayBuffer>, from: string, to: string): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice()
  for (let at = 0; at + from.length <= copy.length; at++)
    if (String.fromCharCode(...copy.subarray(at, at + from.length)) === from) copy.set(new TextEncoder().encode(to), at)
  return copy
}
