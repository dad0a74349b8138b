// Training of small sparse perceptrons: all epochs of one call run in here. Lanes are examples: an activation row holds
// one unit for the examples of a batch, padded to a multiple of 4, and an edge is one weight that multiplies a row. The
// work is therefore proportional to the edges that are left. Hidden units are ReLU, outputs logits; the loss is the mean
// binary cross-entropy over examples and outputs, or the mean cross-entropy over examples; Adam with L2 added to the
// gradient (Kingma and Ba 2015). Examples lie in blocks of as many lanes as fit the cache: [block][unit][lane].
// The layout of the descriptor is in ../../training/perceptron-trainer.ts.

import { gaussian, below } from './perceptron-random'
import { sigmoid } from './sigmoid'

const RECORD: usize = 32

// @ts-ignore: decorator
@inline
function word(d: usize, index: i32): i32 {
  return load<i32>(d + (<usize>index << 2))
}

// @ts-ignore: decorator
@inline
function address(d: usize, index: i32): usize {
  return <usize>load<u32>(d + (<usize>index << 2))
}

// Activations of all layers for `lanes` examples whose inputs lie at `input`; those of the last layer are logits.
function forwardBlock(d: usize, input: usize, lanes: i32): void {
  const layers = word(d, 0)
  const params = address(d, 11)
  const stride = <usize>lanes << 2
  let belowRows = input
  for (let l = 0; l < layers; l++) {
    const record = address(d, 7) + RECORD * <usize>l
    const units = word(record, 1)
    const starts = address(record, 2)
    const sources = address(record, 3)
    const weights = params + (<usize>word(record, 4) << 2)
    const biases = params + (<usize>word(record, 5) << 2)
    const rows = address(record, 6)
    const hidden = l < layers - 1
    for (let u = 0; u < units; u++) {
      const from = word(starts, u)
      const to = word(starts, u + 1)
      const row = rows + stride * <usize>u
      if (from == to) {
        memory.fill(row, 0, stride)
        continue
      }
      const bias = f32x4.splat(load<f32>(biases + (<usize>u << 2)))
      let at: usize = 0
      for (; at + 64 <= stride; at += 64) {
        let a = bias
        let b = bias
        let c = bias
        let e = bias
        for (let edge = from; edge < to; edge++) {
          const w = v128.load32_splat(weights + (<usize>edge << 2))
          const x = belowRows + stride * <usize>word(sources, edge) + at
          a = f32x4.add(a, f32x4.mul(w, v128.load(x)))
          b = f32x4.add(b, f32x4.mul(w, v128.load(x, 16)))
          c = f32x4.add(c, f32x4.mul(w, v128.load(x, 32)))
          e = f32x4.add(e, f32x4.mul(w, v128.load(x, 48)))
        }
        if (hidden) {
          const zero = f32x4.splat(0)
          a = f32x4.max(a, zero)
          b = f32x4.max(b, zero)
          c = f32x4.max(c, zero)
          e = f32x4.max(e, zero)
        }
        v128.store(row + at, a)
        v128.store(row + at, b, 16)
        v128.store(row + at, c, 32)
        v128.store(row + at, e, 48)
      }
      for (; at < stride; at += 16) {
        let a = bias
        for (let edge = from; edge < to; edge++) {
          const w = v128.load32_splat(weights + (<usize>edge << 2))
          a = f32x4.add(a, f32x4.mul(w, v128.load(belowRows + stride * <usize>word(sources, edge) + at)))
        }
        if (hidden) a = f32x4.max(a, f32x4.splat(0))
        v128.store(row + at, a)
      }
    }
    belowRows = rows
  }
}

