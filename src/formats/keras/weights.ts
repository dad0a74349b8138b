/** The weights of Keras layers: where they are looked up, and how they become those of ONNX operators. */
import type { WeightTensor } from '../../network/network.ts'
import { permute } from '../../tensor/permute.ts'
import type { DType, Tensor } from '../../tensor/tensor.ts'

/** One step of the way to a layer, through the models it is in. */
export interface PathStep {
  readonly name: string
  /** The name it has in Keras 3 archives: its class in snake case, counted within its model. */
  readonly key: string
}

/** Where the weights of layers are. */
export interface KerasWeights {
  /**
   * The weights of one layer, in the order of `roles` (`kernel`, `bias` …), which is Keras's own. Fewer or more where
   * the file has so.
   */
  of(path: readonly PathStep[], roles: readonly string[]): readonly WeightTensor[]
}

/** Weights by their names alone, `layer/role` with or without `:0` and further folders in front. */
export function weightsByName(tensors: readonly WeightTensor[]): KerasWeights {
  const byLayer = new Map<string, WeightTensor[]>()
  const named = tensors.map(tensor => {
    const parts = tensor.name.replace(/:\d+$/, '').split('/')
    const layer = parts.slice(0, -1).join('/')
    return { tensor, layer, role: parts[parts.length - 1] }
  })
  for (const { tensor, layer } of named) byLayer.set(layer, [...(byLayer.get(layer) ?? []), tensor])
  return {
    of(path, roles) {
      const whole = path.map(({ name }) => name).join('/')
      const own = path[path.length - 1].name
      // The longest name that fits: models within models may or may not be part of it.
      const candidates = named.filter(({ layer }) => layer === whole)
      const found = candidates.length
        ? candidates
        : named.filter(({ layer }) => layer === own || layer.endsWith(`/${own}`) || layer.startsWith(`${own}/`))
      const byRole = roles.flatMap(role => found.filter(weight => roleOf(weight.role) === role).slice(0, 1))
      return (byRole.length === roles.length ? byRole : found).map(({ tensor }) => tensor)
    },
  }
}

/** `kernel` of `kernel_1` or `dense_kernel`: some exporters count names or put the layer's in front. */
function roleOf(name: string): string {
  return name.replace(/_\d+$/, '')
}

/** Everything floats as float32 inside, whatever precision the file keeps. */
export function asFloat32(weight: WeightTensor, name: string): WeightTensor {
  return derived(weight, name, weight.shape, values => values)
}

/** A weight computed from another one when it is read. Values become float32. */
export function derived(
  weight: WeightTensor,
  name: string,
  shape: readonly number[],
  change: (values: Tensor) => Tensor,
): WeightTensor {
  const dtype: DType = 'float32'
  return {
    ...{ name, dtype, shape },
    read: async () => {
      const { data } = change(await weight.read())
      return {
        dtype,
        shape,
        data: data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>, Number),
      }
    },
  }
}

export function permuted(weight: WeightTensor, name: string, axes: readonly number[]): WeightTensor {
  return derived(
    weight,
    name,
    axes.map(axis => weight.shape[axis]),
    values => permute(values, axes),
  )
}

/** Rows (position, channel) → (channel, position), of a vector or matrix. */
export function channelRows(weight: WeightTensor, name: string, channels: number): WeightTensor {
  const [rows, ...rest] = weight.shape
  const blocks = [rows / channels, channels, ...rest]
  const axes = [1, 0, ...rest.map((_, axis) => axis + 2)]
  return derived(weight, name, weight.shape, values => permute({ ...values, shape: blocks }, axes))
}
