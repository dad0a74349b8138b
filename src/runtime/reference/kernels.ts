/** Every operator of the reference runtime, by type; those of other domains with the domain in front. */
import type { Operator } from '../../network/network.ts'
import { BROADCAST } from './broadcast.ts'
import { ELEMENTWISE } from './elementwise.ts'
import { LAYOUT } from './layout.ts'
import { PRODUCTS } from './products.ts'
import { REDUCTIONS } from './reductions.ts'
import type { Kernel } from './value.ts'

const KERNELS: ReadonlyMap<string, Kernel> = new Map(
  Object.entries({ ...ELEMENTWISE, ...BROADCAST, ...PRODUCTS, ...LAYOUT, ...REDUCTIONS }),
)

export function kernelOf({ domain, type }: Operator): Kernel | undefined {
  return KERNELS.get(domain === '' ? type : `${domain}.${type}`)
}
