/**
 * The classes and functions that a PyTorch checkpoint may name: those that rebuild tensors, and plain containers. The
 * list follows torch/_weights_only_unpickler.py. Each has its own code here; nothing else can be called, whatever the
 * file says, and the error names what it wanted.
 */
import { FormatError, UnsupportedError } from '../../errors.ts'
import { bytesPerElement } from '../../tensor/dtype.ts'
import type { DType } from '../../tensor/tensor.ts'
import { type PickleGlobal, type PickleHost, type PickleValue, quoted } from './pickle.ts'
import { isHost, type Storage, type TensorView, viewTensor } from './tensors.ts'

/** Storage classes of `torch`, by the type of their elements. */
const STORAGES: Readonly<Record<string, DType>> = {
  FloatStorage: 'float32',
  DoubleStorage: 'float64',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
  UntypedStorage: 'uint8',
}

/** Element types of `torch`. */
const DTYPES: Readonly<Record<string, DType>> = {
  float32: 'float32',
  float64: 'float64',
  float16: 'float16',
  bfloat16: 'bfloat16',
  float8_e4m3fn: 'float8e4m3',
  float8_e5m2: 'float8e5m2',
  float8_e4m3fnuz: 'float8e4m3fnuz',
  float8_e5m2fnuz: 'float8e5m2fnuz',
  float8_e8m0fnu: 'float8e8m0',
  int64: 'int64',
  int32: 'int32',
  int16: 'int16',
  int8: 'int8',
  uint64: 'uint64',
  uint32: 'uint32',
  uint16: 'uint16',
  uint8: 'uint8',
  bool: 'bool',
}

/** A call of one of the functions below. */
type Call = (args: readonly PickleValue[], file: string) => PickleValue

/** The first argument alone: what wraps a tensor does not change its values. */
const unwrap: Call = (args, file) => {
  if (isHost<TensorView>(args[0], 'tensor')) return args[0]
  throw new FormatError('format.tensor', `${file} has a parameter without a tensor in it.`)
}

/** `OrderedDict()`, or with a list of pairs, as Python 2 wrote it; `Counter({…})`. */
const dictionary: Call = ([content]) => {
  if (content instanceof Map) return content
  const pairs = Array.isArray(content) ? content : []
  return new Map(pairs.filter(pair => Array.isArray(pair) && pair.length === 2) as [PickleValue, PickleValue][])
}

const CALLS: Readonly<Record<string, Call>> = {
  'collections.OrderedDict': dictionary,
  'collections.Counter': dictionary,
  'collections.defaultdict': () => new Map(),
  'builtins.set': ([items]) => new Set(Array.isArray(items) ? items : []),
  '__builtin__.set': ([items]) => new Set(Array.isArray(items) ? items : []),
  // Holds what the script was called with; its contents are dropped.
  'argparse.Namespace': () => new Map(),
  'torch.Size': ([sizes]) => (Array.isArray(sizes) ? sizes : []),
  'torch.device': () => null,
  'torch._utils._rebuild_tensor': ([storage, offset, sizes, strides], file) =>
    viewTensor(storage, offset, sizes, strides, undefined, file),
  'torch._utils._rebuild_tensor_v2': ([storage, offset, sizes, strides], file) =>
    viewTensor(storage, offset, sizes, strides, undefined, file),
  'torch._utils._rebuild_tensor_v3': ([storage, offset, sizes, strides, , , dtype], file) =>
    viewTensor(storage, offset, sizes, strides, dtypeOf(dtype, file), file),
  'torch._utils._rebuild_parameter': unwrap,
  'torch._utils._rebuild_parameter_with_state': unwrap,
  'torch._tensor._rebuild_from_type_v2': ([rebuild, , args], file) => {
    if (isGlobal(rebuild) && rebuild.call && Array.isArray(args)) return rebuild.call(args)
    throw new FormatError('format.tensor', `${file} has a tensor that nothing rebuilds.`)
  },
  'torch.nn.parameter.Parameter': unwrap,
}
/** Named as values only. */
const VALUES = new Set(['torch.Tensor', 'torch._tensor.Tensor'])

export interface TorchHost extends PickleHost {
  /** Storages that the pickle names, by key. */
  readonly storages: ReadonlyMap<string, Storage>
}

