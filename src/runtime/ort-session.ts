/** What the two ONNX Runtimes share: options, feeds, results, and errors in the words of lobes. */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web'
import { type LobesError, ResourceError, UnsupportedError, UsageError } from '../errors.ts'
import { encodeOnnx } from '../formats/onnx-write.ts'
import type { Network } from '../network/network.ts'
import { checkRunnable } from '../network/runnable.ts'
import { checkFeeds, checkOutputs } from './feeds.ts'
import { checkInterface, fromOrt, toOrt } from './ort-tensors.ts'
import type { RuntimeUsed, Session } from './runtime.ts'

/** The parts of either package that are used. */
export interface OrtModule {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>
  }
  readonly Tensor: typeof OrtTensor
}

/**
 * One thread between operators, all optimisations, nothing in the log: errors are thrown. Buffers are kept between runs: without
 * the arena every step pays page faults on fresh ones, a fifth of a small CNN's time. Threads that wait do not spin:
 * on a machine that does anything else besides, spinning doubles the time of a step.
 */
function sessionOptions(provider: 'cpu' | 'wasm', threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableCpuMemArena: true,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    logSeverityLevel: 4,
  }
}

/** The WebAssembly heeds the log level of each run alone. */
const RUN_OPTIONS: InferenceSession.RunOptions = { logSeverityLevel: 4 }

export async function ortSession(
  ort: OrtModule,
  provider: 'cpu' | 'wasm',
  network: Network,
  runtime: RuntimeUsed,
): Promise<Session> {
  checkRunnable(network, 'running it')
  checkInterface(network)
  const model = await encodeOnnx(network)
  const session = await ort.InferenceSession.create(model, sessionOptions(provider, runtime.threads)).catch(error => {
    throw loadError(error, network, runtime)
  })
  return {
    runtime,
    async run(feeds, outputs) {
      const wanted = checkOutputs(network, outputs)
      checkFeeds(network, feeds, (given, declared) => given === declared)
      const given = Object.fromEntries(
        network.inputs.map(({ name }) => [name, toOrt(ort.Tensor as never, feeds[name])]),
      )
      const results = await session.run(given, wanted, RUN_OPTIONS).catch(error => {
        throw runError(error, network, runtime)
      })
      return Object.fromEntries(wanted.map(name => [name, fromOrt(results[name])]))
    },
    release: () => session.release(),
  }
}

function loadError(cause: unknown, network: Network, { name }: RuntimeUsed): LobesError {
  const text = messageOf(cause)
  if (isMemory(text)) return memoryError(cause, network)
  // The WebAssembly starts with the first session: only then it shows that its file is missing.
  if (/no available backend/i.test(text))
    return new UnsupportedError('unsupported.runtime', `${name} cannot start here: ${text}`, { cause })
  const type = MISSING_OPERATOR.exec(text)?.[1]
  if (type === undefined)
    return new UsageError('usage.network', `${name} refuses the network "${network.name}": ${text}`, { cause })
  const operator = network.operators.find(one => one.type === type)
  const place = operator ? `("${operator.name}")` : '(in a subgraph)'
  return new UnsupportedError(
    'unsupported.operator',
    `${name} does not have the operator ${type} ${place} for these types: ${text}`,
    { cause },
  )
}

/**
 * "Could not find an implementation for Erf(13) node with name 'act'", "No Op registered for Foo with domain_version
 * of 21", "acme:Foo(-1) is not a registered function/op".
 */
const MISSING_OPERATOR = /(?:implementation for |No Op registered for |:(?=\w+\(-?\d+\) is not a registered))(\w+)/

function runError(cause: unknown, network: Network, { name }: RuntimeUsed): LobesError {
  const text = messageOf(cause)
  if (isMemory(text)) return memoryError(cause, network)
  return new UsageError('usage.run', `${name} stopped in the network "${network.name}": ${text}`, { cause })
}

function memoryError(cause: unknown, network: Network): ResourceError {
  return new ResourceError(
    'resource.memory',
    `There is not enough memory to run the network "${network.name}"; use a smaller batch.`,
    { cause },
  )
}

const isMemory = (text: string) => /bad.?alloc|failed to allocate|out of memory|std::length_error/i.test(text)

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
