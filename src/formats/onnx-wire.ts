/**
 * Reads an ONNX model's structure without its weights. ONNX files are Protocol Buffers; this walks the wire format
 * (protobuf.dev, "Encoding"), checks every length against what encloses it, and leaves out each large `raw_data`,
 * noting in its place where in the file the bytes lie. What remains is small and goes through the ordinary decoder.
 */
import { fromBinary } from '@bufbuild/protobuf'
import { type ModelProto, ModelProtoSchema } from 'onnx-buf'
import { FormatError, ResourceError } from '../errors.ts'
import type { ByteSource } from './source.ts'

/** Key of the `external_data` entry that stands for raw data in the model file itself: `offset:length`. */
export const OWN_RANGE = 'lobes.range'

/** Raw data up to this many bytes stays in place: shapes, scalars, small biases. */
const INLINE_BYTES = 256
const WINDOW_BYTES = 1 << 16
const MAX_DEPTH = 64
const MAX_FIELDS = 1 << 20

type Kind = 'model' | 'graph' | 'function' | 'node' | 'attribute' | 'tensor'

/** Field numbers of the messages that can hold tensors, and what lies in them. */
const CHILDREN: Readonly<Record<Kind, Readonly<Record<number, Kind>>>> = {
  model: { 7: 'graph', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor' },
  function: { 7: 'node' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph' },
  tensor: {},
}
const RAW_DATA = 9
const EXTERNAL_DATA = 13
const VARINT = 0
const FIXED64 = 1
const DELIMITED = 2
const FIXED32 = 5

/** Decodes the model; initialisers come back without their bytes, see {@link OWN_RANGE}. */
export async function readModel(source: ByteSource): Promise<ModelProto> {
  const parts: Uint8Array[] = []
  const walker = makeWalker(source)
  await walker.compact('model', 0, source.byteLength, 0, parts)
  try {
    return fromBinary(ModelProtoSchema, join(parts), { readUnknownFields: false })
  } catch (error) {
    throw new FormatError(
      'format.protobuf',
      `${source.name} is not a readable ONNX model (${(error as Error).message}); it is damaged, or of another format.`,
      { cause: error },
    )
  }
}

function makeWalker(source: ByteSource) {
  let window = new Uint8Array(0)
  let windowStart = 0
  let fields = 0

  const broken = (at: number, what: string) =>
    new FormatError(
      'format.protobuf',
      `${source.name}: ${what} at byte ${at}; the file is truncated, damaged, or not ONNX.`,
    )

  const inWindow = (start: number, end: number) => start >= windowStart && end <= windowStart + window.length

  async function load(start: number, end: number): Promise<void> {
    const until = Math.min(source.byteLength, Math.max(end, start + WINDOW_BYTES))
    window = await source.slice(start, until)
    windowStart = start
  }

  /** Reads a varint that must end before `end`; values beyond 2⁵³ lose their low bits, which no caller needs. */
  function varint(at: number, end: number): { value: number; next: number } {
    let value = 0
    for (let scale = 1, next = at; next < end && next < at + 10; scale *= 128) {
      const byte = window[next++ - windowStart]
      value += (byte & 127) * scale
      if (byte < 128) return { value, next }
    }
    throw broken(at, 'an unfinished number')
  }

  /** Appends the message in [start, end) to `parts`, with large raw data replaced; returns the number of bytes appended. */
  async function compact(kind: Kind, start: number, end: number, depth: number, parts: Uint8Array[]): Promise<number> {
    checkDepth(depth, start)
    let appended = 0
    const append = (part: Uint8Array) => {
      parts.push(part)
      appended += part.length
    }
    // Fields that stay as they are form runs, which are copied in one piece.
    let run = start
    for (let at = start; at < end; ) {
      const headerEnd = Math.min(end, at + 20)
      if (!inWindow(at, headerEnd)) await load(at, headerEnd)
      const { field, wire, body, next } = fieldAt(kind, at, end)
      const child = wire === DELIMITED ? CHILDREN[kind][field] : undefined
      if (child && next - body <= INLINE_BYTES) {
        // Too small to hold anything large: checked here and now, and kept as it is.
        if (!inWindow(body, next)) await load(body, next)
        check(child, body, next, depth + 1)
      } else if (child) {
        append(await copy(run, at))
        const inner: Uint8Array[] = []
        const size = await compact(child, body, next, depth + 1, inner)
        append(Uint8Array.from([...encodeVarint(field * 8 + wire), ...encodeVarint(size)]))
        for (const part of inner) parts.push(part)
        appended += size
        run = next
      } else if (kind === 'tensor' && field === RAW_DATA && wire === DELIMITED && next - body > INLINE_BYTES) {
        append(await copy(run, at))
        append(rangeEntry(body, next - body))
        run = next
      }
      at = next
    }
    append(await copy(run, end))
    return appended
  }

  /** Walks a message that lies in the window, for its lengths alone. */
  function check(kind: Kind, start: number, end: number, depth: number): void {
    checkDepth(depth, start)
    for (let at = start; at < end; ) {
      const { field, wire, body, next } = fieldAt(kind, at, end)
      const child = wire === DELIMITED ? CHILDREN[kind][field] : undefined
      if (child) check(child, body, next, depth + 1)
      at = next
    }
  }

  function checkDepth(depth: number, at: number): void {
    if (depth > MAX_DEPTH) throw broken(at, `messages nested more than ${MAX_DEPTH} deep`)
  }

  /** The field whose header begins at `at`: its content lies in [body, next). */
  function fieldAt(kind: Kind, at: number, end: number) {
    // Unpacked numbers of a tensor are fields too, of which there may be many.
    if (kind !== 'tensor' && ++fields > MAX_FIELDS)
      throw new ResourceError(
        'resource.fields',
        `${source.name} has more than ${MAX_FIELDS} fields, more than any network that lobes can handle.`,
      )
    const tag = varint(at, end)
    const field = Math.floor(tag.value / 8)
    const wire = tag.value % 8
    if (field === 0 || (wire > DELIMITED && wire !== FIXED32))
      throw broken(at, `a field of unknown kind ${field}:${wire}`)
    if (wire === DELIMITED) {
      const length = varint(tag.next, end)
      const next = length.next + length.value
      if (next > end) throw broken(at, `a field of ${length.value} bytes where ${end - length.next} are left`)
      return { field, wire, body: length.next, next }
    }
    const next = wire === VARINT ? varint(tag.next, end).next : tag.next + (wire === FIXED64 ? 8 : 4)
    if (next > end) throw broken(at, 'a cut-off field')
    return { field, wire, body: tag.next, next }
  }

  async function copy(start: number, end: number): Promise<Uint8Array> {
    if (start === end) return new Uint8Array(0)
    if (end - start > WINDOW_BYTES) return source.slice(start, end)
    if (!inWindow(start, end)) await load(start, end)
    return window.subarray(start - windowStart, end - windowStart)
  }

  return { compact }
}

function rangeEntry(offset: number, length: number): Uint8Array {
  const encoder = new TextEncoder()
  const strings = [OWN_RANGE, `${offset}:${length}`].map(text => encoder.encode(text))
  const entry = strings.flatMap((bytes, index) => [(index + 1) * 8 + DELIMITED, bytes.length, ...bytes])
  return Uint8Array.from([EXTERNAL_DATA * 8 + DELIMITED, entry.length, ...entry])
}

function encodeVarint(value: number): number[] {
  const bytes = []
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return [...bytes, value]
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
