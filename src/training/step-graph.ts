/**
 * One training step as an operator graph: examples are picked from a resident array by index, the network runs, the
 * gradient of the loss (plus penalties) goes through the optimiser. Parameters, optimiser state and running statistics
 * go in and come out, in the tensors of a layout (layout.ts); `scan-graph.ts` makes a loop of it.
 *
 * Penalties are coupled (in the gradient, so that an adaptive optimiser rescales them): Σ l2ᵢ wᵢ² gives 2 l2ᵢ wᵢ,
 * Σ l1ᵢ |wᵢ| gives l1ᵢ sign(wᵢ). The sign is taken as w·2¹²⁶ limited to ±1, which is exact for |w| ≥ 2⁻¹²⁶ and 0 at 0.
 */
import { castTarget, type Draft, openDraft } from '../autodiff/draft.ts'
import { gradientGraph, gradientName } from '../autodiff/gradient-graph.ts'
import type { StraightThrough } from '../autodiff/rules/rule.ts'
import { heldWeight } from '../network/build.ts'
import type { Network, Operator, ValueInfo, WeightTensor } from '../network/network.ts'
import { elementCount, tensor } from '../tensor/tensor.ts'
import type { HeldTensor, Layout } from './layout.ts'
import type { Objective } from './objective.ts'
import type { UpdateRule } from './optimiser.ts'

export interface StepOptions {
  readonly rule: UpdateRule
  readonly layout: Layout
  /** How examples are stored: `uint8` or `float32`, to be divided by `divisor`. */
  readonly examples: { readonly dtype: 'uint8' | 'float32'; readonly divisor: number }
  /** Coefficients of the penalties by parameter; left out means 0. */
  readonly l1?: ReadonlyMap<string, number>
  readonly l2?: ReadonlyMap<string, number>
  /** Whether parameters are multiplied by masks after the update. */
  readonly masked: boolean
  /** Whether a fed gradient is added. */
  readonly extraGradient: boolean
  readonly straightThrough?: StraightThrough
}

/** A step; all its inputs are inputs of `network`, all its results outputs. */
export interface StepGraph {
  readonly network: Network
  /** Goes from step to step: name of the input, and of the output that replaces it. */
  readonly state: readonly { readonly info: ValueInfo; readonly next: string }[]
  /** Fed anew for each step. */
  readonly perStep: readonly ValueInfo[]
  /** The same for all steps of a group. */
  readonly fixed: readonly ValueInfo[]
  readonly reports: readonly ValueInfo[]
}

/** Names of values that are fed or come out. */
export const NAMES = {
  examples: 'examples',
  answers: 'answers',
  indices: 'indices',
  extraScale: 'extra/scale',
  state: (slot: string, of: string) => `${slot}:${of}`,
  mask: (of: string) => `mask:${of}`,
  extra: (of: string) => `extra:${of}`,
  coefficient: (name: string) => `coefficient:${name}`,
  next: (of: string) => `next:${of}`,
}

const float = (name: string, shape: readonly (number | null)[]): ValueInfo => ({ name, dtype: 'float32', shape })

export async function stepGraph(objective: Objective, options: StepOptions): Promise<StepGraph> {
  const { rule, layout, masked, extraGradient } = options
  const { statistics, target } = objective
  const slots = layout.flatMap(({ name, shape }) => rule.state.map(slot => float(NAMES.state(slot, name), shape)))
  const state = [
    ...layout.map(({ name, shape }) => float(name, shape)),
    ...slots,
    ...statistics.map(({ name, shape }) => float(name, shape)),
  ]
  const perStep: ValueInfo[] = [
    { name: NAMES.indices, dtype: 'int32', shape: indexShape(objective) },
    ...objective.masks.map(({ name, shape }): ValueInfo => ({ name, dtype: 'uint8', shape: [null, ...shape] })),
    ...rule.coefficients.map(name => float(NAMES.coefficient(name), [])),
    ...(extraGradient ? [float(NAMES.extraScale, [])] : []),
  ]
  const fixed: ValueInfo[] = [
    { name: NAMES.examples, dtype: options.examples.dtype, shape: [null, ...exampleShape(objective)] },
    {
      name: NAMES.answers,
      dtype: target.dtype === 'int64' ? 'int32' : target.dtype,
      shape: [null, ...answerShape(objective)],
    },
    ...(masked ? layout.map(({ name, shape }) => float(NAMES.mask(name), shape)) : []),
    ...(extraGradient ? layout.map(({ name, shape }) => float(NAMES.extra(name), shape)) : []),
  ]

  const forward = bodyNetwork(objective, options, [...state, ...perStep, ...fixed])
  const wrt = layout.map(({ name }) => name)
  const { loss } = objective
  const backward = await gradientGraph(forward, { loss, wrt, straightThrough: options.straightThrough })
  const draft = await openDraft(backward, 'update')
  const next = new Map(statistics.map(({ name, next: result }) => [name, result]))
  for (const held of layout) {
    const { name } = held
    const gradient = totalGradient(draft, options, held)
    const update = rule.write(draft, {
      weight: name,
      gradient,
      state: rule.state.map(slot => NAMES.state(slot, name)),
      coefficients: rule.coefficients.map(NAMES.coefficient),
    })
    next.set(name, masked ? draft.op('Mul', [update.weight, NAMES.mask(name)]) : update.weight)
    rule.state.forEach((slot, at) => {
      next.set(NAMES.state(slot, name), update.state[at])
    })
  }
  const { reports } = objective
  return {
    network: {
      ...backward,
      operators: draft.operators,
      weights: draft.weights,
      shapes: draft.shapes(),
      outputs: [...state.map(info => ({ ...info, name: next.get(info.name)! })), ...reports],
    },
    state: state.map(info => ({ info, next: next.get(info.name)! })),
    perStep,
    fixed,
    reports,
  }
}

