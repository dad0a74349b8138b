/**
 * Many multi-layer perceptrons of one architecture as a single network with a leading axis of replicas: a dense layer
 * y = x Wᵀ + b becomes a batched product [replicas × batch × in] · [replicas × in × out], which runtimes do at several
 * times the speed of one after another where the layers are small.
 */
import { UnsupportedError, UsageError } from '../errors.ts'
import { heldWeight } from '../network/build.ts'
import { type Network, numberAttribute, type Operator, type WeightTensor } from '../network/network.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'

/** Operators that work on each value apart, so that a further axis is nothing to them. */
const ELEMENTWISE = ['Relu', 'LeakyRelu', 'Sigmoid', 'Tanh', 'Elu', 'Selu', 'Softplus', 'Identity', 'Sign', 'Abs']

export interface StackedNetwork {
  readonly network: Network
  readonly replicas: number
  /** Stacks values given for each replica, by weight name and in its shape, as the network holds them. */
  stack(name: string, values: readonly Float32Array[]): Float32Array
  /** Weights of one replica, by name, in their own shapes. */
  unstack(stacked: ReadonlyMap<string, Tensor>, replica: number): Map<string, Tensor>
}

/** How a weight lies in the stack. */
interface Place {
  /** Its own shape. */
  readonly shape: readonly number[]
  /** Whether it lies as [in × out] in the stack and as [out × in] by itself. */
  readonly turned: boolean
}

/**
 * @throws UnsupportedError naming an operator that is neither a dense layer nor works on each value apart
 * @throws UsageError when the networks differ in more than the values of their weights
 */
export async function stackNetworks(networks: readonly Network[]): Promise<StackedNetwork> {
  const [first] = networks
  if (!first) throw new UsageError('usage.replicas', 'Replicas need at least one network.')
  for (const other of networks) checkSame(first, other)
  const replicas = networks.length
  const places = new Map<string, Place>()
  const operators = first.operators.flatMap(operator => stackedOperators(operator, first, places))
  const stack = (name: string, values: readonly Float32Array[]) => {
    const { shape, turned } = places.get(name)!
    const size = values[0].length
    const stacked = new Float32Array(replicas * size)
    for (const [replica, own] of values.entries())
      stacked.set(turned ? transposed(own, shape[0], shape[1]) : own, replica * size)
    return stacked
  }
  const weights = new Map<string, WeightTensor>()
  for (const [name, { shape, turned }] of places) {
    const own: Float32Array[] = []
    for (const network of networks) own.push((await network.weights.get(name)!.read()).data as Float32Array)
    const [rows, columns] = shape.length === 1 ? [1, shape[0]] : turned ? [shape[1], shape[0]] : shape
    weights.set(name, heldWeight(name, tensor(stack(name, own), [replicas, rows, columns])))
  }
  const batched = (shape: readonly (number | null)[]) => [replicas, null, ...shape.slice(1)]
  return {
    replicas,
    stack,
    network: {
      ...first,
      name: `${replicas} × ${first.name}`,
      inputs: first.inputs.map(info => ({ ...info, shape: batched(info.shape) })),
      outputs: first.outputs.map(info => ({ ...info, shape: batched(info.shape) })),
      operators,
      weights,
      shapes: new Map(Array.from(first.shapes, ([name, shape]) => [name, batched(shape)])),
    },
    unstack(stacked, replica) {
      return new Map(
        Array.from(places, ([name, { shape, turned }]) => {
          const all = stacked.get(name)!.data as Float32Array
          const size = all.length / replicas
          const own = all.slice(replica * size, (replica + 1) * size)
          return [name, tensor(turned ? transposed(own, shape[1], shape[0]) : own, shape)]
        }),
      )
    },
  }
}

function stackedOperators(operator: Operator, network: Network, places: Map<string, Place>): Operator[] {
  const { type, domain, inputs, outputs } = operator
  if (domain === '' && ELEMENTWISE.includes(type)) return [operator]
  const [x, weight, bias] = inputs
  const kernel = network.weights.get(weight)
  const isPlain = ['alpha', 'beta'].every(name => numberAttribute(operator, name, 1) === 1)
  const isGemm = type === 'Gemm' && isPlain && numberAttribute(operator, 'transA', 0) === 0
  const isDense = isGemm || (type === 'MatMul' && kernel?.shape.length === 2)
  const isBias = type === 'Add' && kernel?.shape.length === 1
  if (domain !== '' || !kernel || !(isDense || isBias))
    throw new UnsupportedError(
      'unsupported.replicas',
      `Replicas are dense layers and activations; the operator "${operator.name}" (${type}) is neither. Train the networks one by one.`,
    )
  places.set(weight, { shape: kernel.shape, turned: isGemm && numberAttribute(operator, 'transB', 0) === 1 })
  if (isBias) return [operator]
  const product = bias ? `${outputs[0]}/product` : outputs[0]
  const made: Operator = { ...operator, type: 'MatMul', inputs: [x, weight], outputs: [product], attributes: {} }
  if (!bias) return [made]
  places.set(bias, { shape: network.weights.get(bias)!.shape, turned: false })
  const add: Operator = { ...made, name: `${operator.name}/bias`, type: 'Add', inputs: [product, bias], outputs }
  return [made, add]
}

function checkSame(first: Network, other: Network): void {
  const form = ({ operators, weights }: Network) =>
    JSON.stringify([
      operators.map(({ type, inputs, outputs }) => [type, inputs, outputs]),
      Array.from(weights.values(), ({ name, shape }) => [name, shape]),
    ])
  if (form(first) !== form(other))
    throw new UsageError(
      'usage.replicas',
      `The networks "${first.name}" and "${other.name}" differ in more than the values of their weights.`,
    )
}

/** [rows × columns] as [columns × rows]. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column]
  return turned
}
