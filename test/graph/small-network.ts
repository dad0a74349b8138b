/** For tests: an operator graph written down line by line, and a plain forward pass through it. */
import { heldWeight } from '../../src/network/build.ts'
import type { AttributeValue, Network, Operator } from '../../src/network/network.ts'
import { inferShapes } from '../../src/network/shapes.ts'
import { elementCount, type Tensor, tensor } from '../../src/tensor/tensor.ts'

/** Type, inputs, outputs (the first also names the operator), attributes. */
export type Line = readonly [string, readonly string[], readonly string[], Readonly<Record<string, AttributeValue>>?]

export type Weights = Readonly<Record<string, Tensor>>

export async function networkOf(
  input: readonly (number | null)[],
  weights: Weights,
  lines: readonly Line[],
): Promise<Network> {
  const operators = lines.map(
    ([type, inputs, outputs, attributes = {}]): Operator => ({
      name: outputs[0],
      type,
      domain: '',
      inputs,
      outputs,
      attributes,
    }),
  )
  const network: Network = {
    name: 'test',
    source: { format: 'built' },
    inputs: [{ name: 'x', dtype: 'float32', shape: input }],
    outputs: [{ name: operators[operators.length - 1].outputs[0], dtype: 'float32', shape: [] }],
    operators,
    weights: new Map(Object.entries(weights).map(([name, value]) => [name, heldWeight(name, value)])),
    shapes: new Map(),
    activationsKnown: true,
    notes: [],
  }
  return { ...network, shapes: await inferShapes(network) } as Network
}

export function weights(shape: readonly number[], values: readonly number[]): Tensor {
  return tensor(Float64Array.from(values), shape)
}

/** Runs the network on one example; only the operators and attributes that the tests use. Float64. */
export function forward(network: Network, held: Weights, x: Tensor): Tensor {
  const values = new Map<string, Tensor>([...Object.entries(held), ['x', x]])
  for (const operator of network.operators) {
    const inputs = operator.inputs.map(name => values.get(name) as Tensor)
    for (const [at, output] of run(operator, inputs).entries()) values.set(operator.outputs[at], output)
  }
  return values.get(network.outputs[0].name) as Tensor
}

function run({ type, attributes, outputs }: Operator, inputs: readonly Tensor[]): Tensor[] {
  const [x, w] = inputs
  const data = x.data as Float64Array
  switch (type) {
    case 'Relu':
      return [{ ...x, data: data.map(value => Math.max(0, value)) }]
    case 'Flatten':
      return [{ ...x, shape: [1, data.length] }]
    case 'Add':
      return [{ ...x, data: data.map((value, i) => value + Number(w.data[i])) }]
    case 'Mul':
      return [
        { ...x, data: data.map((value, i) => value * Number(w.data[Math.floor((i * w.data.length) / data.length)])) },
      ]
    case 'Concat':
      return [weights([1, x.shape[1] + w.shape[1], ...x.shape.slice(2)], [...data, ...(w.data as Float64Array)])]
    case 'Split': {
      const half = data.length / outputs.length
      return outputs.map((_, part) =>
        weights([1, x.shape[1] / outputs.length, ...x.shape.slice(2)], [...data.slice(part * half, (part + 1) * half)]),
      )
    }
    case 'Transpose':
      return [transpose(x, attributes.perm as readonly number[])]
    case 'GlobalAveragePool': {
      const area = elementCount(x.shape.slice(2))
      const means = Array.from(
        { length: x.shape[1] },
        (_, c) => data.slice(c * area, (c + 1) * area).reduce((s, v) => s + v) / area,
      )
      return [weights([1, x.shape[1], 1, 1], means)]
    }
    case 'BatchNormalization': {
      const [, gamma, , , variance] = inputs
      const factor = Array.from(
        gamma.data as Float64Array,
        (g, c) => g / Math.sqrt(Number(variance.data[c]) + Number(attributes.epsilon)),
      )
      return [{ ...x, data: data.map((value, i) => value * factor[Math.floor((i * x.shape[1]) / data.length)]) }]
    }
    case 'Gemm': {
      const [units, fanIn] = w.shape
      const values = w.data as Float64Array
      return [
        weights(
          [1, units],
          Array.from({ length: units }, (_, o) => data.reduce((s, v, i) => s + v * values[o * fanIn + i], 0)),
        ),
      ]
    }
    case 'Conv':
      return [convolve(x, w, Number(attributes.group ?? 1))]
    default:
      throw new Error(`The forward pass of the tests does not know ${type}.`)
  }
}

function transpose(x: Tensor, perm: readonly number[]): Tensor {
  const shape = perm.map(axis => x.shape[axis])
  const output = new Float64Array(x.data.length)
  for (let at = 0; at < output.length; at++) {
    const index = new Array<number>(shape.length)
    for (let a = shape.length - 1, rest = at; a >= 0; a--) {
      index[perm[a]] = rest % shape[a]
      rest = Math.floor(rest / shape[a])
    }
    output[at] = Number(x.data[index.reduce((sum, i, a) => sum * x.shape[a] + i, 0)])
  }
  return { dtype: 'float64', shape, data: output }
}

function convolve(x: Tensor, w: Tensor, groups: number): Tensor {
  const [, channels, rows, columns] = x.shape
  const [units, perGroup, height, width] = w.shape
  const [outRows, outColumns] = [rows - height + 1, columns - width + 1]
  const output: number[] = []
  for (let unit = 0; unit < units; unit++) {
    const first = Math.floor((unit * groups) / units) * (channels / groups)
    for (let r = 0; r < outRows; r++)
      for (let c = 0; c < outColumns; c++) {
        let sum = 0
        for (let i = 0; i < perGroup; i++)
          for (let kr = 0; kr < height; kr++)
            for (let kc = 0; kc < width; kc++)
              sum +=
                Number(w.data[((unit * perGroup + i) * height + kr) * width + kc]) *
                Number(x.data[((first + i) * rows + r + kr) * columns + c + kc])
        output.push(sum)
      }
  }
  return weights([1, units, outRows, outColumns], output)
}
