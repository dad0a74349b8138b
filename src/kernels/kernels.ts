/**
 * Loads the WebAssembly kernels and hands out their memory. The module is compiled once per thread; everything a call
 * needs is laid out in an arena that is emptied before the next call, so memory grows to the largest problem and stays.
 */
import { ResourceError } from '../errors.ts'
import { wasm } from './wasm.ts'

/** The functions of assembly/index.ts. All arguments are addresses or counts; see the sources for layouts. */
interface KernelFunctions {
  maxima(block: number, rows: number, columns: number, rowMax: number, columnMax: number): void
  sums(
    block: number,
    rows: number,
    columns: number,
    rowScale: number,
    columnScale: number,
    rowSum: number,
    columnSum: number,
  ): void
  sparseMaxima(rowStart: number, columns: number, values: number, rows: number, rowMax: number, columnMax: number): void
  sparseSums(
    rowStart: number,
    columns: number,
    values: number,
    rows: number,
    rowScale: number,
    columnScale: number,
    rowSum: number,
    columnSum: number,
  ): void
  packDense(
    block: number,
    width: number,
    rowOrder: number,
    rows: number,
    columnOrder: number,
    columns: number,
    packed: number,
    stride: number,
  ): void
  packDenseTransposed(
    block: number,
    width: number,
    rowOrder: number,
    rows: number,
    columnOrder: number,
    columns: number,
    packed: number,
    stride: number,
  ): void
  transposeSparse(
    rowStart: number,
    columnIndex: number,
    values: number,
    rows: number,
    columns: number,
    columnStart: number,
    rowIndex: number,
    transposed: number,
    cursor: number,
  ): void
  packSparse(
    start: number,
    index: number,
    values: number,
    order: number,
    lists: number,
    position: number,
    rows: number,
    packedStart: number,
    packedIndex: number,
    packedValues: number,
    cursor: number,
  ): void
  applyRows(segments: number, count: number, rows: number, inverse: number, x: number, y: number, t: number): void
  applySymmetric(segments: number, count: number, rows: number, offset: number, x: number, y: number, t: number): void
  scale(from: number, factor: number, to: number, n: number): void
  orthogonalise(q: number, count: number, n: number, w: number, coefficients: number): void
  normalise(w: number, n: number): number
  combine(q: number, count: number, n: number, weights: number, out: number): void
  dot(a: number, b: number, n: number): number
  seedCentres(
    points: number,
    n: number,
    stride: number,
    dims: number,
    k: number,
    trials: number,
    uniforms: number,
    squares: number,
    centres: number,
    labels: number,
    nearest: number,
    trial: number,
    drawn: number,
    potential: number,
    cumulative: number,
  ): void
  lloyd(
    points: number,
    rows: number,
    n: number,
    stride: number,
    dims: number,
    k: number,
    centres: number,
    labels: number,
    half: number,
    totals: number,
    counts: number,
    limit: number,
    tolerance: number,
  ): number
  inertia(dims: number, k: number, totals: number, counts: number, squares: number): number
  withinDense(
    block: number,
    rows: number,
    columns: number,
    rowLabels: number,
    columnLabels: number,
    within: number,
  ): void
  withinSparse(
    rowStart: number,
    columnIndex: number,
    values: number,
    rows: number,
    rowLabels: number,
    columnLabels: number,
    within: number,
  ): void
  magnitudes(weights: number, rows: number, columns: number, edges: number, rowSum: number, columnSum: number): void
  gather(edges: number, rows: number, columns: number, x: number, t: number): void
  collect(edges: number, rows: number, columns: number, t: number, y: number): void
  scaleUnits(x: number, factor: number, y: number, n: number): void
  gram(a: number, b: number, n: number, out: number): void
  mix(x: number, c: number, y: number, n: number): void
  deflate(u: number, x: number, n: number): void
  combineThree(y: number, a: number, x: number, b: number, z: number, c: number, n: number): void
  residuals(y: number, x: number, theta: number, n: number, out: number): void
  edgeGradient(
    weights: number,
    rows: number,
    columns: number,
    rowP: number,
    columnP: number,
    rowX: number,
    columnX: number,
    count: number,
    stride: number,
    factor: number,
    out: number,
  ): void
  squaredProducts(
    x: number,
    rows: number,
    y: number,
    columns: number,
    stride: number,
    lower: number,
    offset: number,
    sums: number,
    out: number,
    width: number,
  ): void
  heapBase(): number
  trainPerceptron(descriptor: number): void
  validate(descriptor: number): number
  probeUnits(descriptor: number, target: number, sums: number): void
}

