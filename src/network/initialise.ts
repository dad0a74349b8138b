/**
 * Initial weights. Glorot (2010): uniform on ±√(6 / (fan-in + fan-out)). Kaiming (2015): uniform on ±√(6 / fan-in).
 * Clusterable (Clusterability in Neural Networks, arXiv 2103.03386, §6): every unit gets one of M modules at random;
 * a drawn weight is multiplied by `up` when both its ends share a module and by `down` when not, with
 * up = 1 + (1 − down)(M − 1), so that the mean absolute weight stays what it was. Departure: none; fans of a kernel
 * count its area, as Keras does. Only + − × ÷ √, so equal seeds give equal weights on every machine.
 */
import { UsageError } from '../errors.ts'
import type { Random } from '../random.ts'
import { elementCount, type Tensor, tensor } from '../tensor/tensor.ts'

export type Distribution = 'glorot-uniform' | 'kaiming-uniform'

/** Draws modules into the weights; see the file's header. */
export interface Planting {
  /** Number of modules M ≥ 1. Default: 10. */
  readonly modules?: number
  /** Multiplier between modules, 0 … 1. Default: .6 for dense chains, .8 for convolutions. */
  readonly down?: number
  /** Leave the weights that read the network's inputs as they are. Default: false; always so for convolutions. */
  readonly skipFirst?: boolean
}

/** Weights of the shape [fan-out × fan-in (/ groups) × kernel…], drawn in row-major order. */
export function drawWeights(shape: readonly number[], distribution: Distribution, random: Random): Tensor {
  const [out, fanIn, ...kernel] = shape
  const area = elementCount(kernel)
  const fans = distribution === 'glorot-uniform' ? (fanIn + out) * area : fanIn * area
  const limit = Math.sqrt(6 / fans)
  const data = new Float32Array(elementCount(shape))
  for (let i = 0; i < data.length; i++) data[i] = (2 * random.uniform() - 1) * limit
  return tensor(data, shape)
}

/** The module of each of `size` units: Int32Array [size], uniform on 0 … modules − 1. */
export function drawModules(size: number, modules: number, random: Random): Int32Array {
  const drawn = new Int32Array(size)
  for (let i = 0; i < size; i++) drawn[i] = random.below(modules)
  return drawn
}

/**
 * The weights with modules planted: entry (o, i, …) × up or × down. A new tensor of the same shape.
 * @param outModules module of each output unit, [fan-out]
 * @param inModules module of each input unit, [fan-in]
 */
export function plantModules(
  weight: Tensor,
  outModules: Int32Array,
  inModules: Int32Array,
  modules: number,
  down: number,
): Tensor {
  if (!(modules >= 1) || !(down >= 0 && down <= 1))
    throw new UsageError(
      'usage.planting',
      `Planting needs at least one module and a factor "down" from 0 to 1, not ${modules} modules and down ${down}.`,
    )
  const up = 1 + (1 - down) * (modules - 1)
  const area = elementCount(weight.shape.slice(2))
  const fanIn = weight.shape[1]
  const data = Float32Array.from(weight.data as Float32Array)
  for (let o = 0, at = 0; o < weight.shape[0]; o++) {
    for (let i = 0; i < fanIn; i++) {
      const factor = outModules[o] === inModules[i] ? up : down
      for (let e = 0; e < area; e++) data[at++] *= factor
    }
  }
  return tensor(data, weight.shape)
}