// Gradient of the loss with respect to the logits, `scale`·(p − y), into the last layer's delta rows; 0 in lanes past
// `count`. p are sigmoids, or the softmax where examples have classes (word 25).
function outputDeltas(d: usize, targets: usize, lanes: i32, count: i32, scale: f32): void {
  const record = address(d, 7) + RECORD * <usize>(word(d, 0) - 1)
  if (word(d, 25) == 1) return classDeltas(record, targets, lanes, count, scale)
  const units = word(record, 1)
  const logits = address(record, 6)
  const deltas = address(record, 7)
  const factor = f32x4.splat(scale)
  const stride = <usize>lanes << 2
  for (let u = 0; u < units; u++) {
    const offset = stride * <usize>u
    for (let at: usize = 0; at < stride; at += 16) {
      const p = sigmoid(v128.load(logits + offset + at))
      v128.store(deltas + offset + at, f32x4.mul(factor, f32x4.sub(p, v128.load(targets + offset + at))))
    }
    for (let lane = count; lane < lanes; lane++) store<f32>(deltas + offset + (<usize>lane << 2), 0)
  }
}

function classDeltas(record: usize, targets: usize, lanes: i32, count: i32, scale: f32): void {
  const units = word(record, 1)
  const stride = <usize>lanes << 2
  memory.fill(address(record, 7), 0, stride * <usize>units)
  for (let lane = 0; lane < count; lane++) {
    const logits = address(record, 6) + (<usize>lane << 2)
    const deltas = address(record, 7) + (<usize>lane << 2)
    let most = load<f32>(logits)
    for (let u = 1; u < units; u++) most = NativeMathf.max(most, load<f32>(logits + stride * <usize>u))
    let sum: f32 = 0
    for (let u = 0; u < units; u++) {
      const e = NativeMathf.exp(load<f32>(logits + stride * <usize>u) - most)
      store<f32>(deltas + stride * <usize>u, e)
      sum += e
    }
    for (let u = 0; u < units; u++) {
      const at = stride * <usize>u
      store<f32>(deltas + at, scale * (load<f32>(deltas + at) / sum - load<f32>(targets + (<usize>lane << 2) + at)))
    }
  }
}

// Gradients of all parameters, and in the delta rows of hidden layers the gradient with respect to their activations
// (0 where the unit is off).
function backward(d: usize, input: usize, lanes: i32): void {
  const layers = word(d, 0)
  const params = address(d, 11)
  const gradients = address(d, 12)
  const stride = <usize>lanes << 2
  for (let l = layers - 1; l >= 0; l--) {
    const record = address(d, 7) + RECORD * <usize>l
    const units = word(record, 1)
    const starts = address(record, 2)
    const sources = address(record, 3)
    const weights = params + (<usize>word(record, 4) << 2)
    const weightGradients = gradients + (<usize>word(record, 4) << 2)
    const biasGradients = gradients + (<usize>word(record, 5) << 2)
    const deltas = address(record, 7)
    const lower = record - RECORD
    const belowRows = l > 0 ? address(lower, 6) : input
    const belowDeltas = l > 0 ? address(lower, 7) : 0
    if (l > 0) memory.fill(belowDeltas, 0, stride * <usize>word(lower, 1))
    for (let u = 0; u < units; u++) {
      const from = word(starts, u)
      const to = word(starts, u + 1)
      if (from == to) continue
      const row = deltas + stride * <usize>u
      let sum = f32x4.splat(0)
      for (let at: usize = 0; at < stride; at += 16) sum = f32x4.add(sum, v128.load(row + at))
      store<f32>(biasGradients + (<usize>u << 2), across(sum))
      for (let edge = from; edge < to; edge++) {
        const source = stride * <usize>word(sources, edge)
        const x = belowRows + source
        let product = f32x4.splat(0)
        if (l > 0) {
          const w = v128.load32_splat(weights + (<usize>edge << 2))
          const to = belowDeltas + source
          for (let at: usize = 0; at < stride; at += 16) {
            const delta = v128.load(row + at)
            product = f32x4.add(product, f32x4.mul(v128.load(x + at), delta))
            v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.mul(w, delta)))
          }
        } else {
          for (let at: usize = 0; at < stride; at += 16)
            product = f32x4.add(product, f32x4.mul(v128.load(x + at), v128.load(row + at)))
        }
        store<f32>(weightGradients + (<usize>edge << 2), across(product))
      }
    }
    if (l > 0) {
      const all = stride * <usize>word(lower, 1)
      const zero = f32x4.splat(0)
      for (let at: usize = 0; at < all; at += 16)
        v128.store(belowDeltas + at, v128.and(v128.load(belowDeltas + at), f32x4.gt(v128.load(belowRows + at), zero)))
    }
  }
}

