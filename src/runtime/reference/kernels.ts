/** Every operator of the reference runtime, by type; those of other domains with the domain in front. */
import type { Operator } from '../../network/network.ts'
import { BROADCAST } from './broadcast.ts'
import { CONSTANTS } from './constants.ts'
import { CONVOLUTION } from './convolution.ts'
import { EINSUM } from './einsum.ts'
import { ELEMENTWISE } from './elementwise.ts'
import { INDEXING } from './indexing.ts'
import { LAYOUT } from './layout.ts'
import { NORMALIZATION } from './normalization.ts'
import { POOLING } from './pooling.ts'
import { PRODUCTS } from './products.ts'
import { REDUCTIONS } from './reductions.ts'
import { SCAN } from './scan.ts'
import type { Kernel } from './value.ts'

const KERNELS: ReadonlyMap<string, Kernel> = new Map(
  Object.entries({
    ...ELEMENTWISE,
    ...BROADCAST,
    ...PRODUCTS,
    ...EINSUM,
    ...CONVOLUTION,
    ...POOLING,
    ...NORMALIZATION,
    ...REDUCTIONS,
    ...LAYOUT,
    ...INDEXING,
    ...CONSTANTS,
    ...SCAN,
  }),
)

export function kernelOf({ domain, type }: Operator): Kernel | undefined {
  return KERNELS.get(domain === '' ? type : `${domain}.${type}`)
}
