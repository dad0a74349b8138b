/**
 * Gradient ascent on a batch of pictures, many steps in one run of the runtime; nothing but pictures' parameters goes from
 * step to step. The gradient is a graph made by autodiff. The rule is Adam (Kingma and Ba, arXiv 1412.6980), damped:
 *   m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  z ← z − r m̂ / (√v̂ + d √(mean of v̂ over the picture) + ε)
 * with m̂ and v̂ corrected for their start at 0. Plain Adam (d = 0) moves every coefficient of the spectrum at the same
 * speed, those that hardly matter too, which is noise in the picture; d = 1 slows these down.
 */
import { openDraft } from '../../autodiff/draft.ts'
import { gradientGraph, gradientName } from '../../autodiff/gradient-graph.ts'
import type { ValueInfo } from '../../network/network.ts'
import type { Runtime, Session } from '../../runtime/runtime.ts'
import { type Tensor, tensor } from '../../tensor/tensor.ts'
import { scanGraph } from '../../training/scan-graph.ts'
import { wholePower } from '../../training/schedule.ts'
import { NAMES, type StepGraph } from '../../training/step-graph.ts'
import { type PictureObjective, partOf, UNITS } from './objective.ts'
import { PARAMETERS } from './parametrisation.ts'

const BETA1 = 0.9
const BETA2 = 0.999
const EPSILON = 1e-8
/** Fed for each step: r/(1 − β₁ᵗ) and 1/√(1 − β₂ᵗ). */
const RATE = NAMES.coefficient('rate')
const ROOT = NAMES.coefficient('root')
const MOMENTUM = NAMES.state('momentum', PARAMETERS)
const SQUARE = NAMES.state('square', PARAMETERS)

export interface Ascent {
  readonly session: Session
  readonly state: readonly ValueInfo[]
}

/** Loads the steps. Throws an UnsupportedError naming an operator that has no gradient, or none in this runtime. */
export async function loadAscent(
  objective: PictureObjective,
  damping: number,
  runtime: Runtime,
  threads: number,
): Promise<Ascent> {
  const forward = partOf(objective, [objective.loss])
  const backward = await gradientGraph(forward, { loss: objective.loss, wrt: [PARAMETERS] })
  const parameters = forward.inputs.find(({ name }) => name === PARAMETERS)!
  const state = [PARAMETERS, MOMENTUM, SQUARE].map((name): ValueInfo => ({ ...parameters, name }))
  const scalars = [RATE, ROOT].map((name): ValueInfo => ({ name, dtype: 'float32', shape: [] }))
  const draft = await openDraft({ ...backward, inputs: [...backward.inputs, ...state.slice(1), ...scalars] }, 'ascent')
  const { op, numbers, integers } = draft
  const gradient = gradientName(PARAMETERS)
  const mixed = (old: string, fresh: string, keep: number) =>
    op('Add', [op('Mul', [old, numbers(keep, old)]), op('Mul', [fresh, numbers(1 - keep, old)])])
  const momentum = mixed(MOMENTUM, gradient, BETA1)
  const square = mixed(SQUARE, op('Mul', [gradient, gradient]), BETA2)
  const inner = integers(parameters.shape.slice(1).map((_, axis) => axis + 1))
  const shared = () => op('Sqrt', [op('ReduceMean', [square, inner], { keepdims: 1 })])
  const root = op('Sqrt', [square])
  const size = damping > 0 ? op('Add', [root, op('Mul', [shared(), numbers(damping, root)])]) : root
  const divisor = op('Add', [op('Mul', [size, ROOT]), numbers(EPSILON, size)])
  const moved = op('Sub', [PARAMETERS, op('Mul', [op('Div', [momentum, divisor]), RATE])])
  const next = [moved, momentum, square]
  const graph: StepGraph = {
    network: { ...backward, operators: draft.operators, weights: draft.weights, shapes: draft.shapes() },
    state: state.map((info, at) => ({ info, next: next[at] })),
    perStep: [...forward.inputs.filter(({ name }) => name !== PARAMETERS && name !== UNITS), ...scalars],
    fixed: forward.inputs.filter(({ name }) => name === UNITS),
    reports: [],
  }
  return { session: await runtime.load(scanGraph(graph), { threads }), state }
}

export interface AscentState {
  readonly tensors: Readonly<Record<string, Tensor>>
  readonly updates: number
}

/** Parameters to begin with: [batch × …]. */
export function ascentStart({ state }: Ascent, parameters: Tensor): AscentState {
  const zeros = () => ({ ...parameters, data: new Float32Array(parameters.data.length) })
  return {
    tensors: Object.fromEntries(state.map(({ name }) => [name, name === PARAMETERS ? parameters : zeros()])),
    updates: 0,
  }
}

/**
 * @param units mask [batch × units]
 * @param feeds what a transform is fed, [steps × …] each
 * @returns the state after the steps
 */
export async function ascend(
  { session, state }: Ascent,
  from: AscentState,
  steps: number,
  rate: number,
  units: Tensor,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<AscentState> {
  const fed = (of: (update: number) => number) =>
    tensor(
      Float32Array.from({ length: steps }, (_, step) => of(from.updates + step + 1)),
      [steps],
    )
  const scalars = {
    [RATE]: fed(update => rate / (1 - wholePower(BETA1, update))),
    [ROOT]: fed(update => 1 / Math.sqrt(1 - wholePower(BETA2, update))),
  }
  const results = await session.run({ ...from.tensors, ...scalars, ...feeds, [UNITS]: units })
  const tensors = Object.fromEntries(state.map(({ name }) => [name, results[NAMES.next(name)]]))
  return { tensors, updates: from.updates + steps }
}
