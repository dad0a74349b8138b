/** A sub-module's picture beside those of random unit sets: score, entropy of the answer, dispersion of its units. */
import type { Network } from '../../network/network.ts'
import { logProbabilities } from '../lesions/outcome.ts'
import { outputScale } from '../lesions/study.ts'
import { summarise } from '../map-summaries.ts'
import type { SubModule } from '../sub-module.ts'
import type { UnitSite } from '../unit-sites.ts'
import type { CoherenceRecord } from './coherence-record.ts'
import { comparison } from './comparison.ts'
import type { FedInput } from './input-image.ts'
import { picture } from './picture.ts'
import type { CoherenceProtocol } from './protocols.ts'
import { entropy } from './top-inputs.ts'
import type { Visualisation } from './visualise.ts'

export interface Compared {
  readonly network: Network
  readonly input: FedInput
  readonly site: UnitSite
  readonly protocol: CoherenceProtocol
  /** The sub-module's, then those of its controls with the units they were made for. */
  readonly found: readonly (Visualisation & { readonly units: Int32Array })[]
  /** Pictures of controls that are kept. */
  readonly shown: number
  /** Whether outputs are classes of one head. */
  readonly hasClasses: boolean
}

type FromPictures = Pick<
  CoherenceRecord,
  'layer' | 'name' | 'module' | 'units' | 'picture' | 'controlPictures' | 'score' | 'entropy' | 'dispersion' | 'answer'
>

export function coherenceRecord(
  { layer, module, units }: SubModule,
  { network, input, site, protocol, found, shown, hasClasses }: Compared,
): FromPictures {
  const [own, ...controls] = found
  const { effect, summary } = protocol
  const pictures = found.slice(0, shown + 1).map(one => picture(one.picture, input))
  const classes = own.answer.length
  const answers = hasClasses && classes > 1 ? found.map(one => probabilities(one.answer, network)) : undefined
  const entropies = answers?.map(entropy)
  const spread = found.map(one => dispersion(one, site, summary))
  const likeliest = answers ? answers[0].indexOf(Math.max(...answers[0])) : -1
  return {
    ...{ layer, module, name: site.name, units: [...units] },
    picture: pictures[0],
    controlPictures: pictures.slice(1),
    score: comparison(
      own.score,
      controls.map(({ score }) => score),
      'right',
      effect,
    ),
    entropy: entropies ? comparison(entropies[0], entropies.slice(1), 'left', effect) : null,
    dispersion: comparison(spread[0], spread.slice(1), 'left', effect),
    answer: answers ? { class: likeliest, probability: answers[0][likeliest] } : null,
  }
}

function probabilities(answer: Float32Array, network: Network): Float64Array {
  const logarithms = new Float64Array(answer.length)
  logProbabilities(answer, 0, outputScale(network), logarithms)
  return logarithms.map(Math.exp)
}

/** Standard deviation over the set's units of their activations, a map's norm standing for a channel. */
function dispersion(
  { activations: { data, shape }, units }: Compared['found'][number],
  { axis, size }: UnitSite,
  summary: CoherenceProtocol['summary'],
): number {
  const inner = shape.slice(axis + 1).reduce((product, n) => product * n, 1)
  const outer = data.length / (size * inner)
  const values = Array.from(units, unit => {
    const map = Float32Array.from({ length: outer * inner }, (_, at) =>
      Number(data[(Math.floor(at / inner) * size + unit) * inner + (at % inner)]),
    )
    return map.length === 1 ? map[0] : summarise(map, inner > 1 ? shape[shape.length - 1] : 1, summary)
  })
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}