/** What stands for PyTorch when the pickle in `bytes` is read. */
export function torchHost(file: string, bytes: Uint8Array): TorchHost {
  const storages = new Map<string, Storage>()
  return {
    name: file,
    storages,
    find(module, name) {
      const global = `${module}.${name}`
      const bare = /^torch(\.storage|\.cuda)?$/.test(module) ? name : ''
      if (Object.hasOwn(STORAGES, bare) || VALUES.has(global)) return { global }
      if (module === 'torch' && Object.hasOwn(DTYPES, name)) return { global }
      if (Object.hasOwn(CALLS, global)) return { global, call: args => CALLS[global](args, file) }
      throw refusal(file, global, bytes)
    },
    persistent(id) {
      const storage = storageOf(id, file)
      const known = storages.get(storage.key)
      if (known && (known.dtype !== storage.dtype || known.bytes !== storage.bytes))
        throw new FormatError('format.storage', `${file} gives storage ${quoted(storage.key)} two types or sizes.`)
      storages.set(storage.key, storage)
      return viewOf(id as PickleValue[], storage, file)
    },
  }
}

/** ('storage', class, key, device, number of elements). */
function storageOf(id: PickleValue, file: string): Storage {
  const [kind, type, key, , count] = Array.isArray(id) ? id : []
  if (kind === 'module') throw wholeModule(file, '')
  const name = isGlobal(type) ? type.global.replace(/^.*\./, '') : ''
  if (kind !== 'storage' || !Object.hasOwn(STORAGES, name) || typeof key !== 'string' || !isCount(count))
    throw new FormatError('format.storage', `${file} refers to a storage that it does not describe.`)
  const dtype = STORAGES[name]
  const bytes = count * bytesPerElement(dtype)
  return { host: 'storage', key, dtype, bytes, start: 0, end: bytes }
}

/** The legacy format may view a part of a storage: (key of the view, offset, size) follows in the id. */
function viewOf([, , , , , view]: readonly PickleValue[], storage: Storage, file: string): Storage {
  if (view === undefined || view === null) return storage
  const [, offset, count] = Array.isArray(view) ? view : []
  const size = bytesPerElement(storage.dtype)
  if (!isCount(offset) || !isCount(count) || (offset + count) * size > storage.end)
    throw new FormatError('format.storage', `${file} views storage ${quoted(storage.key)} beyond its end.`)
  return { ...storage, start: offset * size, end: (offset + count) * size }
}

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isGlobal(value: PickleValue | undefined): value is PickleGlobal {
  return value !== null && typeof value === 'object' && 'global' in value
}

function dtypeOf(value: PickleValue, file: string): DType {
  const name = isGlobal(value) ? value.global.replace(/^torch\./, '') : ''
  if (Object.hasOwn(DTYPES, name)) return DTYPES[name]
  throw new FormatError('format.tensor', `${file} has a tensor without an element type.`)
}

/** Classes of this module are named by pickled models, and by no state_dict. */
const MODULES = 'torch.nn.modules'

function refusal(file: string, global: string, bytes: Uint8Array): UnsupportedError {
  if (new TextDecoder('latin1').decode(bytes).includes(MODULES)) return wholeModule(file, global)
  const wanted = quoted(global)
  if (/^torch\.(Complex\w+Storage|Q\w+Storage|_utils\._rebuild_(q|sparse)\w*)$/.test(global))
    return new UnsupportedError(
      'unsupported.dtype',
      `${file} needs ${wanted}: complex, quantised and sparse tensors are not read; convert them with .dequantize(), .to_dense() or .float().`,
    )
  return new UnsupportedError(
    'unsupported.global',
    `${file} wants to call ${wanted}, which is not among the functions that rebuild tensors; nothing was executed. ` +
      'If you trust the file, load it in Python and save the weights alone: torch.save(checkpoint["state_dict"], "weights.pt").',
  )
}

/** Whole modules are pickled as Python objects: their classes are not in the file. */
function wholeModule(file: string, global: string): UnsupportedError {
  return new UnsupportedError(
    'unsupported.pickled-module',
    `${file} holds a whole Python object${global && ` (${quoted(global)})`}, as torch.save(model) writes it: its code is not in the file, and nothing was executed. ` +
      'If you trust the file, export it where its code is:\n' +
      `model = torch.load(${quoted(file)}, weights_only=False).eval()\n` +
      'torch.onnx.export(model, example_input, "model.onnx")  # or torch.save(model.state_dict(), "weights.pt")',
  )
}
