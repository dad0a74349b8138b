/**
 * What feature visualisation maximises for a set of units S: Σ_{u∈S} of the mean of a_u over its map, by kind:
 * - `before` (default): a before the activation function, so that there is a gradient everywhere;
 * - `after`: a after it (arXiv 2110.08058's code of 2020). While that is 0 for all of S, what counts is `before`: the
 *   papers' code lets gradients pass through ReLU in the first steps instead;
 * - `absolute`: |mean of a| before it (2021).
 *
 * Pictures of a batch do not touch each other, so the sum over the batch is differentiated. Which units count for which
 * picture is fed as a mask [batch × units].
 */
import { castLike, openDraft } from '../../autodiff/draft.ts'
import { cutNetwork } from '../../network/cut.ts'
import type { Network, ValueInfo } from '../../network/network.ts'
import type { UnitSite } from '../unit-sites.ts'
import type { Parametrisation } from './parametrisation.ts'

export const OBJECTIVES = ['before', 'after', 'absolute'] as const
export type ObjectiveName = (typeof OBJECTIVES)[number]

export const UNITS = 'objective/units'

/** A network whose input is what is optimised. */
export interface PictureObjective {
  readonly network: Network
  /** Objective of each picture, [batch]; a value of `network`. */
  readonly each: string
  /** What is to become small: minus their sum. */
  readonly loss: string
}

/** @param network with an open batch, its input's size known */
export async function pictureObjective(
  network: Network,
  site: UnitSite,
  made: Parametrisation,
  kind: ObjectiveName,
): Promise<PictureObjective> {
  const mask: ValueInfo = { name: UNITS, dtype: 'float32', shape: [null, site.size] }
  const whole: Network = {
    ...network,
    inputs: [...made.inputs, mask],
    operators: [...made.operators, ...network.operators],
    weights: new Map([...network.weights, ...made.weights]),
    shapes: new Map([...network.shapes, ...made.shapes]),
  }
  const draft = await openDraft(whole, 'objective')
  const { op, integers } = draft
  const sumOver = (value: string): string => {
    const rank = draft.shape(value)!.length
    const axes = Array.from({ length: rank }, (_, axis) => axis).filter(axis => axis !== 0 && axis !== site.axis)
    const means = axes.length > 0 ? op('ReduceMean', [value, integers(axes)], { keepdims: 0 }) : value
    const floats = castLike(draft, means, UNITS)
    const counted = op('Mul', [kind === 'absolute' ? op('Abs', [floats]) : floats, UNITS])
    return op('ReduceSum', [counted, integers([1])], { keepdims: 0 })
  }
  const each = sumOver(kind === 'after' ? site.post : site.pre)
  const isSilent = () => op('Equal', [each, draft.numbers(0, each)])
  const raised = kind === 'after' && site.pre !== site.post ? op('Where', [isSilent(), sumOver(site.pre), each]) : each
  const loss = op('Neg', [op('ReduceSum', [raised, integers([0])], { keepdims: 0 })])
  return {
    network: { ...whole, operators: draft.operators, weights: draft.weights, shapes: draft.shapes() },
    each,
    loss,
  }
}

/** The part that leads to some of its values. */
export function partOf({ network }: PictureObjective, outputs: readonly string[]): Network {
  return cutNetwork(network, { outputs })
}
