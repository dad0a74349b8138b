/**
 * Pictures as numbers: PNG and JPEG by well-kept decoders in plain JavaScript, so that a picture gives the same numbers
 * in Node and in every browser. Transparency is dropped, and 16 bits become 8, as Pillow's `convert` to RGB or L does.
 */
import { convertIndexedToRgb, decode as decodePng } from 'fast-png'
import jpeg from 'jpeg-js'
import { FormatError, LobesError, ResourceError, UnsupportedError } from '../errors.ts'

export interface Picture {
  /** 1 for grey, 3 for red, green, blue. */
  readonly channels: 1 | 3
  readonly height: number
  readonly width: number
  /** [channels × height × width]. */
  readonly pixels: Uint8Array
}

/** File names that {@link decodePicture} reads. */
export const PICTURE_NAME = /\.(png|jpe?g)$/i

/** Larger ones are photographs before they were scaled down, or a file that lies about its size. */
const MOST_MEGAPIXELS = 50

/**
 * @param name for messages
 * @throws FormatError for damaged files, UnsupportedError for other kinds, ResourceError above 50 megapixels
 */
export function decodePicture(bytes: Uint8Array, name: string): Picture {
  const read = isPng(bytes) ? readPng : isJpeg(bytes) ? readJpeg : undefined
  if (!read)
    throw new UnsupportedError(
      'unsupported.picture',
      `${name} is neither a PNG nor a JPEG file; convert it, or give the images as .npz.`,
    )
  try {
    return read(bytes, name)
  } catch (error) {
    if (error instanceof LobesError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new FormatError('format.picture', `${name} is a damaged picture: ${why}. Get it again, or leave it out.`, {
      cause: error,
    })
  }
}

const isPng = (bytes: Uint8Array) => bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47
const isJpeg = (bytes: Uint8Array) => bytes[0] === 0xff && bytes[1] === 0xd8

function readPng(bytes: Uint8Array, name: string): Picture {
  // The header is always the first chunk: width and height stand at fixed places.
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  checkSize(header.getUint32(16), header.getUint32(20), name)
  const png = decodePng(bytes)
  const { width, height, palette, depth } = png
  if (palette) return planes(convertIndexedToRgb(png), { width, height, stride: palette[0].length, channels: 3 })
  const channels = png.channels >= 3 ? 3 : 1
  const packed = { width, height, stride: png.channels, channels } as const
  if (depth < 8) return planes(unpacked(png.data as Uint8Array, width, height, depth), packed)
  return planes(depth === 16 ? Uint8Array.from(png.data, value => value >> 8) : (png.data as Uint8Array), packed)
}

/** Grey values of fewer than 8 bits, several a byte, each row beginning a new byte. */
function unpacked(data: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const row = Math.ceil((width * depth) / 8)
  const largest = 2 ** depth - 1
  const values = new Uint8Array(width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const bit = x * depth
      const byte = data[y * row + (bit >> 3)]
      values[y * width + x] = (((byte >> (8 - depth - (bit & 7))) & largest) * 255) / largest
    }
  return values
}

function readJpeg(bytes: Uint8Array, name: string): Picture {
  const frame = jpegFrame(bytes)
  if (!frame) throw new FormatError('format.picture', `${name} is a damaged picture: it has no frame. Get it again.`)
  checkSize(frame.width, frame.height, name)
  const { data, width, height } = jpeg.decode(bytes, {
    ...{ useTArray: true, formatAsRGBA: false, tolerantDecoding: false },
    ...{ maxResolutionInMP: MOST_MEGAPIXELS, maxMemoryUsageInMB: 1024 },
  })
  return planes(data, { width, height, stride: 3, channels: frame.components === 1 ? 1 : 3 })
}

/** Size and number of components from the frame header (markers SOF0 … SOF15). */
function jpegFrame(bytes: Uint8Array): { width: number; height: number; components: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = bytes[at + 1]
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), components: bytes[at + 9] }
  }
  return undefined
}

function checkSize(width: number, height: number, name: string): void {
  if (width * height > MOST_MEGAPIXELS * 1e6)
    throw new ResourceError(
      'resource.picture',
      `${name} says it has ${width} × ${height} pixels; at most ${MOST_MEGAPIXELS} million are read. Scale it down.`,
    )
}

interface Packed {
  readonly width: number
  readonly height: number
  /** Values per pixel, of which the first `channels` count. */
  readonly stride: number
  readonly channels: 1 | 3
}

function planes(data: ArrayLike<number>, { width, height, stride, channels }: Packed): Picture {
  const size = width * height
  const pixels = new Uint8Array(channels * size)
  for (let c = 0; c < channels; c++) for (let i = 0; i < size; i++) pixels[c * size + i] = data[i * stride + c]
  return { channels, height, width, pixels }
}
