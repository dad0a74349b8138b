/**
 * The network that a TensorFlow graph becomes, while it is made. TensorFlow's images have their channels last, ONNX's
 * operators on images want them on axis 1. A value therefore has up to two forms, each made when it is first asked for:
 * operators on images read and write the one with channels first, elementwise operators stay in the form they are
 * given, and everything that depends on the order of the elements (a flatten) reads the plain one. Transposes stand
 * only where the two meet; those of weights are folded away afterwards.
 */
import type { DimShape } from '../../network/dims.ts'
import { type GraphDraft, graphDraft } from '../../network/graph-draft.ts'
import type { ValueInfo, WeightTensor } from '../../network/network.ts'
import type { ShapeVector } from '../../network/shape-values.ts'
import { tensor } from '../../tensor/tensor.ts'

/** Names of one value in the forms it has; at least one. */
export interface Value {
  /** As TensorFlow has it. */
  plain?: string
  /** Of rank 4, with the last axis moved to place 1. */
  channelsFirst?: string
}

export interface Draft extends Pick<GraphDraft, 'op' | 'ops' | 'integers' | 'finish'> {
  plain(value: Value): string
  channelsFirst(value: Value): string
  isWeight(value: Value): boolean
  /** Of the plain form, where known. Strings stand for open sizes. */
  shape(value: Value): DimShape | undefined
  /** The content of a small vector of integers, where known. */
  vector(value: Value): DimShape | undefined
  /** A constant of one float. */
  float(name: string, value: number): string
}

const FIRST = [0, 3, 1, 2]
const LAST = [0, 2, 3, 1]

/** @param vectors content of small integer constants */
export function createDraft(
  inputs: readonly ValueInfo[],
  constants: ReadonlyMap<string, WeightTensor>,
  vectors: ReadonlyMap<string, ShapeVector>,
): Draft {
  const graph = graphDraft(inputs)
  for (const [name, weight] of constants) graph.weight(weight, vectors.get(name))
  return {
    ...graph,
    plain(value) {
      value.plain ??= graph.op(`${value.channelsFirst}/channels_last`, 'Transpose', [value.channelsFirst!], {
        perm: LAST,
      })
      return value.plain
    },
    channelsFirst(value) {
      value.channelsFirst ??= graph.op(`${value.plain}/channels_first`, 'Transpose', [value.plain!], { perm: FIRST })
      return value.channelsFirst
    },
    isWeight: value => value.plain !== undefined && constants.has(value.plain),
    shape(value) {
      if (value.plain !== undefined) return graph.shape(value.plain)
      const shape = graph.shape(value.channelsFirst!)
      return shape && LAST.map(axis => shape[axis])
    },
    vector: value => (value.plain === undefined ? undefined : graph.vector(value.plain)),
    float: (name, value) => graph.constant(name, tensor(Float32Array.of(value), [])),
  }
}
