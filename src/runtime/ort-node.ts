/** ONNX Runtime for Node: native speed, where the optional package `onnxruntime-node` is installed. */
import { UnsupportedError } from '../errors.ts'
import { ortSession } from './ort-session.ts'
import type { Runtime } from './runtime.ts'

/** Not written out in the import, so that bundlers for browsers leave it alone. */
const PACKAGE = 'onnxruntime-node'

/** @throws UnsupportedError where the package or its native part is missing */
export async function ortNodeRuntime(): Promise<Runtime> {
  const ort = await load()
  const version = ort.env.versions.node ?? ort.env.versions.common
  return {
    name: PACKAGE,
    version,
    load: (network, { threads = 1 } = {}) => ortSession(ort, 'cpu', network, { name: PACKAGE, version, threads }),
  }
}

async function load(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import(/* @vite-ignore */ PACKAGE)
  } catch (cause) {
    throw new UnsupportedError(
      'unsupported.runtime',
      `${PACKAGE} cannot be loaded here; in Node, npm install ${PACKAGE} adds it.`,
      { cause },
    )
  }
}