// @ts-ignore: decorator
@inline
function across(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
}

const BETA1: f32 = 0.9
const BETA2: f32 = 0.999
const EPSILON: f32 = 1e-8

function adam(d: usize, decay1: f64, decay2: f64): void {
  const bytes = <usize>word(d, 6) << 2
  const params = address(d, 11)
  const gradients = address(d, 12)
  const first = address(d, 13)
  const second = address(d, 14)
  const rate = f32x4.splat(<f32>(<f64>load<f32>(d + 80) / (1 - decay1)))
  const correction = f32x4.splat(<f32>Math.sqrt(1 - decay2))
  const decay = f32x4.splat(load<f32>(d + 84))
  const b1 = f32x4.splat(BETA1)
  const c1 = f32x4.splat(<f32>1 - BETA1)
  const b2 = f32x4.splat(BETA2)
  const c2 = f32x4.splat(<f32>1 - BETA2)
  const epsilon = f32x4.splat(EPSILON)
  for (let at: usize = 0; at < bytes; at += 16) {
    const w = v128.load(params + at)
    const g = f32x4.add(v128.load(gradients + at), f32x4.mul(decay, w))
    const m = f32x4.add(f32x4.mul(b1, v128.load(first + at)), f32x4.mul(c1, g))
    const v = f32x4.add(f32x4.mul(b2, v128.load(second + at)), f32x4.mul(c2, f32x4.mul(g, g)))
    v128.store(first + at, m)
    v128.store(second + at, v)
    const root = f32x4.add(f32x4.div(f32x4.sqrt(v), correction), epsilon)
    v128.store(params + at, f32x4.sub(w, f32x4.div(f32x4.mul(rate, m), root)))
  }
}

// The examples order[from … from + count − 1], their inputs with noise, into the batch rows.
function gatherBatch(d: usize, from: i32, count: i32, lanes: i32): void {
  const order = address(d, 16) + (<usize>from << 2)
  const block = word(d, 2)
  const stride = <usize>lanes << 2
  const sigma = load<f32>(d + 88)
  const inputs = word(address(d, 7), 0)
  copyRows(address(d, 9), address(d, 8), inputs, block, stride, order, count)
  copyRows(address(d, 10), address(d, 19), outputCount(d), block, stride, order, count)
  if (sigma > 0) {
    const normals = address(d, 17)
    const state = address(d, 18)
    for (let u = 0; u < inputs; u++) {
      const row = address(d, 8) + stride * <usize>u
      for (let b = 0; b < count; b++) {
        const at = row + (<usize>b << 2)
        store<f32>(at, load<f32>(at) + sigma * gaussian(state, normals))
      }
    }
  }
}

function outputCount(d: usize): i32 {
  return word(address(d, 7) + RECORD * <usize>(word(d, 0) - 1), 1)
}

function copyRows(table: usize, batch: usize, units: i32, block: i32, stride: usize, order: usize, count: i32): void {
  const step = <usize>block << 2
  for (let b = 0; b < count; b++) {
    const example = word(order, b)
    const from = table + step * <usize>units * <usize>(example / block) + (<usize>(example % block) << 2)
    const to = batch + (<usize>b << 2)
    for (let u = 0; u < units; u++) store<f32>(to + stride * <usize>u, load<f32>(from + step * <usize>u))
  }
}

