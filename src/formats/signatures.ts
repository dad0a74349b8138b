/**
 * Telling formats apart by their first bytes, then by their names. Small and static, so that sniffing loads no format's
 * code. Formats that are recognised but not read carry the advice that goes into the error.
 */

/** What a sniffer looks at. */
export interface Sighting {
  /** File name, lower case. */
  readonly name: string
  readonly byteLength: number
  /** The first bytes, up to 512. */
  readonly head: Uint8Array
}

/** A format that is recognised so that the error can say what to do instead. */
export interface UnreadFormat {
  readonly label: string
  readonly advice: string
  sniff(file: Sighting): boolean
}

const latin1 = (head: Uint8Array) => Array.from(head, byte => String.fromCharCode(byte)).join('')
const startsWith = ({ head }: Sighting, magic: string, at = 0) => latin1(head.subarray(at, at + magic.length)) === magic
const isZip = (file: Sighting) => startsWith(file, 'PK\x03\x04') || startsWith(file, 'PK\x05\x06')
const text = ({ head }: Sighting) => latin1(head).replace(/^\u00ef\u00bb\u00bf/, '')
const isJson = (file: Sighting) => /^\s*\{/.test(text(file))

/** Name of the first entry of a zip file. */
function firstEntry({ head }: Sighting): string {
  return head.length < 30 ? '' : latin1(head.subarray(30, 30 + head[26] + 256 * head[27]))
}

export function isNpy(file: Sighting): boolean {
  return startsWith(file, '\x93NUMPY')
}

export function isNpz(file: Sighting): boolean {
  return isZip(file) && (file.name.endsWith('.npz') || firstEntry(file).endsWith('.npy'))
}

/** HDF5, or a zip with Keras's own names in it. */
export function isKeras(file: Sighting): boolean {
  if (startsWith(file, '\x89HDF\r\n\x1a\n')) return true
  return isZip(file) && (file.name.endsWith('.keras') || /^(metadata|config)\.json$/.test(firstEntry(file)))
}

/** What torch.save writes: a zip whose members lie in one folder, or a pickle of protocol 2 or later. */
export function isPyTorch(file: Sighting): boolean {
  const { head, name } = file
  if (!isZip(file)) return head[0] === 0x80 && head[1] >= 2 && head[1] <= 5
  return /\.(pt|pth|th|bin|ckpt|pt2)$/.test(name) || TORCH_MEMBER.test(firstEntry(file))
}

const TORCH_MEMBER =
  /^[^/]+\/(data\.pkl|constants\.pkl|version|\.format_version|archive_format|byteorder|code\/.*|\.?data\/.*)$/

/** A header length that fits the file and an opening brace; or the index of a sharded file; or the name alone. */
export function isSafetensors(file: Sighting): boolean {
  const { head, name, byteLength } = file
  if (name.endsWith('.safetensors')) return true
  if (head.length >= 9 && head[8] === 0x7b) {
    const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true)
    if (Number(length) <= byteLength - 8) return true
  }
  return isJson(file) && (name.endsWith('.safetensors.index.json') || text(file).includes('"weight_map"'))
}

/** By the keys of a `model.json`; converters put one of them first. */
export function isTfjs(file: Sighting): boolean {
  const keys = /"(modelTopology|weightsManifest|layers-model|graph-model)"/
  return isJson(file) && (keys.test(text(file)) || /(^|[_-])model\.json$/.test(file.name))
}

/** Wire type of each field of ONNX's ModelProto: 0 varint, 2 length-delimited. */
const MODEL_FIELDS: Readonly<Record<number, number>> = {
  1: 0,
  2: 2,
  3: 2,
  4: 2,
  5: 0,
  6: 2,
  7: 2,
  8: 2,
  14: 2,
  20: 2,
  25: 2,
}

/** Protobuf has no magic number: the first fields must be those of a ModelProto, IR version first in practice. */
export function isOnnx(file: Sighting): boolean {
  const { head, name, byteLength } = file
  if (name.endsWith('.onnx')) return true
  if (isSavedModel(file)) return false
  let at = 0
  for (let seen = 0; seen < 2; seen++) {
    const tag = head[at++]
    if (tag === undefined || MODEL_FIELDS[tag >> 3] !== (tag & 7) || (seen === 0 && tag !== 8)) return false
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = head[at++]
      if (byte === undefined || scale > 2 ** 56) return false
      value += (byte & 127) * scale
      if (byte < 128) break
    }
    if ((tag & 7) === 2) at += value
    if (at > byteLength) return false
    if (at >= head.length) return true
  }
  return true
}

/** Schema version 1, then a message that begins with a message; ONNX has a text in its place. */
function isSavedModel({ name, head }: Sighting): boolean {
  if (name === 'saved_model.pb') return true
  return head[0] === 0x08 && head[1] === 1 && head[2] === 0x12 && head[afterVarint(head, 3)] === 0x0a
}

/** Nodes first, and of each the name and the operation. */
function isGraphDef({ head }: Sighting): boolean {
  const node = afterVarint(head, 1)
  const name = head[node + 1]
  return head[0] === 0x0a && head[node] === 0x0a && name < 128 && head[node + 2 + name] === 0x12
}

function afterVarint(head: Uint8Array, at: number): number {
  let end = at
  while (head[end] >= 128) end++
  return end + 1
}

const TO_ONNX = 'export the model to ONNX'

/** Kinds of text that hold graphs; see graph/files/. */
const GRAPH_ADVICE = 'is a graph and no network; cluster, test, analyze, inspect and compare take it'

/** In the order in which they are tried, after the formats that are read. */
export const UNREAD: readonly UnreadFormat[] = [
  {
    label: 'GGUF',
    advice: 'is not read; use the safetensors file it was converted from, or convert it back',
    sniff: file => startsWith(file, 'GGUF'),
  },
  {
    label: 'TensorFlow Lite',
    advice: `is not read; ${TO_ONNX} with python -m tf2onnx.convert --tflite FILE --output model.onnx`,
    sniff: file => startsWith(file, 'TFL3', 4),
  },
  {
    label: "ONNX Runtime's own format",
    advice: 'is not read; use the .onnx file it was made from',
    sniff: file => startsWith(file, 'ORTM', 4),
  },
  {
    label: 'a TensorFlow SavedModel',
    advice: `is not read; ${TO_ONNX} with python -m tf2onnx.convert --saved-model FOLDER --output model.onnx, or convert it to TensorFlow.js with tensorflowjs_converter`,
    sniff: isSavedModel,
  },
  {
    label: 'a frozen TensorFlow graph',
    advice: `is not read; ${TO_ONNX} with python -m tf2onnx.convert --graphdef FILE --inputs NAME:0 --outputs NAME:0 --output model.onnx`,
    sniff: file => isGraphDef(file) || file.name.endsWith('.pb'),
  },
  {
    label: 'GraphML',
    advice: GRAPH_ADVICE,
    sniff: file => file.name.endsWith('.graphml') || /<graphml[\s>]/.test(text(file)),
  },
  { label: 'a table', advice: GRAPH_ADVICE, sniff: file => file.name.endsWith('.csv') },
  { label: 'gzip', advice: 'is not unpacked; unpack it first', sniff: file => startsWith(file, '\x1f\x8b') },
  { label: 'a zip archive', advice: 'holds no .npy files; unpack it and open what is inside', sniff: isZip },
]
