/** Operators that map each element on its own, as the ONNX specification defines them. */
import { numberAttribute, type Operator } from '../../network/network.ts'
import { gammaLower } from '../../stats/gamma.ts'
import { type Kernel, type KernelTable, like, required, textAttribute, value, wrapped } from './value.ts'

type Scalar = (x: number) => number

/** One number in, one out; integers keep their type. */
function each(make: (operator: Operator) => Scalar): Kernel {
  return (operator, inputs) => {
    const x = required(operator, inputs, 0)
    return [wrapped(like(x, x.shape, x.data.map(make(operator))))]
  }
}

const plain = (f: Scalar): Kernel => each(() => f)

/** One number in, truth out. */
function test(f: (x: number) => boolean): Kernel {
  return (operator, inputs) => {
    const x = required(operator, inputs, 0)
    return [
      value(
        x.shape,
        x.data.map(item => (f(item) ? 1 : 0)),
        'bool',
      ),
    ]
  }
}

const attribute = numberAttribute

const sigmoid: Scalar = x => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))
const softplus: Scalar = x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
/** erf x = ±P(½, x²). */
const erf: Scalar = x => Math.sign(x) * gammaLower(0.5, x * x)
const gelu: Scalar = x => 0.5 * x * (1 + erf(x * Math.SQRT1_2))
const geluTanh: Scalar = x => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))

/** Halves go to the even neighbour. */
const roundEven: Scalar = x => {
  const up = Math.floor(x + 0.5)
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up
}

const clip: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  const low = inputs[1]?.data[0] ?? Number.NEGATIVE_INFINITY
  const high = inputs[2]?.data[0] ?? Number.POSITIVE_INFINITY
  return [
    like(
      x,
      x.shape,
      x.data.map(item => Math.min(Math.max(item, low), high)),
    ),
  ]
}

/** ONNX's defaults. */
const SELU = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 }

export const ELEMENTWISE: KernelTable = {
  Relu: plain(x => Math.max(x, 0)),
  LeakyRelu: each(operator => {
    const alpha = attribute(operator, 'alpha', 0.01)
    return x => (x < 0 ? alpha * x : x)
  }),
  Elu: each(operator => {
    const alpha = attribute(operator, 'alpha', 1)
    return x => (x < 0 ? alpha * Math.expm1(x) : x)
  }),
  Selu: each(operator => {
    const [alpha, gamma] = [attribute(operator, 'alpha', SELU.alpha), attribute(operator, 'gamma', SELU.gamma)]
    return x => gamma * (x <= 0 ? alpha * Math.expm1(x) : x)
  }),
  Celu: each(operator => {
    const alpha = attribute(operator, 'alpha', 1)
    return x => Math.max(x, 0) + Math.min(0, alpha * Math.expm1(x / alpha))
  }),
  ThresholdedRelu: each(operator => {
    const alpha = attribute(operator, 'alpha', 1)
    return x => (x > alpha ? x : 0)
  }),
  HardSigmoid: each(operator => {
    const [alpha, beta] = [attribute(operator, 'alpha', 0.2), attribute(operator, 'beta', 0.5)]
    return x => Math.max(0, Math.min(1, alpha * x + beta))
  }),
  HardSwish: plain(x => x * Math.max(0, Math.min(1, x / 6 + 0.5))),
  Mish: plain(x => x * Math.tanh(softplus(x))),
  Gelu: each(operator => (textAttribute(operator, 'approximate', 'none') === 'tanh' ? geluTanh : gelu)),
  Sigmoid: plain(sigmoid),
  Tanh: plain(Math.tanh),
  Softplus: plain(softplus),
  Softsign: plain(x => x / (1 + Math.abs(x))),
  Erf: plain(erf),
  Exp: plain(Math.exp),
  Log: plain(Math.log),
  Sqrt: plain(Math.sqrt),
  Reciprocal: plain(x => 1 / x),
  Abs: plain(Math.abs),
  Neg: plain(x => -x),
  Sign: plain(Math.sign),
  Floor: plain(Math.floor),
  Ceil: plain(Math.ceil),
  Round: plain(roundEven),
  Sin: plain(Math.sin),
  Cos: plain(Math.cos),
  Clip: clip,
  Not: test(x => x === 0),
  IsNaN: test(Number.isNaN),
  IsInf: test(x => x === Number.POSITIVE_INFINITY || x === Number.NEGATIVE_INFINITY),
}
