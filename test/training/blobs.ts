import type { Dataset } from '../../src/data/dataset.ts'
import type { Network } from '../../src/network/network.ts'
import { randomStream } from '../../src/random.ts'
import { normalDraws } from '../../src/stats/normal.ts'

/** Three clouds of points in six dimensions, well apart. */
export function blobs(examples: number, options: { readonly seed?: number; readonly spread?: number } = {}): Dataset {
  const { seed = 0, spread = 0.3 } = options
  const draw = normalDraws(randomStream(seed))
  const split = (count: number) => {
    const inputs = new Float32Array(count * 6)
    const labels = new Int32Array(count)
    for (let i = 0; i < count; i++) {
      labels[i] = i % 3
      for (let j = 0; j < 6; j++) inputs[i * 6 + j] = (j % 3 === labels[i] ? 1 : 0) + spread * draw()
    }
    return { inputs, labels }
  }
  return {
    ...{ name: 'blobs', shape: [6], divisor: 1, classes: ['a', 'b', 'c'], heads: 1, outputs: 3, shuffle: true },
    ...{ train: split(examples), tests: { test: split(30) }, provenance: 'Made for a test.' },
  }
}

/** The same as regression on one-hot targets. */
export function blobTargets(examples: number): Dataset {
  const { classes: _, train, tests, ...rest } = blobs(examples)
  const split = ({ inputs, labels }: typeof train) => ({
    inputs,
    targets: Float32Array.from({ length: labels!.length * 3 }, (_, i) =>
      labels![Math.floor(i / 3)] === i % 3 ? 1 : 0,
    ),
  })
  return { ...rest, train: split(train), tests: { test: split(tests.test) } }
}

/** All weights of a network, one behind the other, as bytes: equal means equal to the last bit. */
export async function weightBits(network: Network): Promise<string> {
  const parts: string[] = []
  for (const [name, weight] of network.weights) {
    const { data } = await weight.read()
    parts.push(`${name} ${Array.from(new Uint32Array(data.slice().buffer), word => word.toString(16)).join(' ')}`)
  }
  return parts.join('\n')
}

export async function readWeights(network: Network): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>()
  for (const [name, weight] of network.weights) values.set(name, (await weight.read()).data as Float32Array)
  return values
}