// How many answers are right over all validation examples: output bits, or classes. The mean loss goes to words 30–31.
export function validate(d: usize): i32 {
  const rows = word(d, 32)
  const lanes = word(d, 33)
  const inputs = word(address(d, 7), 0)
  const record = address(d, 7) + RECORD * <usize>(word(d, 0) - 1)
  const outputs = word(record, 1)
  const classes = word(d, 25) == 1
  let right = 0
  let loss: f64 = 0
  for (let from = 0, block = 0; from < rows; from += lanes, block++) {
    const count = rows - from < lanes ? rows - from : lanes
    forwardBlock(d, address(d, 34) + (<usize>(block * lanes * inputs) << 2), lanes)
    const targets = address(d, 35) + (<usize>(block * lanes * outputs) << 2)
    const logits = address(record, 6)
    if (classes) {
      for (let lane = 0; lane < count; lane++) {
        const at = <usize>lane << 2
        loss += classLoss(logits + at, targets + at, outputs, <usize>lanes << 2)
        if (rightClass(logits + at, targets + at, outputs, <usize>lanes << 2)) right++
      }
    } else {
      for (let u = 0; u < outputs; u++) {
        const row = <usize>(lanes * u) << 2
        right += rightInRow(logits + row, targets + row, count)
        loss += rowLoss(logits + row, targets + row, count)
      }
    }
  }
  store<f64>(d + 120, loss / (classes ? <f64>rows : <f64>rows * <f64>outputs))
  return right
}

function rightInRow(logits: usize, targets: usize, count: i32): i32 {
  const zero = f32x4.splat(0)
  let right = 0
  for (let b = 0; b < count; b += 4) {
    const at = <usize>b << 2
    const wrong = v128.xor(f32x4.gt(v128.load(logits + at), zero), f32x4.gt(v128.load(targets + at), zero))
    const valid = count - b < 4 ? (1 << (count - b)) - 1 : 15
    right += popcnt<i32>(~i32x4.bitmask(wrong) & valid)
  }
  return right
}

// Σ −ln of the probability of each bit, from products of at most four probabilities, each at least 10⁻⁹.
function rowLoss(logits: usize, targets: usize, count: i32): f64 {
  const one = f32x4.splat(1)
  const least = f32x4.splat(1e-9)
  let sum: f64 = 0
  for (let b = 0; b < count; ) {
    let product = one
    for (let i = 0; i < 4 && b < count; i++, b += 4) {
      const at = <usize>b << 2
      const p = sigmoid(v128.load(logits + at))
      const y = v128.load(targets + at)
      const q = f32x4.add(f32x4.mul(p, y), f32x4.mul(f32x4.sub(one, p), f32x4.sub(one, y)))
      let factor = f32x4.max(q, least)
      const left = count - b
      if (left < 2) factor = f32x4.replace_lane(factor, 1, 1)
      if (left < 3) factor = f32x4.replace_lane(factor, 2, 1)
      if (left < 4) factor = f32x4.replace_lane(factor, 3, 1)
      product = f32x4.mul(product, factor)
    }
    const half: f64 = <f64>f32x4.extract_lane(product, 0) * <f64>f32x4.extract_lane(product, 1)
    const other: f64 = <f64>f32x4.extract_lane(product, 2) * <f64>f32x4.extract_lane(product, 3)
    sum -= NativeMath.log(half * other)
  }
  return sum
}

function classLoss(logits: usize, targets: usize, outputs: i32, stride: usize): f64 {
  let most = load<f32>(logits)
  for (let u = 1; u < outputs; u++) most = NativeMathf.max(most, load<f32>(logits + stride * <usize>u))
  let sum: f32 = 0
  let own: f32 = 0
  for (let u = 0; u < outputs; u++) {
    const z = load<f32>(logits + stride * <usize>u) - most
    sum += NativeMathf.exp(z)
    own += z * load<f32>(targets + stride * <usize>u)
  }
  return <f64>(NativeMathf.log(sum) - own)
}

// The first of the largest logits is the answer.
function rightClass(logits: usize, targets: usize, outputs: i32, stride: usize): bool {
  let best: usize = 0
  for (let u = 1; u < outputs; u++)
    if (load<f32>(logits + stride * <usize>u) > load<f32>(logits + stride * best)) best = <usize>u
  return load<f32>(targets + stride * best) > 0
}

