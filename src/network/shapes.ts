/**
 * Static shapes of the values that flow through a network. Each operator has a rule that derives the shapes of its
 * outputs; small integer vectors (the `Shape → Gather → Concat → Reshape` chains that exporters write) are followed by
 * value. An operator without a rule leaves its outputs without a shape, which is no failure.
 */
import type { Dim, DimShape } from './dims.ts'
import type { Network, Operator, ValueInfo, WeightTensor } from './network.ts'
import { SHAPE_RULES } from './shape-rules.ts'
import { type ShapeVector, VALUE_RULES } from './shape-values.ts'

/** What shape rules can ask. */
export interface ShapeScope {
  shape(name: string): DimShape | undefined
  /** The content of a small tensor of sizes, where it is known. */
  vector(name: string): ShapeVector | undefined
  /** A new symbol, equal to no other. */
  fresh(): string
}

export interface ShapeTracker extends ShapeScope {
  /** Derives the shapes of an operator's outputs; its inputs must have been added before. */
  add(operator: Operator): void
  addWeight(weight: WeightTensor, vector?: ShapeVector): void
  /** All shapes of values (not of weights) known so far; open dimensions are null. */
  known(): Map<string, readonly (number | null)[]>
}

type OpenShape = readonly (number | null)[]

const MAX_RANK = 64

/** Shapes of a network's inputs and intermediate values, keyed by value name. */
export async function inferShapes(network: Network): Promise<Map<string, OpenShape>> {
  const tracker = trackShapes(network.inputs, network.shapes)
  const vectors = await readShapeVectors(network.weights, network.operators)
  for (const [name, weight] of network.weights) tracker.addWeight({ ...weight, name }, vectors.get(name))
  for (const operator of network.operators) tracker.add(operator)
  return tracker.known()
}

/**
 * @param inputs what flows in; null dimensions become symbols
 * @param hints shapes the file states itself: they fill what the rules leave open
 * @param outer the scope of the enclosing graph
 */
export function trackShapes(
  inputs: readonly ValueInfo[],
  hints: ReadonlyMap<string, OpenShape>,
  outer?: ShapeScope,
): ShapeTracker {
  const shapes = new Map<string, DimShape>()
  const weights = new Map<string, DimShape>()
  const vectors = new Map<string, ShapeVector>()
  let symbols = 0
  const fresh = () => outer?.fresh() ?? `s${symbols++}`
  const opened = (shape: OpenShape): DimShape => shape.map(size => size ?? fresh())

  const scope: ShapeScope = {
    shape: name => shapes.get(name) ?? weights.get(name) ?? outer?.shape(name),
    vector: name => vectors.get(name) ?? outer?.vector(name),
    fresh,
  }
  for (const { name, shape } of inputs) shapes.set(name, opened(shape))

  return {
    ...scope,
    addWeight({ name, shape }, vector) {
      weights.set(name, shape)
      if (vector) vectors.set(name, vector)
    },
    add(operator) {
      const inferred = operator.domain === '' ? (SHAPE_RULES.get(operator.type)?.(operator, scope) ?? []) : []
      operator.outputs.forEach((name, index) => {
        const hint = hints.get(name)
        const shape = isSane(inferred[index]) ? refined(inferred[index], hint) : hint && opened(hint)
        if (name !== '' && shape) shapes.set(name, shape)
      })
      const vector = operator.domain === '' ? VALUE_RULES.get(operator.type)?.(operator, scope) : undefined
      if (vector && vector.dims.length <= MAX_RANK) vectors.set(operator.outputs[0], vector)
    },
    known() {
      const values = Array.from(shapes).filter(([name]) => !weights.has(name))
      return new Map(values.map(([name, shape]) => [name, shape.map(dim => (typeof dim === 'number' ? dim : null))]))
    },
  }
}

/** Rules do plain arithmetic; what a malformed operator makes of it is dropped here. */
function isSane(shape: DimShape | undefined): shape is DimShape {
  const isSize = (dim: Dim) => typeof dim === 'string' || (Number.isSafeInteger(dim) && dim >= 0)
  return shape !== undefined && shape.length <= MAX_RANK && shape.every(isSize)
}

/** Open dimensions take the file's number, where the file states a shape of the same rank. */
function refined(shape: DimShape, hint: OpenShape | undefined): DimShape {
  if (hint?.length !== shape.length) return shape
  return shape.map((dim, axis) => (typeof dim === 'string' ? (hint[axis] ?? dim) : dim))
}

/** Reads the small tensors that can matter to shapes: integers, and the scales of `Resize`. */
export async function readShapeVectors(
  weights: ReadonlyMap<string, WeightTensor>,
  operators: readonly Operator[],
): Promise<Map<string, ShapeVector>> {
  const scales = operators
    .filter(({ type }) => type === 'Resize' || type === 'Upsample')
    .flatMap(({ inputs }) => inputs)
  const wanted = new Set(scales)
  const vectors = new Map<string, ShapeVector>()
  for (const [name, weight] of weights) {
    const isInteger = weight.dtype === 'int64' || weight.dtype === 'int32'
    const isSmall = weight.shape.length === 0 || (weight.shape.length === 1 && weight.shape[0] <= MAX_RANK)
    if (!isSmall || (!isInteger && !wanted.has(name))) continue
    const { data, shape } = await weight.read()
    vectors.set(name, { isScalar: shape.length === 0, dims: Array.from(data as ArrayLike<number | bigint>, Number) })
  }
  return vectors
}
