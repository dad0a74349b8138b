/**
 * The reference runtime: every operator in plain TypeScript and float64, written to be read and trusted, not to be
 * fast. It is what gradients and other runtimes are tested against, and what runs where nothing else is installed.
 */
import { UnsupportedError } from '../errors.ts'
import type { Network, Operator } from '../network/network.ts'
import { checkRunnable } from '../network/runnable.ts'
import { isSubgraph } from '../network/topology.ts'
import type { DType } from '../tensor/tensor.ts'
import { VERSION } from '../version.ts'
import { checkFeeds, checkOutputs } from './feeds.ts'
import { kernelOf } from './reference/kernels.ts'
import { fromTensor, type Kernel, misfit, toTensor, type Value, valueType } from './reference/value.ts'
import type { Runtime } from './runtime.ts'

export interface ReferenceOptions {
  /** The type of the floats it returns: float64 as computed, or float32 as other runtimes do. Default: 'float64'. */
  readonly floats?: 'float64' | 'float32'
}

/** A graph made ready: kernels found, weights read. */
interface Program {
  readonly network: Network
  readonly weights: ReadonlyMap<string, Value>
  readonly steps: readonly { readonly operator: Operator; readonly kernel: Kernel }[]
  readonly bodies: ReadonlyMap<Network, Program>
}

/** Floats of any type may be fed: they are computed as float64. */
export function referenceRuntime({ floats = 'float64' }: ReferenceOptions = {}): Runtime {
  return {
    name: 'reference',
    version: VERSION,
    async load(network) {
      checkRunnable(network, 'running it')
      const program = await prepare(network)
      return {
        runtime: { name: 'reference', version: VERSION, threads: 1 },
        async run(feeds, outputs) {
          const wanted = checkOutputs(network, outputs)
          checkFeeds(network, feeds, isSameKind)
          const inputs = network.inputs.map(({ name }) => fromTensor(feeds[name]))
          const find = execute(program, inputs)
          return Object.fromEntries(wanted.map(name => [name, toTensor(find(name)!, floats)]))
        },
        async release() {},
      }
    },
  }
}

const isSameKind = (given: DType, declared: DType) => valueType(given) === valueType(declared)

async function prepare(network: Network): Promise<Program> {
  const steps = network.operators.map(operator => {
    const kernel = kernelOf(operator)
    if (kernel) return { operator, kernel }
    const type = operator.domain === '' ? operator.type : `${operator.domain}.${operator.type}`
    throw new UnsupportedError(
      'unsupported.operator',
      `The reference runtime does not have the operator ${type} ("${operator.name}"); install onnxruntime-node to run it.`,
    )
  })
  const weights = new Map<string, Value>()
  for (const [name, weight] of network.weights) weights.set(name, fromTensor(await weight.read()))
  const bodies = new Map<Network, Program>()
  for (const { attributes } of network.operators)
    for (const body of Object.values(attributes)) if (isSubgraph(body)) bodies.set(body, await prepare(body))
  return { network, weights, steps, bodies }
}

type Find = (name: string) => Value | undefined

/** Runs the operators in order. Returns how to find a value; `outer` finds those of the enclosing graph. */
function execute(program: Program, inputs: readonly Value[], outer?: Find): Find {
  const { network, weights, steps, bodies } = program
  const values = new Map(network.inputs.map(({ name }, at) => [name, inputs[at]]))
  const find: Find = name => values.get(name) ?? weights.get(name) ?? outer?.(name)
  const scope = {
    body(body: Network, bodyInputs: readonly Value[]) {
      const findInBody = execute(bodies.get(body)!, bodyInputs, find)
      return body.outputs.map(({ name }) => findInBody(name)!)
    },
  }
  for (const { operator, kernel } of steps) {
    const read = operator.inputs.map(name => (name === '' ? undefined : (find(name) ?? undefinedValue(operator, name))))
    const results = kernel(operator, read, scope)
    operator.outputs.forEach((name, at) => {
      if (name !== '') values.set(name, results[at] ?? misfit(operator, `has no output ${at + 1}`))
    })
  }
  return find
}

function undefinedValue(operator: Operator, name: string): never {
  return misfit(operator, `reads the value "${name}", which nothing defines`)
}
