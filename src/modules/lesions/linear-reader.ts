/**
 * The shortcut for lesions: where a layer's units are read by one linear operator alone (dense or convolution, perhaps
 * behind pooling and flattening, which treat each unit alone), a lesion of few units changes what that operator makes by
 * the units' own share: with z the operator's output, R what it reads and R⁰ the same with every unit lesioned,
 *   z' = z − W_S (R − R⁰)_S = z⁰ + W_K (R − R⁰)_K,  S the lesioned units, K the others.
 * So each lesion costs |S| or |K| of the operator's inputs, whichever is fewer, instead of all.
 */
import { createConstants } from '../../graph/constants.ts'
import { type Network, numberAttribute, type Operator } from '../../network/network.ts'
import { valuesRead } from '../../network/topology.ts'
import { permute } from '../../tensor/permute.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { UnitSite } from '../unit-sites.ts'

export interface LinearReader {
  readonly operator: Operator
  /** The value the operator reads. */
  readonly reads: string
  /** The value it makes. */
  readonly makes: string
  /** Numbers along the read axis that belong to one unit: above 1 behind a flattened image. */
  readonly block: number
  /** [slots × units of the next layer] for a matrix, as stored for a convolution. */
  readonly weight: Tensor
}

const EACH_UNIT_ALONE = new Set(
  'MaxPool AveragePool GlobalAveragePool GlobalMaxPool Identity Dropout Flatten Reshape'.split(' '),
)

/** The linear operator that alone reads a site's units; undefined where there is none, or none of a known form. */
export async function linearReader(network: Network, site: UnitSite): Promise<LinearReader | undefined> {
  const constants = createConstants(network)
  const flowing = new Set(network.inputs.map(({ name }) => name))
  for (const operator of network.operators) {
    if (valuesRead(operator).some(name => flowing.has(name))) for (const output of operator.outputs) flowing.add(output)
    else constants.add(operator)
  }
  let value = site.post
  for (;;) {
    const readers = network.operators.filter(operator => valuesRead(operator).includes(value))
    if (readers.length !== 1 || network.outputs.some(({ name }) => name === value)) return undefined
    const [operator] = readers
    if (operator.inputs[0] !== value || operator.inputs.slice(1).some(name => flowing.has(name))) return undefined
    if (!EACH_UNIT_ALONE.has(operator.type)) return readerOf(operator, value)
    if (operator.type === 'Reshape' && !flattens(operator)) return undefined
    value = operator.outputs[0]
  }

  /** Whether a reshape makes one axis of all but the batch, so that each unit's numbers stay together. */
  function flattens({ inputs, outputs }: Operator): boolean {
    const [before, after] = [network.shapes.get(inputs[0]), network.shapes.get(outputs[0])]
    return after?.length === 2 && before?.slice(1).reduce((size, n) => (size ?? 0) * (n ?? 0), 1) === after[1]
  }

  async function readerOf(operator: Operator, reads: string): Promise<LinearReader | undefined> {
    const shape = network.shapes.get(reads)
    const weight = operator.inputs[1] === undefined ? undefined : await constants.read(operator.inputs[1])
    if (!shape || !weight) return undefined
    const found = { operator, reads, makes: operator.outputs[0] }
    if (operator.type === 'Conv') {
      const fits = numberAttribute(operator, 'group', 1) === 1 && shape[1] === site.size && site.axis === 1
      return fits ? { ...found, block: 1, weight } : undefined
    }
    const isMatrix = operator.type === 'MatMul' || operator.type === 'Gemm'
    if (!isMatrix || shape.length !== 2 || weight.shape.length !== 2 || site.axis !== 1) return undefined
    if (numberAttribute(operator, 'transA', 0) !== 0 || numberAttribute(operator, 'alpha', 1) !== 1) return undefined
    const block = (shape[1] as number) / site.size
    if (!Number.isInteger(block)) return undefined
    const slotsFirst = numberAttribute(operator, 'transB', 0) === 0
    return { ...found, block, weight: slotsFirst ? weight : permute(weight, [1, 0]) }
  }
}
