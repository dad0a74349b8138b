/**
 * Activations of the units of a graph over examples, one number for each unit and example: what activation graphs are
 * made of. Channels are summarised over their maps. Examples run in batches and only the layers asked for are kept.
 */

import { UsageError } from '../errors.ts'
import type { ActivationLayer } from '../graph/correlation.ts'
import type { UnitGraph } from '../graph/unit-graph.ts'
import { cutNetwork } from '../network/cut.ts'
import type { Network } from '../network/network.ts'
import { throwIfAborted, type WatchOptions } from '../progress.ts'
import { chooseRuntime } from '../runtime/choose.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { elementCount, type Tensor, tensor } from '../tensor/tensor.ts'
import { withOpenBatch } from '../training/open-batch.ts'
import { type MapSummary, summarise } from './map-summaries.ts'
import { type UnitSite, unitSites } from './unit-sites.ts'

export interface ActivationOptions extends WatchOptions {
  /** Before or after the activation function. Default: 'after'. */
  readonly at?: 'before' | 'after'
  /** Default: 'l1'. */
  readonly summary?: MapSummary
  readonly runtime?: Runtime
  /** Examples at a time. Default: 64. */
  readonly batch?: number
}

/**
 * @param inputs — [examples × values], as the network sees them.
 * @throws UsageError where the examples do not fit the network's input.
 */
export async function collectActivations(
  network: Network,
  graph: Pick<UnitGraph, 'layers'>,
  inputs: Float32Array,
  options: ActivationOptions = {},
): Promise<ActivationLayer[]> {
  const { at = 'after', summary = 'l1', batch = 64, signal, onProgress } = options
  const open = await withOpenBatch(network)
  const sites = unitSites(open, graph)
  const [input] = open.inputs
  const shape = input.shape.slice(1)
  if (open.inputs.length !== 1 || shape.includes(null))
    throw new UsageError('usage.network', `Activations need one input of known shape, not [${input.shape}].`)
  const size = elementCount(shape as number[])
  const examples = inputs.length / size
  if (!Number.isInteger(examples) || examples === 0)
    throw new UsageError(
      'usage.data',
      `${inputs.length} values are no whole number of examples of shape [${shape}]; check the data against ${network.name}.`,
    )
  const valueAt = (site: UnitSite) => (at === 'before' ? site.pre : site.post)
  const names = [...new Set(sites.map(valueAt))].filter(name => name !== input.name)
  const runtime = options.runtime ?? (await chooseRuntime())
  const session = await runtime.load(cutNetwork(open, { outputs: names }))
  const layers = graph.layers.map((layer, l) => ({
    ...layer,
    size: sites[l].size,
    values: new Float32Array(sites[l].size * examples),
  }))
  try {
    for (let from = 0; from < examples; from += batch) {
      throwIfAborted(signal)
      const to = Math.min(examples, from + batch)
      const fed = tensor(inputs.slice(from * size, to * size), [to - from, ...(shape as number[])])
      const found: Record<string, Tensor> = { [input.name]: fed, ...(await session.run({ [input.name]: fed }, names)) }
      for (const [l, site] of sites.entries())
        fill(layers[l].values, found[valueAt(site)], site, from, examples, summary)
      onProgress?.({ stage: 'activations', done: to, total: examples })
    }
  } finally {
    await session.release()
  }
  return layers
}

/** Writes one batch of one layer, [units × examples], from a value whose first axis is the batch. */
function fill(
  values: Float32Array,
  { data, shape }: Tensor,
  { size, spatial, axis }: UnitSite,
  from: number,
  examples: number,
  summary: MapSummary,
): void {
  const batch = shape[0]
  const whole = elementCount(shape) / batch
  const positions = whole / size
  // Units first, or last: [batch, units, …] or [batch, …, units].
  const unitStride = spatial && axis !== 1 ? 1 : positions
  const placeStride = unitStride === 1 ? size : 1
  const columns = spatial ? (axis === 1 ? shape[shape.length - 1] : shape[shape.length - 2]) : 1
  const map = new Float32Array(positions)
  for (let b = 0; b < batch; b++)
    for (let u = 0; u < size; u++) {
      const start = b * whole + u * unitStride
      if (positions === 1) {
        values[u * examples + from + b] = Number(data[start])
        continue
      }
      for (let i = 0; i < positions; i++) map[i] = Number(data[start + i * placeStride])
      values[u * examples + from + b] = summarise(map, columns, summary)
    }
}
