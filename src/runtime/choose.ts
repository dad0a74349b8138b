/** Picks the fastest runtime that is installed: native, then WebAssembly, then the reference. */
import { UnsupportedError, UsageError } from '../errors.ts'
import type { Runtime, RuntimeName } from './runtime.ts'

export interface ChooseOptions {
  /** Take this one or fail. Default: the fastest installed. */
  readonly prefer?: RuntimeName
}

/** Fastest first. Each is loaded when it is asked for. */
const RUNTIMES: Readonly<Record<RuntimeName, () => Promise<Runtime>>> = {
  'onnxruntime-node': async () => (await import('./ort-node.ts')).ortNodeRuntime(),
  'onnxruntime-web': async () => (await import('./ort-web.ts')).ortWebRuntime(),
  reference: async () => (await import('./reference.ts')).referenceRuntime({ floats: 'float32' }),
}

const loaded = new Map<RuntimeName, Promise<Runtime>>()

function load(name: RuntimeName): Promise<Runtime> {
  const found = loaded.get(name)
  if (found) return found
  const runtime = RUNTIMES[name]()
  loaded.set(name, runtime)
  return runtime
}

/** @throws UsageError for an unknown name, UnsupportedError where the preferred runtime is not installed */
export async function chooseRuntime({ prefer }: ChooseOptions = {}): Promise<Runtime> {
  const names = Object.keys(RUNTIMES) as RuntimeName[]
  if (prefer !== undefined && !names.includes(prefer))
    throw new UsageError('usage.runtime', `There is no runtime "${prefer}"; choose from ${names.join(', ')}.`)
  if (prefer !== undefined) return load(prefer)
  for (const name of names) {
    try {
      return await load(name)
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error
    }
  }
  return load('reference')
}
