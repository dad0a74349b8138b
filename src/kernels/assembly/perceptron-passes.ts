// Forward and backward pass of the perceptron kernel; see perceptron.ts.

import { address, RECORD, word } from './perceptron-layout'
import { sigmoid } from './sigmoid'

// Activations of all layers for `lanes` examples whose inputs lie at `input`; those of the last layer are logits.
export function forwardBlock(d: usize, input: usize, lanes: i32): void {
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
export function outputDeltas(d: usize, targets: usize, lanes: i32, count: i32, scale: f32): void {
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
export function backward(d: usize, input: usize, lanes: i32): void {
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

@inline
function across(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
}
