/**
 * Folds operators that only rearrange or unpack a constant (exporters write `Transpose(weight)`, `Identity(weight)`,
 * `DequantizeLinear(weight, …)`) into a constant of its own, so that a weight operator finds its weights where it reads
 * them. The values are still read when asked for.
 */
import { elementCount, type Tensor, type TensorData, tensor } from '../tensor/tensor.ts'
import { type DimShape, normalAxis } from './dims.ts'
import { numberAttribute, numbersAttribute, type Operator, type WeightTensor } from './network.ts'

const SAME_ORDER = ['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']

/** How many operators were folded into a constant. Exporters write a few; a file that is made to hurt, any number. */
const FOLDS = new WeakMap<WeightTensor, number>()
const MOST_FOLDS = 16

/** The constant an operator amounts to, named after its output, or undefined where it is none. `shape`: of its output. */
export function foldConstant(
  operator: Operator,
  weights: ReadonlyMap<string, WeightTensor>,
  shape: DimShape | undefined,
): WeightTensor | undefined {
  const folds = Math.max(0, ...operator.inputs.slice(0, 3).map(name => foldsOf(weights.get(name))))
  const folded = folds < MOST_FOLDS ? rearranged(operator, weights, shape) : undefined
  if (folded) FOLDS.set(folded, folds + 1)
  return folded
}

function foldsOf(weight: WeightTensor | undefined): number {
  return (weight && FOLDS.get(weight)) ?? 0
}

function rearranged(
  operator: Operator,
  weights: ReadonlyMap<string, WeightTensor>,
  shape: DimShape | undefined,
): WeightTensor | undefined {
  const weight = weights.get(operator.inputs[0] ?? '')
  if (operator.domain !== '' || !weight || !shape?.every(dim => typeof dim === 'number')) return undefined
  const name = operator.outputs[0]
  if (SAME_ORDER.includes(operator.type)) return reshapedWeight(weight, name, shape)
  // Half and bfloat16 are widened when they are read: casting them to float changes their name alone.
  const isWidened = weight.dtype === 'float16' || weight.dtype === 'bfloat16'
  if (operator.type === 'Cast' && operator.attributes.to === 1 && isWidened)
    return { name, dtype: 'float32', shape, read: async () => ({ ...(await weight.read()), dtype: 'float32' }) }
  if (operator.type === 'DequantizeLinear') return dequantized(operator, weight, weights)
  if (operator.type !== 'Transpose' || shape.length !== weight.shape.length) return undefined
  const order = numbersAttribute(operator, 'perm') ?? shape.map((_, axis) => shape.length - 1 - axis)
  return { name, dtype: weight.dtype, shape, read: async () => transpose(await weight.read(), order, shape) }
}

/** The same values in another shape; undefined where their number differs. */
function reshapedWeight(weight: WeightTensor, name: string, shape: readonly number[]): WeightTensor | undefined {
  if (elementCount(shape) !== elementCount(weight.shape)) return undefined
  return { name, dtype: weight.dtype, shape, read: async () => tensor((await weight.read()).data, shape, weight.dtype) }
}

/** Axis `i` of the result is axis `order[i]` of the source. */
function transpose({ data, dtype, shape }: Tensor, order: readonly number[], result: readonly number[]): Tensor {
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)))
  const steps = order.map(axis => strides[axis])
  const moved = data.slice() as TensorData
  const index = new Array(result.length).fill(0)
  let from = 0
  for (let to = 0; to < moved.length; to++) {
    moved[to] = data[from]
    for (let axis = result.length - 1; axis >= 0; axis--) {
      from += steps[axis]
      if (++index[axis] < result[axis]) break
      from -= steps[axis] * result[axis]
      index[axis] = 0
    }
  }
  return { dtype, shape: result, data: moved }
}

/** (q − zero point) · scale, with one scale and zero point, or one of each per index of an axis. */
function dequantized(
  operator: Operator,
  weight: WeightTensor,
  weights: ReadonlyMap<string, WeightTensor>,
): WeightTensor | undefined {
  const [, scale, zero] = operator.inputs.map(name => weights.get(name))
  const axis = normalAxis(numberAttribute(operator, 'axis', 1), weight.shape.length) ?? 0
  const parameters = zero ? [scale, zero] : [scale]
  const isShared = parameters.every(part => part && elementCount(part.shape) === 1)
  const isPerAxis = parameters.every(part => part?.shape.length === 1 && part.shape[0] === weight.shape[axis])
  if ((!isShared && !isPerAxis) || (operator.inputs[2] && !zero)) return undefined
  const stride = elementCount(weight.shape.slice(axis + 1))
  async function read(): Promise<Tensor> {
    const { data } = await weight.read()
    const scales = (await scale!.read()).data
    const zeros = (await zero?.read())?.data
    const values = Float32Array.from(data as ArrayLike<number | bigint>, (value, index) => {
      const at = isShared ? 0 : Math.floor(index / stride) % weight.shape[axis]
      return (Number(value) - Number(zeros?.[at] ?? 0)) * Number(scales[at])
    })
    return tensor(values, weight.shape)
  }
  return { name: operator.outputs[0], dtype: 'float32', shape: weight.shape, read }
}
