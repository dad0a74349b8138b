/**
 * Norms that exporters wrote as arithmetic: x − mean(x), its square, the mean of that, + ε, the root, the quotient, and
 * the gain. RMSNorm is the same without the mean.
 */
import type { Network, Operator } from '../../network/network.ts'

export interface FoundNorm {
  readonly kind: 'layer' | 'rms'
  /** The value that is normed. */
  readonly input: string
  /** Name of the gain; the file may have none. */
  readonly gain?: string
}

const FUSED: Readonly<Record<string, FoundNorm['kind']>> = {
  LayerNormalization: 'layer',
  RMSNormalization: 'rms',
  SimplifiedLayerNormalization: 'rms',
}

/** Norms by the value that they give. Of one with a gain, the value before the gain is in here too. */
export function findNorms(network: Network): Map<string, FoundNorm> {
  const makers = new Map(network.operators.flatMap(operator => operator.outputs.map(name => [name, operator] as const)))
  /** The operator that makes a value, casts and the like taken off. */
  const maker = (name: string | undefined): Operator | undefined => {
    const operator = name === undefined ? undefined : makers.get(name)
    return operator?.type === 'Cast' || operator?.type === 'Identity' ? maker(operator.inputs[0]) : operator
  }
  const source = (name: string): string => {
    const operator = makers.get(name)
    return operator?.type === 'Cast' || operator?.type === 'Identity' ? source(operator.inputs[0]) : name
  }
  const isMeanOf = (operator: Operator | undefined, name: string) =>
    operator?.type === 'ReduceMean' && source(operator.inputs[0]) === name
  /** The value whose root mean square (with ε) this one is. */
  const rootOf = (name: string): string | undefined => {
    const root = maker(name)
    if (root?.type === 'Reciprocal') return rootOf(root.inputs[0])
    const sum = root?.type === 'Sqrt' ? maker(root.inputs[0]) : undefined
    const mean = sum?.type === 'Add' ? sum.inputs.map(maker).find(one => one?.type === 'ReduceMean') : undefined
    const square = mean && maker(mean.inputs[0])
    if (square?.type !== 'Pow' && square?.type !== 'Mul') return undefined
    const [base, other] = square.inputs.map(source)
    return square.type === 'Pow' || base === other ? base : undefined
  }
  const found = new Map<string, FoundNorm>()
  for (const { type, inputs, outputs } of network.operators) {
    const kind = FUSED[type]
    if (kind) found.set(outputs[0], { kind, input: inputs[0], ...(inputs[1] && { gain: inputs[1] }) })
    if (type !== 'Div' && type !== 'Mul') continue
    const gained = inputs.map(name => found.get(source(name))).find(norm => norm && norm.gain === undefined)
    const gain = inputs.find(name => network.weights.has(name))
    if (type === 'Mul' && gained && gain) {
      found.set(outputs[0], { ...gained, gain })
      continue
    }
    const [x, root] = type === 'Div' || rootOf(inputs[1]) !== undefined ? inputs : inputs.toReversed()
    const squared = rootOf(root)
    if (squared === undefined || squared !== source(x)) continue
    const centre = maker(x)
    const mean = centre?.type === 'Sub' ? centre.inputs : undefined
    const isLayer = mean && isMeanOf(maker(mean[1]), source(mean[0]))
    found.set(outputs[0], isLayer ? { kind: 'layer', input: mean[0] } : { kind: 'rms', input: x })
  }
  return found
}
