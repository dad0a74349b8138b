// Training of small sparse perceptrons: all epochs of one call run in here. Lanes are examples: an activation row holds
// one unit for the examples of a batch, padded to a multiple of 4, and an edge is one weight that multiplies a row. The
// work is therefore proportional to the edges that are left. Hidden units are ReLU, outputs logits; the loss is the mean
// binary cross-entropy over examples and outputs; Adam with L2 added to the gradient (Kingma and Ba 2015).
// The layout of the descriptor is in ../../training/table-trainer.ts.

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
export function forwardTable(d: usize, input: usize, lanes: i32): void {
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

// Gradient of the loss with respect to the logits, `scale`·(p − y), into the last layer's delta rows; 0 in lanes past `count`.
function outputDeltas(d: usize, targets: usize, lanes: i32, count: i32, scale: f32): void {
  const record = address(d, 7) + RECORD * <usize>(word(d, 0) - 1)
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
  const tableStride = <usize>word(d, 2) << 2
  const stride = <usize>lanes << 2
  const sigma = load<f32>(d + 88)
  const record = address(d, 7)
  copyRows(address(d, 9), address(d, 8), word(record, 0), tableStride, stride, order, count)
  copyRows(address(d, 10), address(d, 19), word(record + RECORD * <usize>(word(d, 0) - 1), 1), tableStride, stride, order, count)
  if (sigma > 0) {
    const units = word(record, 0)
    const normals = address(d, 17)
    const state = address(d, 18)
    for (let u = 0; u < units; u++) {
      const row = address(d, 8) + stride * <usize>u
      for (let b = 0; b < count; b++) {
        const at = row + (<usize>b << 2)
        store<f32>(at, load<f32>(at) + sigma * gaussian(state, normals))
      }
    }
  }
}

function copyRows(table: usize, batch: usize, units: i32, tableStride: usize, stride: usize, order: usize, count: i32): void {
  for (let u = 0; u < units; u++) {
    const row = table + tableStride * <usize>u
    const to = batch + stride * <usize>u
    for (let b = 0; b < count; b++) store<f32>(to + (<usize>b << 2), load<f32>(row + (<usize>word(order, b) << 2)))
  }
}

// Right output bits over the whole table without noise; needs forwardTable on it.
export function rightBits(d: usize): i32 {
  const record = address(d, 7) + RECORD * <usize>(word(d, 0) - 1)
  const units = word(record, 1)
  const rows = word(d, 1)
  const lanes = word(d, 2)
  const zero = f32x4.splat(0)
  let right = 0
  for (let u = 0; u < units; u++) {
    const logits = address(record, 6) + (<usize>(lanes * u) << 2)
    const targets = address(d, 10) + (<usize>(lanes * u) << 2)
    for (let b = 0; b < rows; b += 4) {
      const at = <usize>b << 2
      const wrong = v128.xor(f32x4.gt(v128.load(logits + at), zero), f32x4.gt(v128.load(targets + at), zero))
      const valid = rows - b < 4 ? (1 << (rows - b)) - 1 : 15
      right += popcnt<i32>(~i32x4.bitmask(wrong) & valid)
    }
  }
  return right
}

// Mean binary cross-entropy over the whole table; needs forwardTable on it.
export function tableLoss(d: usize): f64 {
  const record = address(d, 7) + RECORD * <usize>(word(d, 0) - 1)
  const units = word(record, 1)
  const rows = word(d, 1)
  const lanes = word(d, 2)
  let sum: f64 = 0
  for (let u = 0; u < units; u++) {
    const logits = address(record, 6) + (<usize>(lanes * u) << 2)
    const targets = address(d, 10) + (<usize>(lanes * u) << 2)
    for (let b = 0; b < rows; b++) {
      const z = load<f32>(logits + (<usize>b << 2))
      const y = load<f32>(targets + (<usize>b << 2))
      sum += <f64>(Mathf.max(z, 0) - z * y + NativeMathf.log1p(NativeMathf.exp(-Mathf.abs(z))))
    }
  }
  return sum / (<f64>units * <f64>rows)
}

// All epochs. Afterwards the parameters are those of the epoch that is kept; its right bits stand in word 24 (−1: none),
// its loss in words 26–27, its number in word 28.
export function trainTable(d: usize): void {
  const rows = word(d, 1)
  const tableLanes = word(d, 2)
  const batch = word(d, 3)
  const lanes = word(d, 4)
  const epochs = word(d, 5)
  const bytes = <usize>word(d, 6) << 2
  const outputs = word(address(d, 7) + RECORD * <usize>(word(d, 0) - 1), 1)
  const latest = word(d, 23) != 0
  const order = address(d, 16)
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
      forwardTable(d, address(d, 8), lanes)
      outputDeltas(d, address(d, 19), lanes, count, <f32>1 / <f32>(count * outputs))
      backward(d, address(d, 8), lanes)
      decay1 *= <f64>BETA1
      decay2 *= <f64>BETA2
      adam(d, decay1, decay2)
    }
    forwardTable(d, address(d, 9), tableLanes)
    const right = rightBits(d)
    if (right >= best) {
      const loss = tableLoss(d)
      if (right > best || latest || loss <= bestLoss) {
        best = right
        bestLoss = loss
        store<i32>(d + 112, epoch)
        memory.copy(address(d, 15), address(d, 11), bytes)
      }
    }
  }
  if (best >= 0) memory.copy(address(d, 11), address(d, 15), bytes)
  store<i32>(d + 96, best)
  store<f64>(d + 104, bestLoss)
}

// One evaluation of the whole table with the gradients of every example's own loss (mean over outputs): leaves the
// activations, and in the delta rows of hidden layers the gradients with respect to them. `target` 0: of the loss;
// 1: of the sum of the outputs after the sigmoid.
export function probeTable(d: usize, target: i32): void {
  const rows = word(d, 1)
  const lanes = word(d, 2)
  const record = address(d, 7) + RECORD * <usize>(word(d, 0) - 1)
  const outputs = word(record, 1)
  forwardTable(d, address(d, 9), lanes)
  outputDeltas(d, address(d, 10), lanes, rows, <f32>1 / <f32>outputs)
  if (target == 1) {
    const one = f32x4.splat(1)
    const bytes = <usize>(lanes * outputs) << 2
    for (let at: usize = 0; at < bytes; at += 16) {
      const p = sigmoid(v128.load(address(record, 6) + at))
      v128.store(address(record, 7) + at, f32x4.mul(p, f32x4.sub(one, p)))
    }
  }
  backward(d, address(d, 9), lanes)
}
