// Accuracy and loss of the perceptron kernel; see perceptron.ts.

import { address, RECORD, word } from './perceptron-layout'
import { forwardBlock } from './perceptron-passes'
import { sigmoid } from './sigmoid'

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
