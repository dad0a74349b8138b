/** Pictures side by side in one: a row for each sub-module. */
import { decode, encode } from 'fast-png'
import type { CoherencePicture } from './picture.ts'

const GAP = 2
const FIRST_GAP = 8
const BACKGROUND = 230
/** Pictures are enlarged by a whole factor to about this many pixels a side. */
const SIDE = 96

/**
 * A PNG file. All pictures have one size; rows may differ in length.
 * @param setOff whether a wider gap sets the first of each row off from the others, which are random
 */
export function pictureSheet(rows: readonly (readonly CoherencePicture[])[], setOff: boolean): Uint8Array {
  const { width, height } = rows[0][0]
  const factor = Math.max(1, Math.floor(SIDE / Math.max(width, height)))
  const [w, h] = [width * factor, height * factor]
  const most = Math.max(...rows.map(row => row.length))
  const left = (column: number) => GAP + column * (w + GAP) + (setOff && column > 0 ? FIRST_GAP - GAP : 0)
  const [total, tall] = [left(most - 1) + w + GAP, GAP + rows.length * (h + GAP)]
  const data = new Uint8Array(3 * total * tall).fill(BACKGROUND)
  rows.forEach((row, r) => {
    row.forEach((one, column) => {
      const source = decode(Uint8Array.from(atob(one.png), character => character.charCodeAt(0)))
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++) {
          const from = (Math.floor(y / factor) * width + Math.floor(x / factor)) * source.channels
          const to = 3 * ((GAP + r * (h + GAP) + y) * total + left(column) + x)
          for (let c = 0; c < 3; c++) data[to + c] = source.data[from + (source.channels === 1 ? 0 : c)]
        }
    })
  })
  return encode({ width: total, height: tall, data, channels: 3, depth: 8 })
}
