/**
 * The network that a TensorFlow graph becomes, while it is made. TensorFlow's images have their channels last, ONNX's
 * operators on images want them on axis 1. A value therefore has up to two forms, each made when it is first asked for:
 * operators on images read and write the one with channels first, elementwise operators stay in the form they are
 * given, and everything that depends on the order of the elements (a flatten) reads the plain one. Transposes stand
 * only where the two meet; those of weights are folded away afterwards.
 */

import { heldWeight } from '../../network/build.ts'
import type { DimShape } from '../../network/dims.ts'
import type { AttributeValue, Operator, ValueInfo, WeightTensor } from '../../network/network.ts'
import type { ShapeVector } from '../../network/shape-values.ts'
import { trackShapes } from '../../network/shapes.ts'
import { tensor } from '../../tensor/tensor.ts'

/** Names of one value in the forms it has; at least one. */
export interface Value {
  /** As TensorFlow has it. */
  plain?: string
  /** Of rank 4, with the last axis moved to place 1. */
  channelsFirst?: string
}

export interface Draft {
  readonly operators: readonly Operator[]
  readonly weights: ReadonlyMap<string, WeightTensor>
  plain(value: Value): string
  channelsFirst(value: Value): string
  isWeight(value: Value): boolean
  /** Of the plain form, where known. */
  shape(value: Value): DimShape | undefined
  /** The content of a small integer tensor; sizes that are open are symbols. */
  vector(value: Value): DimShape | undefined
  /** Adds an operator; its outputs are named after it. Empty inputs are left out where they come last. */
  add(
    name: string,
    type: string,
    inputs: readonly string[],
    attributes?: Operator['attributes'],
    outputs?: number,
    domain?: string,
  ): string[]
  /** Adds a constant of 64-bit integers: a vector, or a scalar. */
  integers(name: string, values: readonly number[] | number): string
  /** Adds a constant of one float. */
  float(name: string, value: number): string
  /** `name`, or the next free name like it. */
  free(name: string): string
}

const FIRST = [0, 3, 1, 2]
const LAST = [0, 2, 3, 1]

/**
 * @param vectors content of small integer weights
 */
export function createDraft(
  inputs: readonly ValueInfo[],
  constants: ReadonlyMap<string, WeightTensor>,
  vectors: ReadonlyMap<string, ShapeVector>,
): Draft {
  const operators: Operator[] = []
  const weights = new Map(constants)
  const shapes = trackShapes(inputs, new Map())
  const taken = new Set([...inputs.map(({ name }) => name), ...weights.keys()])
  for (const [name, weight] of weights) shapes.addWeight(weight, vectors.get(name))

  function free(name: string): string {
    let unique = name
    for (let count = 2; taken.has(unique); count++) unique = `${name}_${count}`
    taken.add(unique)
    return unique
  }

  function add(
    name: string,
    type: string,
    read: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    count = 1,
    domain = '',
  ): string[] {
    const own = free(name)
    const outputs = [own, ...Array.from({ length: count - 1 }, (_, index) => free(`${own}:${index + 1}`))]
    const used = read.slice(0, read.findLastIndex(input => input !== '') + 1)
    const operator = { name: own, type, domain, inputs: used, outputs, attributes }
    operators.push(operator)
    shapes.add(operator)
    return outputs
  }

  function hold(weight: WeightTensor, vector?: ShapeVector): string {
    weights.set(weight.name, weight)
    shapes.addWeight(weight, vector)
    return weight.name
  }

  function plain(value: Value): string {
    value.plain ??= add(`${value.channelsFirst}/channels_last`, 'Transpose', [value.channelsFirst!], { perm: LAST })[0]
    return value.plain
  }

  return {
    operators,
    weights,
    free,
    add,
    plain,
    channelsFirst(value) {
      value.channelsFirst ??= add(`${value.plain}/channels_first`, 'Transpose', [value.plain!], { perm: FIRST })[0]
      return value.channelsFirst
    },
    isWeight: value => value.plain !== undefined && weights.has(value.plain),
    shape(value) {
      if (value.plain !== undefined) return shapes.shape(value.plain)
      const shape = shapes.shape(value.channelsFirst!)
      return shape && LAST.map(axis => shape[axis])
    },
    vector: value => (value.plain === undefined ? undefined : shapes.vector(value.plain)?.dims),
    integers(name, values) {
      const dims = typeof values === 'number' ? [values] : values
      const data = BigInt64Array.from(dims, BigInt)
      const isScalar = typeof values === 'number'
      return hold(heldWeight(free(name), tensor(data, isScalar ? [] : [dims.length])), { isScalar, dims })
    },
    float: (name, value) => hold(heldWeight(free(name), tensor(Float32Array.of(value), []))),
  }
}
