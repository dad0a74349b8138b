/**
 * Steps in groups: a `Scan` over a training step, so that parameters and optimiser state stay inside the runtime and
 * one call does many steps, to the same bits as single ones. The number of steps in a group is open: it is the first
 * dimension of whatever is fed per step.
 */
import { CURRENT_OPSET, type Network, type Operator, type ValueInfo } from '../network/network.ts'
import { NAMES, type StepGraph } from './step-graph.ts'

/** Inputs: the state, then what is fed per step with a leading axis of steps, then what is fixed. */
export function scanGraph({ network, state, perStep, fixed, reports }: StepGraph): Network {
  const inside = (name: string) => `step/${name}`
  const renamed = new Map([...state.map(({ info }) => info), ...perStep].map(({ name }) => [name, inside(name)]))
  const rename = (name: string) => renamed.get(name) ?? name
  const results = [...state.map(({ next }) => next), ...reports.map(({ name }) => name)]
  // A body's outputs must be made by operators, each once: what is not gets an Identity, which copies.
  const made = new Set(network.operators.flatMap(({ outputs }) => outputs))
  const copies: Operator[] = []
  const outputs = results.map((name, at) => {
    if (made.has(name) && results.indexOf(name) === at) return name
    const to = `copy/${name}/${at}`
    copies.push({ name: to, type: 'Identity', domain: '', inputs: [rename(name)], outputs: [to], attributes: {} })
    return to
  })
  const infos = [...state.map(({ info }) => info), ...reports]
  const body: Network = {
    ...network,
    name: 'step',
    inputs: [...state.map(({ info }) => info), ...perStep].map(info => ({ ...info, name: inside(info.name) })),
    operators: [
      ...network.operators.map(operator => ({ ...operator, inputs: operator.inputs.map(rename) })),
      ...copies,
    ],
    outputs: outputs.map((name, at) => ({ ...infos[at], name })),
  }
  const stacked = (info: ValueInfo): ValueInfo => ({ ...info, shape: [null, ...info.shape] })
  const outer = [
    ...state.map(({ info }) => ({ ...info, name: NAMES.next(info.name) })),
    ...reports.map(info => stacked({ ...info, name: NAMES.next(info.name) })),
  ]
  return {
    name: 'training',
    source: { format: 'built', opset: CURRENT_OPSET },
    inputs: [...state.map(({ info }) => info), ...perStep.map(stacked), ...fixed],
    outputs: outer,
    operators: [
      {
        name: 'steps',
        type: 'Scan',
        domain: '',
        inputs: [...state.map(({ info }) => info.name), ...perStep.map(({ name }) => name)],
        outputs: outer.map(({ name }) => name),
        attributes: { body, num_scan_inputs: perStep.length },
      },
    ],
    weights: new Map(),
    shapes: new Map(),
    activationsKnown: true,
    notes: [],
  }
}
