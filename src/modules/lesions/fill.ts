/** The values that lesioned units give, by the ablation (ablations.ts). */
import { cutNetwork } from '../../network/cut.ts'
import type { Network } from '../../network/network.ts'
import { throwIfAborted } from '../../progress.ts'
import { randomStream, shuffle } from '../../random.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { elementCount, type Tensor, tensor } from '../../tensor/tensor.ts'
import type { UnitSite } from '../unit-sites.ts'
import type { Study } from './study.ts'

/** A cycle through all examples in random order: example i gives its values to `partners[i]`. */
export function examplePartners(examples: number, seed: number): Int32Array {
  const order = shuffle(
    Int32Array.from({ length: examples }, (_, i) => i),
    randomStream(seed, PARTNER_STREAM),
  )
  const partners = new Int32Array(examples)
  order.forEach((example, at) => {
    partners[example] = order[(at + 1) % examples]
  })
  return partners
}

const PARTNER_STREAM = 7

/** Values for lesioned units, a tensor for each site that broadcasts over the batch or fits it. */
export interface LesionFills {
  of(from: number, to: number): Promise<readonly Tensor[]>
  release(): Promise<void>
}

export async function lesionFills(study: Study, sites: readonly UnitSite[]): Promise<LesionFills> {
  const { network, options, partners } = study
  const always = (fills: readonly Tensor[]): LesionFills => ({ of: async () => fills, release: async () => {} })
  switch (options.ablation ?? 'zero') {
    case 'zero':
      return always(
        sites.map(({ post }) =>
          tensor(
            new Float32Array(1),
            network.shapes.get(post)!.map(() => 1),
          ),
        ),
      )
    case 'weights':
      return always(await Promise.all(sites.map(site => withoutWeights(network, site, options.runtime))))
    case 'mean':
      return always(await meanValues(study, sites))
    case 'resample': {
      const session = await study.load(cutNetwork(network, { outputs: sites.map(({ post }) => post) }))
      return {
        async of(from, to) {
          const values = await session.run(study.feed(from, to, partners))
          return sites.map(({ post }) => values[post])
        },
        release: () => session.release(),
      }
    }
  }
}

/** Mean of each site's value over all examples, position by position: one example each. */
async function meanValues(study: Study, sites: readonly UnitSite[]): Promise<Tensor[]> {
  const session = await study.load(cutNetwork(study.network, { outputs: sites.map(({ post }) => post) }))
  const sums: Float64Array[] = []
  const shapes: (readonly number[])[] = []
  for (let from = 0; from < study.examples; from += study.batch) {
    throwIfAborted(study.options.signal)
    const values = await session.run(study.feed(from, Math.min(from + study.batch, study.examples)))
    sites.forEach(({ post }, at) => {
      const { data, shape } = values[post]
      shapes[at] = [1, ...shape.slice(1)]
      sums[at] ??= new Float64Array(elementCount(shapes[at]))
      for (let i = 0; i < data.length; i++) sums[at][i % sums[at].length] += Number(data[i])
    })
  }
  await session.release()
  return sums.map((sum, at) =>
    tensor(
      Float32Array.from(sum, value => value / study.examples),
      shapes[at],
    ),
  )
}

/** What a site gives when its units' incoming weights and biases are 0: one example. */
async function withoutWeights(network: Network, site: UnitSite, runtime: Runtime): Promise<Tensor> {
  const biased = biasedValue(network, site)
  const shape = (network.shapes.get(site.post) ?? []).map(size => size ?? 1)
  const before = (network.shapes.get(biased) ?? shape).map(size => size ?? 1)
  const zeros = tensor(new Float32Array(elementCount(before)), before)
  if (biased === site.post) return zeros
  const session = await runtime.load(cutNetwork(network, { inputs: [biased], outputs: [site.post] }))
  const results = await session.run({ [biased]: zeros })
  await session.release()
  return results[site.post]
}

/** The layer's value behind its weights and its bias, before batch norm. */
function biasedValue(network: Network, { name }: UnitSite): string {
  const operator = network.operators.find(one => one.name === name)!
  const [value] = operator.outputs
  const readers = network.operators.filter(({ inputs }) => inputs.includes(value))
  const bias = readers.length === 1 && readers[0].type === 'Add' ? readers[0] : undefined
  return bias?.inputs.some(input => network.weights.has(input)) ? bias.outputs[0] : value
}
