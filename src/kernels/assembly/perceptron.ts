// Training of small sparse perceptrons: all epochs of one call run in here. Lanes are examples: an activation row holds
// one unit for the examples of a batch, padded to a multiple of 4, and an edge is one weight that multiplies a row. The
// work is therefore proportional to the edges that are left. Hidden units are ReLU, outputs logits; the loss is the mean
// binary cross-entropy over examples and outputs, or the mean cross-entropy over examples; Adam with L2 added to the
// gradient (Kingma and Ba 2015). Examples lie in blocks of as many lanes as fit the cache: [block][unit][lane].
// The layout of the descriptor is in ../../training/perceptron-memory.ts.

import { address, outputCount, RECORD, word } from './perceptron-layout'
import { backward, forwardBlock, outputDeltas } from './perceptron-passes'
import { below, gaussian } from './perceptron-random'
import { validate } from './perceptron-validation'
import { sigmoid } from './sigmoid'

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

function copyRows(table: usize, batch: usize, units: i32, block: i32, stride: usize, order: usize, count: i32): void {
  const step = <usize>block << 2
  for (let b = 0; b < count; b++) {
    const example = word(order, b)
    const from = table + step * <usize>units * <usize>(example / block) + (<usize>(example % block) << 2)
    const to = batch + (<usize>b << 2)
    for (let u = 0; u < units; u++) store<f32>(to + stride * <usize>u, load<f32>(from + step * <usize>u))
  }
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
