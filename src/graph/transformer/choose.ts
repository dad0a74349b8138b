/** Whether a network becomes the unit graph of a transformer: heads and neurons, and no dimensions of its stream. */
import { UsageError } from '../../errors.ts'
import type { Network } from '../../network/network.ts'
import type { Transformer } from '../../network/transformer.ts'
import type { GraphOptions } from '../walk.ts'
import { recogniseTransformer } from './recognise.ts'

/**
 * The transformer that the network is; undefined for another network, and where another form of graph is asked for.
 * @throws UsageError `usage.transformer` when options are given that a transformer's graph has not, or, for a file with
 *   its weights alone, that only operators could answer
 */
export async function transformerFor(
  network: Network,
  { form, protocol, norm, batchNorm, masks }: TransformerChoice,
): Promise<Transformer | undefined> {
  const otherForm = form !== undefined ? `form ${form}` : protocol === 'paper' ? 'protocol paper' : undefined
  if (otherForm && !network.transformer) return undefined
  const transformer = network.transformer ?? (await recogniseTransformer(network))
  const misfit =
    otherForm ??
    (network.transformer && masks && 'mask') ??
    (norm !== undefined && norm !== 'l2' ? `norm ${norm} (its edges are Frobenius norms)` : undefined) ??
    (batchNorm === false ? 'graph without its norms' : undefined)
  if (transformer && misfit)
    throw new UsageError(
      'usage.transformer',
      `The unit graph of a transformer, as in ${network.name}, has no ${misfit}; leave the option out` +
        `${network.transformer ? '' : ', or take the matrices as they are with the form general'}.`,
    )
  return transformer
}

type TransformerChoice = Omit<GraphOptions, 'form'> & { readonly form?: string }
