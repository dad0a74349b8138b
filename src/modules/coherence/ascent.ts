/**
 * Gradient ascent on a batch of pictures: Adam (Kingma and Ba, arXiv 1412.6980) on their parameters, many steps in one
 * run of the runtime. The gradient is a graph made by autodiff; nothing but pictures' parameters goes from step to step.
 */
import { openDraft } from '../../autodiff/draft.ts'
import { gradientGraph, gradientName } from '../../autodiff/gradient-graph.ts'
import type { ValueInfo } from '../../network/network.ts'
import type { Runtime, Session } from '../../runtime/runtime.ts'
import { type Tensor, tensor } from '../../tensor/tensor.ts'
import { updateRule } from '../../training/optimiser.ts'
import { scanGraph } from '../../training/scan-graph.ts'
import { NAMES, type StepGraph } from '../../training/step-graph.ts'
import { type PictureObjective, partOf, UNITS } from './objective.ts'
import { PARAMETERS } from './parametrisation.ts'

/** Lucid's: TensorFlow's Adam with its default ε. */
const RULE = updateRule({ kind: 'adam', epsilon: 1e-8 })

export interface Ascent {
  readonly session: Session
  readonly state: readonly ValueInfo[]
}

/** Loads the steps. Throws an UnsupportedError naming an operator that has no gradient, or none in this runtime. */
export async function loadAscent(objective: PictureObjective, runtime: Runtime, threads: number): Promise<Ascent> {
  const forward = partOf(objective, [objective.loss])
  const backward = await gradientGraph(forward, { loss: objective.loss, wrt: [PARAMETERS] })
  const draft = await openDraft(backward, 'ascent')
  const parameters = forward.inputs.find(({ name }) => name === PARAMETERS)!
  const slots = RULE.state.map((slot): ValueInfo => ({ ...parameters, name: NAMES.state(slot, PARAMETERS) }))
  const update = RULE.write(draft, {
    weight: PARAMETERS,
    gradient: gradientName(PARAMETERS),
    state: slots.map(({ name }) => name),
    coefficients: RULE.coefficients.map(NAMES.coefficient),
  })
  const state = [parameters, ...slots]
  const graph: StepGraph = {
    network: { ...backward, operators: draft.operators, weights: draft.weights, shapes: draft.shapes() },
    state: state.map((info, at) => ({ info, next: [update.weight, ...update.state][at] })),
    perStep: [
      ...forward.inputs.filter(({ name }) => name !== PARAMETERS && name !== UNITS),
      ...RULE.coefficients.map((name): ValueInfo => ({ name: NAMES.coefficient(name), dtype: 'float32', shape: [] })),
    ],
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
  const coefficients = Array.from({ length: steps }, (_, step) => RULE.coefficientsAt(from.updates + step, rate))
  const fed = RULE.coefficients.map((name, at) => [
    NAMES.coefficient(name),
    tensor(
      Float32Array.from(coefficients, values => values[at]),
      [steps],
    ),
  ])
  const results = await session.run({ ...from.tensors, ...Object.fromEntries(fed), ...feeds, [UNITS]: units })
  const tensors = Object.fromEntries(state.map(({ name }) => [name, results[NAMES.next(name)]]))
  return { tensors, updates: from.updates + steps }
}
