/**
 * The layers of the graph that `prepareGraph` makes and the sizes of its blocks, from shapes alone: no large weight is read,
 * so it costs nothing for files of any size. Which units are left out, and which edges are zero, is not known here.
 */
import { UnsupportedError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import { withoutValues } from '../network/without-values.ts'
import type { PrepareOptions } from './prepare.ts'
import { transformerFor } from './transformer/choose.ts'
import { transformerOutline } from './transformer/transformer-graph.ts'
import { type GraphOutline, unitGraphOutline } from './walk.ts'

/** Throws as `prepareGraph` does, and an UnsupportedError for unrolled convolutions, whose edges are known from weights alone. */
export async function graphOutline(given: Network, options: PrepareOptions = {}): Promise<GraphOutline> {
  const { form, span, units } = options
  const network = withoutValues(given)
  // Masks have the shapes of their weights.
  const transformer = await transformerFor(network, options)
  if (transformer) return transformerOutline(transformer, { units, span })
  if (form === 'unrolled')
    throw new UnsupportedError(
      'unsupported.outline',
      'What the unrolled form needs is known only once it is made; leave --estimate out, or choose another form.',
    )
  return unitGraphOutline(network, { ...options, form })
}
