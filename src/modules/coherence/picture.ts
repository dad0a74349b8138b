/** Pictures as a result holds them: PNG files, base64, a few hundred bytes each. */
import { encode } from 'fast-png'
import type { FedInput } from './input-image.ts'

export interface CoherencePicture {
  readonly width: number
  readonly height: number
  /** A PNG file, base64: `data:image/png;base64,…` shows it. */
  readonly png: string
}

/**
 * @param values [channels × pixels], black at 0, white at 1. One or three channels are grey or colour, of others the mean
 * is drawn; inputs that are no images become a strip one pixel high
 */
export function picture(values: Float32Array, { image }: Pick<FedInput, 'image'>): CoherencePicture {
  const { channels = 1, height = 1, width = values.length } = image ?? {}
  const pixels = height * width
  const shown = channels === 3 ? 3 : 1
  const data = new Uint8Array(pixels * shown)
  for (let at = 0; at < data.length; at++) {
    const [pixel, channel] = [Math.floor(at / shown), at % shown]
    let value = 0
    if (channels === shown) value = values[channel * pixels + pixel]
    else for (let c = 0; c < channels; c++) value += values[c * pixels + pixel] / channels
    data[at] = Math.round(255 * Math.min(Math.max(value, 0), 1))
  }
  return { width, height, png: base64(encode({ width, height, data, channels: shown, depth: 8 })) }
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
