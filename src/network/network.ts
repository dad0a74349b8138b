/**
 * A network: an operator graph in ONNX vocabulary (one current opset, see `CURRENT_OPSET`) with tensors that are read
 * only when asked for. Every format that knows the architecture opens to one; files with weights alone open to one
 * whose chain was inferred, with `activationsKnown: false`.
 */
import type { DType, Tensor } from '../tensor/tensor.ts'
import type { Transformer } from './transformer.ts'

/** The ONNX opset all networks are upgraded to on import, so that later code knows one vocabulary. */
export const CURRENT_OPSET = 21

/** A tensor in the file: described now, read when asked for. */
export interface WeightTensor {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Reads the values. Repeated calls may read again; callers keep what they need. */
  read(): Promise<Tensor>
}

/** A value that flows in or out. A dimension is a number, or null where the file leaves it open (batch). */
export interface ValueInfo {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly (number | null)[]
}

/** int and float attributes are numbers (integers beyond 2⁵³ are clamped to it: they mean "to the end"), lists are arrays. */
export type AttributeValue = number | string | readonly number[] | readonly string[] | Tensor | Network

/** One operator. Absent optional inputs are the empty string, as in ONNX. */
export interface Operator {
  /** Unique within the network; made up from type and position where the file gives none. */
  readonly name: string
  readonly type: string
  /** Empty for the standard ONNX operators. */
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, AttributeValue>>
}

export interface Network {
  readonly name: string
  /** Where it came from. */
  readonly source: {
    /** `onnx`, `safetensors`, `npz`, `built` … */
    readonly format: string
    /** Name and version of the exporter, where the file tells. */
    readonly producer?: string
    /** The opset in the file, before the upgrade. */
    readonly opset?: number
    /** Operators in the file by type, `Constant` and those of subgraphs included, before the upgrade. */
    readonly operators?: Readonly<Record<string, number>>
    /** Elements of all floating-point tensors in the file. */
    readonly parameters?: number
  }
  /** True inputs: graph inputs that are not also initialisers. */
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  /** In topological order. */
  readonly operators: readonly Operator[]
  /** Initialisers and constants, by the name operators use. */
  readonly weights: ReadonlyMap<string, WeightTensor>
  /** Static shapes of intermediate values, by name, where known; null dimensions are open (batch). */
  readonly shapes: ReadonlyMap<string, readonly (number | null)[]>
  /** False when the file held weights alone: the operators are right, what lies between them is an assumption. */
  readonly activationsKnown: boolean
  /** Of a transformer's file that held weights alone: what was understood. Then there are no operators. */
  readonly transformer?: Transformer
  /** Of a file that held weights alone: a `layers.json` to complete, as text. */
  readonly layersDraft?: string
  /** Things the user should know about how the file was understood, as sentences. */
  readonly notes: readonly string[]
}

/** Reads an attribute of an operator that must be a number, with its default. */
export function numberAttribute(operator: Operator, name: string, fallback: number): number {
  const value = operator.attributes[name]
  return typeof value === 'number' ? value : fallback
}

/** Reads an attribute of an operator that must be a list of numbers. */
export function numbersAttribute(operator: Operator, name: string): readonly number[] | undefined {
  const value = operator.attributes[name]
  return Array.isArray(value) && value.every(item => typeof item === 'number') ? value : undefined
}
