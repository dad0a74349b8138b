/**
 * What is measured of a network with and without a lesion: accuracy in each class, which classes it answers, its loss,
 * and, where there are no labels, how far its answers moved: KL(intact ‖ lesioned) = Σ_c p_c ln(p_c / q_c) over the
 * softmax of the outputs, and the share of examples that are answered as before.
 */
import { UsageError } from '../../errors.ts'

/** Examples to measure on. It has `labels`, `targets`, or neither. */
export interface EvaluationSet {
  /** What the network reads: [examples × shape], row-major, ready to be fed. */
  readonly inputs: Float32Array
  /** Of one example, without the batch. */
  readonly shape: readonly number[]
  /** Class of each example, [examples × heads]. */
  readonly labels?: Int32Array
  /** Numbers to predict, [examples × outputs]. */
  readonly targets?: Float32Array
  /** Labels per example. Default: 1. */
  readonly heads?: number
}

export interface Outcome {
  /**
   * Right answers in each class; by the intact network's own answers where there are no labels. Where there are several
   * labels per example, the classes of each stand for themselves: [heads × classes].
   */
  readonly right: Float64Array
  /** Examples of each class: [heads × classes]. */
  readonly examples: Float64Array
  /** How often each class is the answer: [heads × classes]. */
  readonly answers: Float64Array
  /** Mean cross-entropy in nats, or mean squared error; null without labels and targets. */
  readonly loss: number | null
  /** Mean KL(intact ‖ lesioned) in nats; null for regression and when `divergence` is not asked for. */
  readonly divergence: number | null
  /** Mean squared error of each output, for regression: [outputs]. */
  readonly errors?: Float64Array
}

/** Share of right answers in each class; NaN for classes without examples. */
export function classAccuracies({ right, examples }: Outcome): Float64Array {
  return right.map((count, c) => count / examples[c])
}

/** Share of right answers over all examples. */
export function overallAccuracy({ right, examples }: Outcome): number {
  return total(right) / total(examples)
}

const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0)

/** What the numbers behind the last operator are. */
export type OutputScale = 'logits' | 'probabilities' | 'log-probabilities'

export interface JudgeOptions {
  /** Of one head. */
  readonly classes: number
  readonly heads: number
  readonly scale: OutputScale
  readonly labels?: Int32Array
  readonly targets?: Float32Array
  /** Whether the loss is worked out (it takes longer than the answers). */
  readonly loss: boolean
  readonly divergence: boolean
}

/** Adds up over batches of outputs. */
export interface Judge {
  /** @param outputs [examples × heads × classes] of the examples from `from` on; `intact` the same of the intact network */
  add(outputs: Float32Array, from: number, intact: Float32Array): void
  result(): Outcome
}

export function judge(options: JudgeOptions): Judge {
  const { classes, targets } = options
  return targets ? regressionJudge(targets, classes) : classJudge(options)
}

function classJudge({ classes, heads, scale, labels, loss, divergence }: JudgeOptions): Judge {
  const right = new Float64Array(heads * classes)
  const examples = new Float64Array(heads * classes)
  const answers = new Float64Array(heads * classes)
  const logits = new Float64Array(classes)
  const before = new Float64Array(classes)
  let losses = 0
  let divergences = 0
  return {
    add(outputs, from, intact) {
      const count = outputs.length / classes
      for (let i = 0; i < count; i++) {
        const start = i * classes
        const asked = labels ? labels[from * heads + i] : answerOf(intact, start, classes)
        const given = answerOf(outputs, start, classes)
        const head = (i % heads) * classes
        examples[head + asked]++
        if (given >= 0) answers[head + given]++
        if (given === asked) right[head + asked]++
        if (!(loss && labels) && !divergence) continue
        logProbabilities(outputs, start, scale, logits)
        if (labels) losses -= logits[asked]
        if (!divergence) continue
        logProbabilities(intact, start, scale, before)
        for (let c = 0; c < classes; c++) divergences += Math.exp(before[c]) * (before[c] - logits[c])
      }
    },
    result() {
      const count = total(examples)
      return {
        ...{ right, examples, answers },
        loss: loss && labels ? losses / count : null,
        divergence: divergence ? divergences / count : null,
      }
    },
  }
}

function regressionJudge(targets: Float32Array, outputs: number): Judge {
  const errors = new Float64Array(outputs)
  let count = 0
  return {
    add(values, from) {
      for (let i = 0; i < values.length; i += outputs, count++)
        for (let o = 0; o < outputs; o++) errors[o] += (values[i + o] - targets[from * outputs + i + o]) ** 2
    },
    result: () => ({
      right: new Float64Array(0),
      examples: new Float64Array(0),
      answers: new Float64Array(0),
      loss: total(errors) / (count * outputs),
      divergence: null,
      errors: errors.map(sum => sum / count),
    }),
  }
}

/** The largest output; a tie goes to the lower number; −1 where one is no number. */
function answerOf(outputs: Float32Array, start: number, count: number): number {
  let best = 0
  for (let c = 0; c < count; c++) {
    const value = outputs[start + c]
    if (Number.isNaN(value)) return -1
    if (value > outputs[start + best]) best = c
  }
  return best
}

/** Probabilities below this count as this. */
const LEAST_PROBABILITY = 1e-30

export function logProbabilities(outputs: Float32Array, start: number, scale: OutputScale, into: Float64Array): void {
  const count = into.length
  if (scale === 'probabilities')
    for (let c = 0; c < count; c++) into[c] = Math.log(Math.max(outputs[start + c], LEAST_PROBABILITY))
  else if (scale === 'log-probabilities') for (let c = 0; c < count; c++) into[c] = outputs[start + c]
  else {
    let most = Number.NEGATIVE_INFINITY
    for (let c = 0; c < count; c++) most = Math.max(most, outputs[start + c])
    let sum = 0
    for (let c = 0; c < count; c++) sum += Math.exp(outputs[start + c] - most)
    const shift = most + Math.log(sum)
    for (let c = 0; c < count; c++) into[c] = outputs[start + c] - shift
  }
}

/**
 * Checks that data and outputs fit.
 * @throws UsageError `usage.data` with the sizes, or naming the example whose label is no output
 */
export function checkEvaluationSet(set: EvaluationSet, outputs: number): { examples: number; classes: number } {
  const size = set.shape.reduce((product, length) => product * length, 1)
  const examples = set.inputs.length / size
  const heads = set.heads ?? 1
  const wrong = (message: string): never => {
    throw new UsageError('usage.data', message)
  }
  if (!Number.isInteger(examples) || examples < 1)
    wrong(`${set.inputs.length} values are no whole number of examples of shape [${set.shape}].`)
  if (outputs % heads !== 0) wrong(`${outputs} outputs cannot be divided among ${heads} labels per example.`)
  const classes = outputs / heads
  if (set.labels && set.labels.length !== examples * heads)
    wrong(`${examples} examples need ${examples * heads} labels, not ${set.labels.length}.`)
  if (set.targets && set.targets.length !== examples * outputs)
    wrong(`${examples} examples of ${outputs} outputs need ${examples * outputs} targets, not ${set.targets.length}.`)
  const stranger = set.labels?.findIndex(label => label < 0 || label >= classes) ?? -1
  if (set.labels && stranger >= 0)
    wrong(
      `Example ${Math.floor(stranger / heads)} has the label ${set.labels[stranger]}, but the network has ${classes} outputs: ` +
        'labels go from 0 to the number of outputs − 1. Take the data this network was trained for.',
    )
  return { examples, classes }
}
