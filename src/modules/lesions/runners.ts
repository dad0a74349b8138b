/** Runs the lesions of one layer, batch by batch: by the change they make to what reads it, or by masks. */
import { cutNetwork } from '../../network/cut.ts'
import type { Network } from '../../network/network.ts'
import { elementCount, type Tensor, tensor } from '../../tensor/tensor.ts'
import type { UnitSite } from '../unit-sites.ts'
import { CHANGE, changeNetwork, fillOf, intactOf, maskedNetwork, maskOf } from './lesion-graph.ts'
import type { LinearReader } from './linear-reader.ts'
import type { Study } from './study.ts'

/** Outputs of the network with these units of the first layer lesioned; `feeds` for the later ones. */
type Run = (units: Int32Array, feeds: Record<string, Tensor>) => Promise<Record<string, Tensor>>

export interface Runner {
  begin(from: number, to: number, fill: Tensor): Promise<Run>
  release(): Promise<void>
}

export async function maskRunner(study: Study, site: UnitSite, later: readonly UnitSite[]): Promise<Runner> {
  const before = await study.load(cutNetwork(study.network, { outputs: [site.post] }))
  const network = maskedNetwork(study.network, site, later)
  const behind = await study.load(network)
  return {
    async begin(from, to, fill) {
      const example = study.feed(from, to)
      const { [site.post]: value } = await before.run(example)
      const further = network.inputs.some(({ name }) => name in example) ? example : {}
      return (units, feeds) =>
        behind.run({
          ...feeds,
          ...further,
          [intactOf(site)]: value,
          [fillOf(site)]: fill,
          [maskOf(site)]: maskTensor(study.network, site, units),
        })
    },
    release: async () => {
      await before.release()
      await behind.release()
    },
  }
}

export async function changeRunner(
  study: Study,
  site: UnitSite,
  reader: LinearReader,
  later: readonly UnitSite[],
): Promise<Runner> {
  const before = await study.load(cutNetwork(study.network, { outputs: [site.post] }))
  const step = await study.load(
    cutNetwork(study.network, { inputs: [site.post], outputs: [reader.reads, reader.makes] }),
  )
  const network = changeNetwork(study.network, reader, later)
  const behind = await study.load(network)
  const isConv = reader.operator.type === 'Conv'
  return {
    async begin(from, to, fill) {
      const example = study.feed(from, to)
      const { [site.post]: value } = await before.run(example)
      const intact = await step.run({ [site.post]: value })
      const all = await step.run({ [site.post]: repeated(fill, value.shape) })
      const kept = difference(intact[reader.reads], all[reader.reads], !isConv)
      const lost = { ...kept, data: (kept.data as Float32Array).map(one => -one) }
      const nothing = { ...kept, data: new Float32Array(kept.data.length) }
      const further = network.inputs.some(({ name }) => name in example) ? example : {}
      return (units, feeds) => {
        const few = 2 * units.length <= site.size
        const counted = few ? units : othersThan(units, site.size)
        // Products over no slots at all are not every runtime's strength.
        const slots = slotsOf(counted.length > 0 ? counted : Int32Array.of(0), reader.block)
        return behind.run({
          ...feeds,
          ...further,
          [CHANGE.base]: (few ? intact : all)[reader.makes],
          [CHANGE.change]: counted.length === 0 ? nothing : few ? lost : kept,
          [CHANGE.slots]: slots,
        })
      }
    },
    release: async () => {
      for (const session of [before, step, behind]) await session.release()
    },
  }
}

/** One byte a unit, 1 where it is lesioned, with the axes of the site's value. */
export function maskTensor(network: Network, site: UnitSite, units: Int32Array): Tensor {
  const mask = new Uint8Array(site.size)
  for (const unit of units) mask[unit] = 1
  const shape = network.shapes.get(site.post)!.map((_, axis) => (axis === site.axis ? site.size : 1))
  return tensor(mask, shape, 'bool')
}

/** Units of a layer that are not among these. */
export function othersThan(units: Int32Array, size: number): Int32Array {
  const named = new Set(units)
  return Int32Array.from({ length: size }, (_, unit) => unit).filter(unit => !named.has(unit))
}

function slotsOf(units: Int32Array, block: number): Tensor {
  const slots = new BigInt64Array(units.length * block)
  for (let u = 0, at = 0; u < units.length; u++)
    for (let i = 0; i < block; i++) slots[at++] = BigInt(units[u] * block + i)
  return tensor(slots, [slots.length])
}

/** A tensor that broadcasts, written out in full. */
function repeated(from: Tensor, shape: readonly number[]): Tensor {
  if (from.data.length === elementCount(shape)) return from
  const values = new Float32Array(elementCount(shape))
  const source = from.data as Float32Array
  // Either one number for all, or one example for all.
  if (source.length > 1) for (let at = 0; at < values.length; at += source.length) values.set(source, at)
  else if (source[0] !== 0) values.fill(source[0])
  return tensor(values, shape)
}

/** a − b; a matrix [batch × slots] comes out as [slots × batch] where asked for. */
function difference(a: Tensor, b: Tensor, transposed: boolean): Tensor {
  const [left, right] = [a.data as Float32Array, b.data as Float32Array]
  const values = new Float32Array(left.length)
  if (!transposed) {
    for (let i = 0; i < values.length; i++) values[i] = left[i] - right[i]
    return tensor(values, a.shape)
  }
  const [rows, columns] = a.shape
  for (let r = 0, at = 0; r < rows; r++)
    for (let c = 0; c < columns; c++, at++) values[c * rows + r] = left[at] - right[at]
  return tensor(values, [columns, rows])
}