/** Replicas take indices of their own: [replicas, batch]. */
function indexShape({ replicas }: Objective): (number | null)[] {
  return replicas === undefined ? [null] : [replicas, null]
}

function exampleShape({ input, replicas }: Objective): readonly (number | null)[] {
  return input.shape.slice(replicas === undefined ? 1 : 2)
}

function answerShape({ target, replicas }: Objective): readonly (number | null)[] {
  return target.shape.slice(replicas === undefined ? 1 : 2)
}

/** The objective with its examples gathered and its parameters taken from the state. */
function bodyNetwork(objective: Objective, options: StepOptions, inputs: readonly ValueInfo[]): Network {
  const { network, parameters, statistics, input, target } = objective
  const weights = new Map<string, WeightTensor>(network.weights)
  for (const { name } of [...parameters, ...statistics]) weights.delete(name)
  const operators: Operator[] = []
  const add = (type: string, from: readonly string[], to: readonly string[], attributes: Operator['attributes'] = {}) =>
    operators.push({ name: `batch/${to[0]}`, type, domain: '', inputs: from, outputs: to, attributes })
  const hold = (name: string, data: Float32Array | BigInt64Array, shape: readonly number[]) => {
    weights.set(name, heldWeight(name, tensor(data, shape)))
    return name
  }
  const { dtype, divisor } = options.examples
  const steps = [
    ...(dtype === 'uint8' ? [['Cast', [] as string[], { to: castTarget('float32') }] as const] : []),
    ...(divisor === 1 ? [] : [['Div', [hold('batch/divisor', Float32Array.of(divisor), [])], {}] as const]),
  ]
  const gathered = steps.length ? 'batch/stored' : input.name
  add('Gather', [NAMES.examples, NAMES.indices], [gathered], { axis: 0 })
  steps.forEach(([type, others, attributes], at) => {
    const from = at === 0 ? gathered : `batch/stored${at}`
    add(type, [from, ...others], [at === steps.length - 1 ? input.name : `batch/stored${at + 1}`], attributes)
  })
  const isIndex = target.dtype === 'int64'
  add('Gather', [NAMES.answers, NAMES.indices], [isIndex ? 'batch/answers' : target.name], { axis: 0 })
  if (isIndex) add('Cast', ['batch/answers'], [target.name], { to: castTarget('int64') })
  for (const { name: held, members } of options.layout) {
    if (members.length === 1) continue
    const sizes = BigInt64Array.from(members, ({ shape }) => BigInt(elementCount(shape)))
    const parts = members.map(({ name }) => `${name}/flat`)
    add('Split', [held, hold(`${held}/sizes`, sizes, [sizes.length])], parts, { axis: 0 })
    members.forEach(({ name, shape }, at) => {
      add('Reshape', [parts[at], hold(`${name}/shape`, BigInt64Array.from(shape, BigInt), [shape.length])], [name])
    })
  }
  return { ...network, inputs, operators: [...operators, ...network.operators], weights }
}

/** The gradient of the loss with penalties and what is fed. */
function totalGradient(
  draft: Draft,
  { l1, l2, extraGradient }: StepOptions,
  { name, shape, members }: HeldTensor,
): string {
  const { op, numbers } = draft
  /** A scalar where all members agree, else a value for each weight. */
  const coefficients = (by: ReadonlyMap<string, number>, factor: number) => {
    const values = members.map(member => (by.get(member.name) ?? 0) * factor)
    if (values.every(value => value === values[0])) return numbers(values[0], name)
    const each = members.flatMap((member, at) => new Array<number>(elementCount(member.shape)).fill(values[at]))
    return numbers(each, name, shape)
  }
  const isUsed = (by: ReadonlyMap<string, number> | undefined) => members.some(member => by?.get(member.name))
  let gradient = gradientName(name)
  if (isUsed(l2)) gradient = op('Add', [gradient, op('Mul', [name, coefficients(l2!, 2)])])
  if (isUsed(l1)) {
    const sign = op('Clip', [op('Mul', [name, numbers(2 ** 126, name)]), numbers(-1, name), numbers(1, name)])
    gradient = op('Add', [gradient, op('Mul', [sign, coefficients(l1!, 1)])])
  }
  if (extraGradient) gradient = op('Add', [gradient, op('Mul', [NAMES.extra(name), NAMES.extraScale])])
  return gradient
}
