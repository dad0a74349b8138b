/** What examples say about sub-modules: top inputs, correlation with the input, classes. */
import type { EvaluationData } from '../../data/evaluation-data.ts'
import { UsageError } from '../../errors.ts'
import type { ActivationLayer } from '../../graph/correlation.ts'
import { randomStream } from '../../random.ts'
import { elementCount } from '../../tensor/tensor.ts'
import type { ActivationOptions } from '../activations.ts'
import { collectActivations } from '../activations.ts'
import type { CorrelationPictures, TopInputs } from './coherence-record.ts'
import { comparison } from './comparison.ts'
import { alignedMean, type InputCorrelations, inputCorrelations } from './input-correlation.ts'
import type { FedInput } from './input-image.ts'
import type { Normalisation } from './parametrisation.ts'
import { picture } from './picture.ts'
import type { CoherenceProtocol } from './protocols.ts'
import { type UnitSelectivity, unitSelectivity } from './selectivity.ts'
import { labelEntropy, topInputs } from './top-inputs.ts'

/** Examples as `evaluationData` gives them; what is left out there may be left out. */
export type CoherenceData = Pick<EvaluationData, 'inputs' | 'shape' | 'labels' | 'targets' | 'indices' | 'image'> & {
  readonly heads?: number
  readonly classes?: readonly string[]
  readonly preprocessing?: Pick<EvaluationData['preprocessing'], 'mean' | 'std'>
}

export interface LayerEvidence {
  readonly activations: ActivationLayer
  readonly correlations: InputCorrelations
  /** Null without labels. */
  readonly selectivity: UnitSelectivity | null
}

/** Inputs named for each unit set. */
const TOP = 10
/** Correlations are taken over at most so many examples. */
const CORRELATED = 2000
const SIGN_STREAM = 23

/** One class for each example, and how many classes there are; undefined for data without. */
function classLabels({ labels, heads = 1 }: CoherenceData, outputs: number) {
  return labels && heads === 1 ? { labels, classes: outputs } : undefined
}

/** @param layers of the unit graph; @returns in the same order */
export async function layerEvidence(
  network: Parameters<typeof collectActivations>[0],
  layers: Parameters<typeof collectActivations>[1]['layers'],
  data: CoherenceData,
  outputs: number,
  options: ActivationOptions & Required<Pick<ActivationOptions, 'runtime'>> & { readonly threads: number },
): Promise<LayerEvidence[]> {
  const size = elementCount(data.shape)
  const examples = data.inputs.length / size
  if (examples < 2 * TOP)
    throw new UsageError('usage.data', `Top inputs need at least ${2 * TOP} examples, but there are ${examples}.`)
  const activations = await collectActivations(network, { layers }, data.inputs, options)
  const few = Math.min(examples, CORRELATED)
  const first = activations.map(({ values, ...layer }) => ({ ...layer, values: firstExamples(values, examples, few) }))
  const correlations = await inputCorrelations(
    first,
    data.inputs.subarray(0, few * size),
    options.runtime,
    options.threads,
  )
  const classes = classLabels(data, outputs)
  return activations.map((layer, at) => ({
    activations: layer,
    correlations: correlations[at],
    selectivity: classes ? unitSelectivity(layer, classes.labels, classes.classes) : null,
  }))
}

function firstExamples(values: Float32Array, examples: number, count: number): Float32Array {
  const units = values.length / examples
  const kept = new Float32Array(units * count)
  for (let unit = 0; unit < units; unit++)
    kept.set(values.subarray(unit * examples, unit * examples + count), unit * count)
  return kept
}

/** @param sets the sub-module's units, then those of its controls */
export function topInputsOf(
  { activations }: LayerEvidence,
  data: CoherenceData,
  input: FedInput,
  normalisation: Normalisation,
  [units, ...controls]: readonly Int32Array[],
  protocol: CoherenceProtocol,
): TopInputs {
  const labels = data.heads === undefined || data.heads === 1 ? data.labels : undefined
  const top = topInputs(activations, units, TOP)
  const size = elementCount(data.shape)
  const entropies = labels && controls.map(control => labelEntropy(labels, topInputs(activations, control, TOP)))
  return {
    examples: Array.from(top, example => data.indices[example]),
    labels: labels ? Array.from(top, example => labels[example]) : null,
    pictures: Array.from(top, example =>
      picture(shownValues(data.inputs.subarray(example * size, (example + 1) * size), input, normalisation), input),
    ),
    labelEntropy:
      labels && entropies ? comparison(labelEntropy(labels, top), entropies, 'left', protocol.effect) : null,
  }
}

/** An example as it was before normalisation: [channels × pixels], black at 0 and white at 1. */
function shownValues(values: Float32Array, { image }: FedInput, normalisation: Normalisation): Float32Array {
  const { mean = [0], std = [1], range: [low, high] = [0, 1] } = normalisation
  const channels = image?.channels ?? 1
  const pixels = values.length / channels
  return Float32Array.from({ length: values.length }, (_, at) => {
    const [channel, pixel] = [Math.floor(at / pixels), at % pixels]
    const value = values[image?.layout === 'nhwc' ? pixel * channels + channel : at]
    const [m, s] = [mean, std].map(of => of[of.length === 1 ? 0 : channel])
    return (value * s + m - low) / (high - low || 1)
  })
}

/** @param sets the sub-module's units, then those of the controls that are drawn */
export function correlationPictures(
  { correlations }: LayerEvidence,
  input: FedInput,
  sets: readonly Int32Array[],
  seed: number,
): CorrelationPictures {
  const means = sets.map((units, at) => alignedMean(correlations, units, randomStream(seed, SIGN_STREAM, at)))
  const largest = means.reduce((most, values) => values.reduce((m, value) => Math.max(m, Math.abs(value)), most), 0)
  const [shown, ...controls] = means.map(values => {
    const grey = values.map(value => 0.5 + value / (2 * (largest || 1)))
    return picture(shownValues(grey, input, {}), input)
  })
  return { picture: shown, controls, largest }
}

/** Least and greatest value before normalisation: what black and white are in these data. */
export function dataRange({ inputs, shape, image, preprocessing }: CoherenceData): readonly [number, number] {
  const { mean = [0], std = [1] } = preprocessing ?? {}
  const size = elementCount(shape)
  const channels = image?.channels ?? 1
  const channelOf = (at: number) => (image?.layout === 'nhwc' ? at % channels : Math.floor((at * channels) / size))
  const of = (values: readonly number[], at: number) => values[values.length === 1 ? 0 : channelOf(at)]
  const means = Float64Array.from({ length: size }, (_, at) => of(mean, at))
  const stds = Float64Array.from({ length: size }, (_, at) => of(std, at))
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let i = 0; i < inputs.length; i++) {
    const value = inputs[i] * stds[i % size] + means[i % size]
    if (value < low) low = value
    if (value > high) high = value
  }
  // Taking mean and deviation off and putting them back leaves rounding errors in the last digits.
  const [black, white] = [low, high].map(value => Math.round(value * 1e5) / 1e5)
  return white > black ? [black, white] : [0, 1]
}
