/** Normalisation by batch, layer, instance or group; softmax and the loss built on it. */
import { numberAttribute, type Operator } from '../../network/network.ts'
import { elementCount } from '../../tensor/tensor.ts'
import { broadcastShape, spread } from './broadcast.ts'
import { around, axisOf, type Kernel, type KernelTable, like, misfit, required, type Value, value } from './value.ts'

/**
 * (x − mean) / √(variance + ε) · scale + shift per channel. In training the batch's own mean and (biased) variance are
 * used, and the running ones returned: momentum · old + (1 − momentum) · new.
 */
const batchNormalization: Kernel = (operator, inputs) => {
  const [x, scale, shift, runningMean, runningVariance] = [0, 1, 2, 3, 4].map(at => required(operator, inputs, at))
  const epsilon = numberAttribute(operator, 'epsilon', 1e-5)
  const [batch, channels = 1] = x.shape
  const area = elementCount(x.shape.slice(2))
  if (scale.data.length !== channels) misfit(operator, `has ${scale.data.length} scales for ${channels} channels`)
  const trains = numberAttribute(operator, 'training_mode', 0) !== 0
  const mean = trains ? new Float64Array(channels) : runningMean.data
  const variance = trains ? new Float64Array(channels) : runningVariance.data
  const y = like(x, x.shape)
  const count = batch * area
  for (let channel = 0; channel < channels; channel++) {
    const each = (visit: (at: number) => void) => {
      for (let n = 0; n < batch; n++) for (let i = 0; i < area; i++) visit((n * channels + channel) * area + i)
    }
    if (trains) {
      each(at => (mean[channel] += x.data[at] / count))
      each(at => (variance[channel] += (x.data[at] - mean[channel]) ** 2 / count))
    }
    const factor = scale.data[channel] / Math.sqrt(variance[channel] + epsilon)
    each(at => (y.data[at] = (x.data[at] - mean[channel]) * factor + shift.data[channel]))
  }
  if (!trains) return [y]
  const momentum = numberAttribute(operator, 'momentum', 0.9)
  const moved = (running: Value, own: Float64Array) =>
    like(
      running,
      running.shape,
      own.map((item, i) => momentum * running.data[i] + (1 - momentum) * item),
    )
  return [y, moved(runningMean, mean), moved(runningVariance, variance)]
}

/** Rows of `length` to mean 0 and variance 1; their means and inverse deviations. */
function standardize(x: Float64Array, length: number, epsilon: number) {
  const rows = x.length / length
  const result = new Float64Array(x.length)
  const [means, inverses] = [new Float64Array(rows), new Float64Array(rows)]
  for (let row = 0; row < rows; row++) {
    const part = x.subarray(row * length, (row + 1) * length)
    const mean = part.reduce((sum, item) => sum + item, 0) / length
    const variance = part.reduce((sum, item) => sum + (item - mean) ** 2, 0) / length
    means[row] = mean
    inverses[row] = 1 / Math.sqrt(variance + epsilon)
    for (let i = 0; i < length; i++) result[row * length + i] = (part[i] - mean) * inverses[row]
  }
  return { result, means, inverses }
}

const layerNormalization: Kernel = (operator, inputs) => {
  const [x, scale, shift] = [required(operator, inputs, 0), required(operator, inputs, 1), inputs[2]]
  const axis = axisOf(operator, numberAttribute(operator, 'axis', -1), x.shape.length)
  const length = elementCount(x.shape.slice(axis))
  const { result, means, inverses } = standardize(x.data, length, numberAttribute(operator, 'epsilon', 1e-5))
  const factors = spread(scale, broadcastShape(operator, [scale.shape, x.shape]))
  const shifts = shift && spread(shift, broadcastShape(operator, [shift.shape, x.shape]))
  for (let i = 0; i < result.length; i++) result[i] = result[i] * factors[i] + (shifts ? shifts[i] : 0)
  const kept = x.shape.map((size, at) => (at < axis ? size : 1))
  return [like(x, x.shape, result), value(kept, means), value(kept, inverses)]
}

/** Each channel, or each group of channels, of each example by itself; scale and shift per channel. */
function perExample(groupsOf: (operator: Operator, channels: number) => number): Kernel {
  return (operator, inputs) => {
    const [x, scale, shift] = [0, 1, 2].map(at => required(operator, inputs, at))
    const [, channels, ...space] = x.shape
    const area = elementCount(space)
    const length = (channels / groupsOf(operator, channels)) * area
    const { result } = standardize(x.data, length, numberAttribute(operator, 'epsilon', 1e-5))
    for (let i = 0; i < result.length; i++) {
      const channel = Math.floor(i / area) % channels
      result[i] = result[i] * scale.data[channel] + shift.data[channel]
    }
    return [like(x, x.shape, result)]
  }
}

/** log Σ eˣ is taken off every element along the axis. */
function logSoftmaxOf(x: Value, axis: number): Float64Array {
  const { outer, size, inner } = around(x.shape, axis)
  const result = new Float64Array(x.data.length)
  for (let row = 0; row < outer; row++)
    for (let column = 0; column < inner; column++) {
      const at = (place: number) => (row * size + place) * inner + column
      let [largest, total] = [Number.NEGATIVE_INFINITY, 0]
      for (let place = 0; place < size; place++) largest = Math.max(largest, x.data[at(place)])
      for (let place = 0; place < size; place++) total += Math.exp(x.data[at(place)] - largest)
      const shift = largest + Math.log(total)
      for (let place = 0; place < size; place++) result[at(place)] = x.data[at(place)] - shift
    }
  return result
}

const logSoftmax: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  const axis = axisOf(operator, numberAttribute(operator, 'axis', -1), x.shape.length)
  return [like(x, x.shape, logSoftmaxOf(x, axis))]
}

const softmax: Kernel = (operator, inputs, scope) =>
  logSoftmax(operator, inputs, scope).map(logs => like(logs, logs.shape, logs.data.map(Math.exp)))

/** −log softmax at the label, weighted by class, reduced by mean (of the weights), sum or not at all. */
const softmaxCrossEntropyLoss: Kernel = (operator, inputs) => {
  const [scores, labels] = [required(operator, inputs, 0), required(operator, inputs, 1)]
  const { outer, size, inner } = around(scores.shape, 1)
  const ignored = operator.attributes.ignore_index
  const logs = logSoftmaxOf(scores, 1)
  const losses = new Float64Array(outer * inner)
  let total = 0
  for (let at = 0; at < losses.length; at++) {
    const label = labels.data[at]
    if (label === ignored) continue
    if (!(label >= 0 && label < size)) misfit(operator, `gets the label ${label} for ${size} classes`)
    const weight = inputs[2]?.data[label] ?? 1
    total += weight
    losses[at] = -weight * logs[(Math.floor(at / inner) * size + label) * inner + (at % inner)]
  }
  const logProbabilities = like(scores, scores.shape, logs)
  const reduction = operator.attributes.reduction ?? 'mean'
  if (reduction === 'none') return [value(labels.shape, losses), logProbabilities]
  const sum = losses.reduce((a, b) => a + b, 0)
  return [value([], Float64Array.of(reduction === 'sum' ? sum : sum / total)), logProbabilities]
}

export const NORMALIZATION: KernelTable = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  InstanceNormalization: perExample((_, channels) => channels),
  GroupNormalization: perExample(operator => numberAttribute(operator, 'num_groups', 1)),
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  SoftmaxCrossEntropyLoss: softmaxCrossEntropyLoss,
}
