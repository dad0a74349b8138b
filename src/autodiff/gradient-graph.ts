/**
 * Reverse-mode differentiation of an operator graph: graph in, graph out. The result computes what the network computes
 * and, as further outputs, the gradient of a scalar value (the loss) in any of its inputs, weights or intermediate
 * values. It uses standard ONNX operators only, so that any runtime can run it, and can be differentiated again.
 *
 * Operators are visited in reverse; each has a rule (rules/table.ts) that writes the gradients of its inputs, given that
 * of its outputs. Gradients of a value that is read more than once are added. Nothing is written for values that do not
 * lead to what was asked for, and nothing twice.
 *
 * Open dimensions (batch) count as equal wherever they meet in broadcasting.
 */
import { UnsupportedError, UsageError } from '../errors.ts'
import type { Network, Operator } from '../network/network.ts'
import { isSubgraph, valuesRead } from '../network/topology.ts'
import { zerosLike } from './broadcasting.ts'
import { type Draft, openDraft } from './draft.ts'
import type { StraightThrough } from './rules/rule.ts'
import { GRADIENT_RULES, STEPS } from './rules/table.ts'

export interface GradientOptions {
  /** The value to differentiate: one element. */
  readonly loss: string
  /** Inputs, weights and other values, each a float, whose gradients are wanted. */
  readonly wrt: readonly string[]
  /** Lets gradients pass hard steps (see {@link StraightThrough}). Default: they end there, as steps are constant. */
  readonly straightThrough?: StraightThrough
  /** What the new outputs' names begin with; another one is needed to differentiate again. Default: `grad`. */
  readonly prefix?: string
}

const PREFIX = 'grad'

/** The name of the output that holds the gradient in a value, under the default prefix. */
export function gradientName(value: string): string {
  return `${PREFIX}:${value}`
}

/**
 * The network with an additional output `grad:<name>` for each name in `wrt`, of that value's shape and type; zeros
 * where the loss does not depend on it. The network's own outputs stay.
 *
 * @throws UsageError when a name is no float value of the network, or the loss has several elements
 * @throws UnsupportedError naming an operator that has no gradient rule, or a shape that is needed and not known
 */
export async function gradientGraph(network: Network, options: GradientOptions): Promise<Network> {
  const { prefix = PREFIX } = options
  const draft = await openDraft(network, prefix)
  const wrt = [...new Set(options.wrt)]
  checkValues(draft, network, [options.loss, ...wrt])
  const names = wrt.map(value => `${prefix}:${value}`)
  const taken = names.find(name => draft.freshName(name) !== name)
  if (taken !== undefined)
    throw new UsageError('usage.value', `The network has a value called "${taken}" already: choose another prefix.`)
  const forward = [...draft.operators]
  const needed = dependents(draft, forward, wrt, options.straightThrough !== undefined)
  const pending = new Map<string, string[]>([[options.loss, [seed(draft, options.loss)]]])
  const gradients = new Map<string, string>()

  /** The sum of what has been collected for a value. */
  const settle = (value: string): string | undefined => {
    const parts = pending.get(value)
    if (parts)
      gradients.set(
        value,
        parts.reduce((sum, part) => draft.op('Add', [sum, part])),
      )
    pending.delete(value)
    return gradients.get(value)
  }
  for (const operator of forward.toReversed()) {
    const outputs = operator.outputs.map(output => (needed.has(output) ? settle(output) : undefined))
    if (outputs.every(gradient => gradient === undefined)) continue
    const found = inputGradients(draft, operator, outputs, needed, options.straightThrough)
    operator.inputs.forEach((input, index) => {
      const gradient = found[index]
      if (gradient === undefined || !needed.has(input)) return
      pending.set(input, [...(pending.get(input) ?? []), gradient])
    })
  }
  const results = wrt.map((of, index) => ({ of, name: names[index], value: settle(of) ?? zerosLike(draft, of) }))
  return withGradients(network, draft, results)
}

