/**
 * The networks that run a lesion: from the first layer that is lesioned to the outputs. What lies before it is computed
 * once for all lesions of that layer. Two forms: `change`, by the shortcut of linear-reader.ts, and `masked`, where the
 * lesioned units' values are exchanged for others. Later layers may be lesioned at the same time, always by masks.
 */
import { heldWeight } from '../../network/build.ts'
import { cutNetwork } from '../../network/cut.ts'
import type { AttributeValue, Network, Operator, ValueInfo } from '../../network/network.ts'
import type { UnitSite } from '../unit-sites.ts'
import type { LinearReader } from './linear-reader.ts'

/** Names of the inputs of a lesion network. */
export const CHANGE = { base: 'lesion/base', change: 'lesion/change', slots: 'lesion/slots' } as const
export const maskOf = ({ post }: UnitSite) => `${post}/lesion-mask`
export const fillOf = ({ post }: UnitSite) => `${post}/lesion-fill`
export const intactOf = ({ post }: UnitSite) => `${post}/lesion-intact`

/**
 * z' = base + W_slots · change_slots, and on from there. Inputs: `base` like the operator's output; `change` [slots × batch]
 * for a matrix, [batch × channels × …] for a convolution; `slots` int64, those that count.
 */
export function changeNetwork(network: Network, reader: LinearReader, later: readonly UnitSite[]): Network {
  const head = cutNetwork(masked(network, later), { inputs: [reader.makes] })
  const { operator } = reader
  const isConv = operator.type === 'Conv'
  const weight = heldWeight('lesion/weight', reader.weight)
  const axis = isConv ? 1 : 0
  const made = network.shapes.get(reader.makes)!
  const read = network.shapes.get(reader.reads)!
  const attributes = isConv ? operator.attributes : { transA: 1 }
  return {
    ...head,
    inputs: [
      info(CHANGE.base, made),
      info(CHANGE.change, isConv ? read : [read[1], null]),
      { name: CHANGE.slots, dtype: 'int64', shape: [null] },
      ...head.inputs.filter(({ name }) => name !== reader.makes),
    ],
    operators: [
      make('Gather', [CHANGE.change, CHANGE.slots], 'lesion/change-of', { axis }),
      make('Gather', ['lesion/weight', CHANGE.slots], 'lesion/weight-of', { axis }),
      make(isConv ? 'Conv' : 'Gemm', ['lesion/change-of', 'lesion/weight-of'], 'lesion/moved', attributes),
      make('Add', [CHANGE.base, 'lesion/moved'], reader.makes),
      ...head.operators,
    ],
    weights: new Map([...head.weights, ['lesion/weight', weight]]),
  }
}

/** From the intact values of `site` on, with a mask and values to put in their place; `later` layers likewise. */
export function maskedNetwork(network: Network, site: UnitSite, later: readonly UnitSite[]): Network {
  return cutNetwork(masked(network, [site, ...later]), { inputs: [intactOf(site)] })
}

/** Each site's value becomes Where(mask, fill, intact): mask [1 × units × 1 …] bool, fill whatever broadcasts. */
function masked(network: Network, sites: readonly UnitSite[]): Network {
  const bySite = new Map(sites.map(site => [site.post, site]))
  const inputs = sites.flatMap((site): ValueInfo[] => {
    const rank = network.shapes.get(site.post)!.length
    const open = Array.from({ length: rank }, () => null)
    return [
      { name: maskOf(site), dtype: 'bool', shape: open.map((_, axis) => (axis === site.axis ? site.size : 1)) },
      { name: fillOf(site), dtype: 'float32', shape: open },
    ]
  })
  return {
    ...network,
    inputs: [...network.inputs, ...inputs],
    operators: network.operators.flatMap(operator => {
      const site = operator.outputs.map(name => bySite.get(name)).find(found => found !== undefined)
      if (!site) return [operator]
      const renamed = operator.outputs.map(name => (name === site.post ? intactOf(site) : name))
      return [{ ...operator, outputs: renamed }, make('Where', [maskOf(site), fillOf(site), intactOf(site)], site.post)]
    }),
    shapes: new Map([
      ...network.shapes,
      ...sites.map(site => [intactOf(site), network.shapes.get(site.post)!] as const),
    ]),
  }
}

function make(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
): Operator {
  return { name: `${output}/lesion`, type, domain: '', inputs, outputs: [output], attributes }
}

const info = (name: string, shape: readonly (number | null)[]): ValueInfo => ({ name, dtype: 'float32', shape })