// All epochs. Afterwards the parameters are those of the epoch that is kept; its right answers stand in word 24 (−1:
// none), its loss in words 26–27.
export function trainPerceptron(d: usize): void {
  const rows = word(d, 1)
  const batch = word(d, 3)
  const lanes = word(d, 4)
  const epochs = word(d, 5)
  const bytes = <usize>word(d, 6) << 2
  const latest = word(d, 23) != 0
  const order = address(d, 16)
  const answers = word(d, 25) == 1 ? 1 : outputCount(d)
  memory.fill(address(d, 12), 0, bytes)
  memory.fill(address(d, 13), 0, bytes)
  memory.fill(address(d, 14), 0, bytes)
  let decay1: f64 = 1
  let decay2: f64 = 1
  let best = -1
  let bestLoss: f64 = Infinity
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let i = rows - 1; i > 0; i--) {
      const j = below(address(d, 18), i + 1)
      const held = word(order, i)
      store<i32>(order + (<usize>i << 2), word(order, j))
      store<i32>(order + (<usize>j << 2), held)
    }
    for (let from = 0; from < rows; from += batch) {
      const count = rows - from < batch ? rows - from : batch
      gatherBatch(d, from, count, lanes)
      forwardBlock(d, address(d, 8), lanes)
      outputDeltas(d, address(d, 19), lanes, count, <f32>1 / <f32>(count * answers))
      backward(d, address(d, 8), lanes)
      decay1 *= <f64>BETA1
      decay2 *= <f64>BETA2
      adam(d, decay1, decay2)
    }
    const right = validate(d)
    const loss = load<f64>(d + 120)
    if (right > best || (right == best && (latest || loss <= bestLoss))) {
      best = right
      bestLoss = loss
      memory.copy(address(d, 15), address(d, 11), bytes)
    }
  }
  if (best >= 0) memory.copy(address(d, 11), address(d, 15), bytes)
  store<i32>(d + 96, best)
  store<f64>(d + 104, bestLoss)
}

// Over all validation examples, for each hidden unit: Σ h, Σ h², Σ |h·∂L/∂h|, as f64 [units × 3], layer after layer, at
// `sums`. L is the loss of the example, or the sum of the outputs after the sigmoid where `target` is 1.
export function probeUnits(d: usize, target: i32, sums: usize): void {
  const rows = word(d, 32)
  const lanes = word(d, 33)
  const inputs = word(address(d, 7), 0)
  const layers = word(d, 0)
  const record = address(d, 7) + RECORD * <usize>(layers - 1)
  const outputs = word(record, 1)
  const answers = word(d, 25) == 1 ? 1 : outputs
  for (let from = 0, block = 0; from < rows; from += lanes, block++) {
    const count = rows - from < lanes ? rows - from : lanes
    const input = address(d, 34) + (<usize>(block * lanes * inputs) << 2)
    forwardBlock(d, input, lanes)
    outputDeltas(d, address(d, 35) + (<usize>(block * lanes * outputs) << 2), lanes, count, <f32>1 / <f32>answers)
    if (target == 1) outputSlopes(record, lanes, count)
    backward(d, input, lanes)
    let to = sums
    for (let l = 0; l < layers - 1; l++) {
      const layer = address(d, 7) + RECORD * <usize>l
      const units = word(layer, 1)
      for (let u = 0; u < units; u++, to += 24) {
        const row = <usize>(lanes * u) << 2
        for (let lane = 0; lane < count; lane++) {
          const at = row + (<usize>lane << 2)
          const h = <f64>load<f32>(address(layer, 6) + at)
          const g = <f64>load<f32>(address(layer, 7) + at)
          store<f64>(to, load<f64>(to) + h)
          store<f64>(to, load<f64>(to, 8) + h * h, 8)
          store<f64>(to, load<f64>(to, 16) + NativeMath.abs(h * g), 16)
        }
      }
    }
  }
}

// p (1 − p) in place of the loss's gradient.
function outputSlopes(record: usize, lanes: i32, count: i32): void {
  const units = word(record, 1)
  const one = f32x4.splat(1)
  const stride = <usize>lanes << 2
  for (let u = 0; u < units; u++) {
    const row = stride * <usize>u
    for (let at: usize = 0; at < stride; at += 16) {
      const p = sigmoid(v128.load(address(record, 6) + row + at))
      v128.store(address(record, 7) + row + at, f32x4.mul(p, f32x4.sub(one, p)))
    }
    for (let lane = count; lane < lanes; lane++) store<f32>(address(record, 7) + row + (<usize>lane << 2), 0)
  }
}