function checkValues(draft: Draft, network: Network, names: readonly string[]): void {
  const known = new Set([...network.inputs.map(({ name }) => name), ...network.weights.keys()])
  for (const { outputs } of network.operators) for (const output of outputs) known.add(output)
  for (const name of names) {
    if (!known.has(name))
      throw new UsageError('usage.value', `The network "${network.name}" has no value called "${name}".`)
    if (!draft.isFloat(name))
      throw new UsageError('usage.value', `"${name}" holds ${draft.dtype(name)}; only floats can be differentiated.`)
  }
}

/** The gradient of the loss in itself: 1, in the loss's own shape. */
function seed(draft: Draft, loss: string): string {
  const shape = draft.shape(loss)
  if (!shape?.every(dim => dim === 1))
    throw new UsageError(
      'usage.loss',
      `The loss must be one number; "${loss}" ${shape ? `has the shape [${shape}]` : 'is of unknown shape'}: reduce it first.`,
    )
  return draft.numbers(
    1,
    loss,
    shape.map(() => 1),
  )
}

/** Every value that depends on one of `sources` by a road on which gradients can travel. */
function dependents(
  draft: Draft,
  operators: readonly Operator[],
  sources: readonly string[],
  passesSteps: boolean,
): ReadonlySet<string> {
  const needed = new Set(sources)
  for (const operator of operators) {
    const { type, outputs } = operator
    if (!valuesRead(operator).some(value => needed.has(value)) || (STEPS.has(type) && !passesSteps)) continue
    const isStep = STEPS.has(type)
    for (const output of outputs) if (draft.isFloat(output) || isStep) needed.add(output)
  }
  return needed
}

function inputGradients(
  draft: Draft,
  operator: Operator,
  gradients: readonly (string | undefined)[],
  needed: ReadonlySet<string>,
  straightThrough: StraightThrough | undefined,
): readonly (string | undefined)[] {
  const { type, domain, inputs, outputs } = operator
  if (!valuesRead(operator).some(value => needed.has(value))) return []
  const rule = domain === '' ? GRADIENT_RULES.get(type) : undefined
  const hasSubgraph = Object.values(operator.attributes).some(isSubgraph)
  const isSecondary = type !== 'Split' && gradients.slice(1).some(gradient => gradient !== undefined)
  if (!rule || hasSubgraph || isSecondary)
    throw new UnsupportedError(
      'unsupported.gradient',
      `No gradient is known for ${isSecondary && rule ? `the further outputs of ` : ''}the operator ${domain ? `${domain}.` : ''}${type} ("${operator.name}"), which lies between the loss and what is differentiated.`,
    )
  const dy = gradients.find(gradient => gradient !== undefined)!
  const needs = (index: number) => inputs[index] !== undefined && needed.has(inputs[index])
  return rule({ draft, operator, inputs, outputs, dy, gradients, straightThrough, needs })
}

interface Gradient {
  /** What was differentiated, the name of the output, and the value that holds the gradient. */
  readonly of: string
  readonly name: string
  readonly value: string
}

/** Gives the gradients their names, by renaming what computes them where nothing else has that name. */
function withGradients(network: Network, draft: Draft, gradients: readonly Gradient[]): Network {
  const made = new Set(draft.operators.slice(network.operators.length).flatMap(({ outputs }) => outputs))
  const renamed = new Map<string, string>()
  const copies: Operator[] = []
  for (const { name, value } of gradients) {
    const inputs = [renamed.get(value) ?? value]
    if (made.has(value) && !renamed.has(value)) renamed.set(value, name)
    else copies.push({ name, type: 'Identity', domain: '', inputs, outputs: [name], attributes: {} })
  }
  const rename = (name: string) => renamed.get(name) ?? name
  const operators = draft.operators.map(operator => ({
    ...operator,
    inputs: operator.inputs.map(rename),
    outputs: operator.outputs.map(rename),
  }))
  const open = (value: string) => draft.shape(value)?.map(dim => (typeof dim === 'number' ? dim : null)) ?? []
  return {
    ...network,
    operators: [...operators, ...copies],
    weights: draft.weights,
    shapes: new Map(Array.from(draft.shapes(), ([name, shape]) => [rename(name), shape])),
    outputs: [
      ...network.outputs,
      ...gradients.map(({ of, name }) => ({ name, dtype: draft.dtype(of), shape: open(of) })),
    ],
  }
}
