/** Which weights of a network are parameters, and networks that take them as inputs. */
import { UsageError } from '../errors.ts'
import type { Network, Operator, ValueInfo } from '../network/network.ts'
import type { DType } from '../tensor/tensor.ts'

/**
 * What a parameter does: `kernel` multiplies what flows in (decay and pruning are meant for these alone), `bias` is
 * added, `scale` and `shift` belong to a normalisation, `slope` to a PRelu, `embedding` is looked up.
 */
type ParameterRole = 'kernel' | 'bias' | 'scale' | 'shift' | 'slope' | 'embedding'

export interface Parameter {
  /** Name among the network's weights. */
  readonly name: string
  readonly role: ParameterRole
  readonly shape: readonly number[]
  readonly dtype: DType
}

/** Roles of an operator's inputs, by position. */
const ROLES: Readonly<Record<string, readonly (ParameterRole | undefined)[]>> = {
  Gemm: ['kernel', 'kernel', 'bias'],
  MatMul: ['kernel', 'kernel'],
  Conv: [undefined, 'kernel', 'bias'],
  ConvTranspose: [undefined, 'kernel', 'bias'],
  BatchNormalization: [undefined, 'scale', 'shift'],
  LayerNormalization: [undefined, 'scale', 'shift'],
  InstanceNormalization: [undefined, 'scale', 'shift'],
  GroupNormalization: [undefined, 'scale', 'shift'],
  PRelu: [undefined, 'slope'],
  Gather: ['embedding'],
}

/** Operators whose output may get a bias by an `Add`. */
const BIASED: readonly string[] = ['Gemm', 'MatMul', 'Conv', 'ConvTranspose']

/** Operators that hand a weight on in another form. */
const REARRANGING: readonly string[] = ['Identity', 'Transpose', 'Reshape', 'Squeeze', 'Unsqueeze', 'Cast']

const FLOATS: readonly DType[] = ['float32', 'float64', 'float16', 'bfloat16']

/**
 * The weights that training may change, in the order in which operators read them: kernels and biases of weight
 * operators (also a constant added to what a weight operator makes), scales and shifts of normalisations, slopes,
 * embeddings. Stored statistics, limits, exponents and other constants are none. A weight with several roles has the first.
 */
export function trainableParameters(network: Network): readonly Parameter[] {
  const producers = new Map(network.operators.flatMap(operator => operator.outputs.map(name => [name, operator])))
  const found = new Map<string, Parameter>()
  for (const operator of network.operators) {
    operator.inputs.forEach((input, index) => {
      const role = roleOf(operator, index, producers)
      const weight = role && network.weights.get(sourceOf(input, producers))
      if (!role || !weight || found.has(weight.name) || !FLOATS.includes(weight.dtype)) return
      found.set(weight.name, { name: weight.name, role, shape: weight.shape, dtype: weight.dtype })
    })
  }
  return [...found.values()]
}

function roleOf(
  operator: Operator,
  index: number,
  producers: ReadonlyMap<string, Operator>,
): ParameterRole | undefined {
  if (operator.domain !== '') return undefined
  if (operator.type !== 'Add') return ROLES[operator.type]?.[index]
  const other = producers.get(operator.inputs[1 - index])
  return other && BIASED.includes(other.type) ? 'bias' : undefined
}

/** The value behind operators that only rearrange. */
function sourceOf(value: string, producers: ReadonlyMap<string, Operator>): string {
  let source = value
  for (let from = producers.get(source); from && REARRANGING.includes(from.type); from = producers.get(source))
    source = from.inputs[0]
  return source
}

/**
 * The network with weights turned into inputs, behind its own, in the order given: what is fed for them is what it
 * computes with. Throws a UsageError when a name is no weight of the network.
 */
export function withInputs(network: Network, names: readonly string[]): Network {
  const weights = new Map(network.weights)
  const inputs = names.map((name): ValueInfo => {
    const weight = weights.get(name)
    if (!weight)
      throw new UsageError(
        'usage.value',
        `The network "${network.name}" has no weight called "${name}", or it is named twice.`,
      )
    weights.delete(name)
    return { name, dtype: weight.dtype, shape: weight.shape }
  })
  return { ...network, inputs: [...network.inputs, ...inputs], weights }
}