/** Bump allocation in linear memory. Views die when memory grows: take them after the last allocation they follow. */
interface Arena {
  /** Address of `bytes` zeroed bytes, 16-byte aligned, with 64 bytes of slack behind for padded reads. */
  zeroed(bytes: number): number
  /** The same, content left undefined. */
  raw(bytes: number): number
  f64(address: number, length: number): Float64Array
  f32(address: number, length: number): Float32Array
  i32(address: number, length: number): Int32Array
  /** Copies a typed array in and returns its address. */
  place(values: Float32Array | Float64Array | Int32Array): number
  /** Current end; `release` frees everything allocated since. */
  mark(): number
  release(mark: number): void
}

export interface Kernels extends KernelFunctions {
  readonly arena: Arena
}

const PAGE = 65536
/** Linear memory addresses are 32-bit. */
const LIMIT = 65535 * PAGE

let compiled: Promise<WebAssembly.Module> | undefined

/** Compiles (once) and instantiates the kernels with a memory of their own. */
export async function loadKernels(): Promise<Kernels> {
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(wasm), character => character.charCodeAt(0)))
  const memory = new WebAssembly.Memory({ initial: 16 })
  const trap = () => {
    throw new Error('a kernel aborted')
  }
  const instance = await WebAssembly.instantiate(await compiled, { env: { memory, abort: trap } })
  // The bytes were compiled from the sources that the interface describes; a test compiles them again.
  const functions = instance.exports as unknown as KernelFunctions
  return { ...functions, arena: createArena(memory, functions.heapBase()) }
}

/** `start` — the first address that is free. */
function createArena(memory: WebAssembly.Memory, start: number): Arena {
  let end = start
  const raw = (bytes: number) => {
    const address = end
    end = (end + bytes + 64 + 15) & ~15
    if (address + bytes + 80 > LIMIT || end < 0)
      throw new ResourceError(
        'resource.kernel-memory',
        `This graph needs more than the 4 GB that WebAssembly can address (${Math.round((address + bytes) / 2 ** 20)} MB). Choose fewer layers with units, or prune first.`,
      )
    if (end > memory.buffer.byteLength) grow(memory, end)
    return address
  }
  return {
    raw,
    zeroed(bytes) {
      const address = raw(bytes)
      new Uint8Array(memory.buffer, address, bytes + 64).fill(0)
      return address
    },
    f64: (address, length) => new Float64Array(memory.buffer, address, length),
    f32: (address, length) => new Float32Array(memory.buffer, address, length),
    i32: (address, length) => new Int32Array(memory.buffer, address, length),
    place(values) {
      const address = raw(values.byteLength)
      const View = values.constructor as new (buffer: ArrayBuffer, address: number, length: number) => typeof values
      new View(memory.buffer, address, values.length).set(values)
      return address
    },
    mark: () => end,
    release(mark) {
      end = mark
    },
  }
}

function grow(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE)
  const spare = Math.min(
    Math.ceil(memory.buffer.byteLength / PAGE / 2),
    65535 - memory.buffer.byteLength / PAGE - missing,
  )
  try {
    memory.grow(missing + Math.max(0, spare))
  } catch (cause) {
    throw new ResourceError(
      'resource.memory',
      `The machine has no memory for ${Math.round(bytes / 2 ** 20)} MB of graph.`,
      { cause },
    )
  }
}
