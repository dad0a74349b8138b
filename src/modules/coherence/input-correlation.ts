/**
 * Which inputs a set of units listens to, whatever lies between: the Spearman correlation of every unit with every number
 * of the input over the examples, averaged over the units (arXiv 2110.08058's code, `cluster_and_visualize`). Units may
 * stand for the presence or the absence of the same thing, so their signs are aligned first: in random order, a unit is
 * turned where its correlations point against the sum of the others', until none does, at most 20 rounds.
 * Departures: the code's alignment does nothing; it turns the average to a negative mean, here the sign is that of most units.
 */
import type { ActivationLayer } from '../../graph/correlation.ts'
import { standardisedRows } from '../../graph/standardised-rows.ts'
import { CURRENT_OPSET, type Network, type ValueInfo } from '../../network/network.ts'
import { type Random, shuffle } from '../../random.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { tensor } from '../../tensor/tensor.ts'

/** Of each unit with each number of the input: [units × inputs]. */
export interface InputCorrelations {
  readonly values: Float32Array
  readonly inputs: number
}

const ROUNDS = 20

/** @param inputs [examples × inputs], the examples that the activations are of */
export async function inputCorrelations(
  layers: readonly ActivationLayer[],
  inputs: Float32Array,
  runtime: Runtime,
  threads: number,
): Promise<InputCorrelations[]> {
  const examples = layers[0].values.length / layers[0].size
  const count = inputs.length / examples
  const columns = new Float32Array(inputs.length)
  for (let i = 0; i < examples; i++) for (let j = 0; j < count; j++) columns[j * examples + i] = inputs[i * count + j]
  const from = standardisedRows(columns, count, 'spearman')
  const session = await runtime.load(PRODUCT, { threads })
  const found: InputCorrelations[] = []
  try {
    for (const { values, size } of layers) {
      const { rows, stride } = standardisedRows(values, size, 'spearman')
      const { product } = await session.run({
        units: tensor(rows, [size, stride]),
        inputs: tensor(from.rows, [count, stride]),
      })
      found.push({ values: product.data as Float32Array, inputs: count })
    }
  } finally {
    await session.release()
  }
  return found
}

const matrix = (name: string): ValueInfo => ({ name, dtype: 'float32', shape: [null, null] })

/** Units times inputs, transposed. */
const PRODUCT: Network = {
  name: 'input correlations',
  source: { format: 'built', opset: CURRENT_OPSET },
  inputs: [matrix('units'), matrix('inputs')],
  outputs: [matrix('product')],
  operators: [
    {
      ...{ name: 'product', type: 'Gemm', domain: '', attributes: { transB: 1 } },
      ...{ inputs: ['units', 'inputs'], outputs: ['product'] },
    },
  ],
  weights: new Map(),
  shapes: new Map(),
  activationsKnown: true,
  notes: [],
}

/** Average of the aligned correlations of these units: [inputs]. */
export function alignedMean({ values, inputs }: InputCorrelations, units: Int32Array, random: Random): Float32Array {
  const rows = Array.from(units, unit => values.subarray(unit * inputs, (unit + 1) * inputs))
  const signs = new Float64Array(rows.length).fill(1)
  const sum = new Float64Array(inputs)
  const add = (row: Float32Array, factor: number) => {
    for (let j = 0; j < inputs; j++) sum[j] += factor * row[j]
  }
  for (const row of rows) add(row, 1)
  const order = Array.from(rows.keys())
  for (let round = 0, turned = true; turned && round < ROUNDS; round++) {
    turned = false
    for (const at of shuffle(order, random)) {
      const row = rows[at]
      let product = 0
      for (let j = 0; j < inputs; j++) product += row[j] * (signs[at] * sum[j] - row[j])
      if (product >= 0) continue
      add(row, -2 * signs[at])
      signs[at] = -signs[at]
      turned = true
    }
  }
  const side = signs.reduce((total, sign) => total + sign, 0) < 0 ? -1 : 1
  return Float32Array.from(sum, value => (side * value) / rows.length)
}
