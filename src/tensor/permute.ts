/** Reorders the axes of a tensor, as `numpy.transpose` does. The result is row-major again. */
import { UsageError } from '../errors.ts'
import type { Tensor, TensorData } from './tensor.ts'

/**
 * @param input any tensor of rank r.
 * @param axes a permutation of 0 … r − 1: axis i of the result is axis `axes[i]` of the input.
 * @throws UsageError when `axes` is no such permutation.
 */
export function permute(input: Tensor, axes: readonly number[]): Tensor {
  const rank = input.shape.length
  if (axes.length !== rank || new Set(axes).size !== rank || axes.some(axis => !(axis >= 0 && axis < rank)))
    throw new UsageError('usage.axes', `[${axes}] is not a permutation of the ${rank} axes of shape [${input.shape}].`)
  const strides = new Array<number>(rank)
  for (let axis = rank - 1, stride = 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= input.shape[axis]
  }
  const shape = axes.map(axis => input.shape[axis])
  const steps = axes.map(axis => strides[axis])
  return { dtype: input.dtype, shape, data: gather(input.data, shape, steps) }
}

/** Row-major walk over `shape`, reading at `steps`: the innermost axis is a plain loop. */
function gather<T extends TensorData>(data: T, shape: readonly number[], steps: readonly number[]): T {
  const result = data.slice() as T
  const inner = shape.length ? shape[shape.length - 1] : 1
  const innerStep = shape.length ? steps[steps.length - 1] : 1
  const index = new Array<number>(shape.length).fill(0)
  let from = 0
  for (let to = 0; to < result.length; ) {
    for (let i = 0, at = from; i < inner; i++, at += innerStep) result[to++] = data[at]
    for (let axis = shape.length - 2; axis >= 0; axis--) {
      from += steps[axis]
      if (++index[axis] < shape[axis]) break
      from -= steps[axis] * shape[axis]
      index[axis] = 0
    }
  }
  return result
}
