/** The forward pass of CNTK's MNIST network, written out from the operators of its opset-1 file. */
import type { ModelProto } from 'onnx-buf'

interface Image {
  readonly channels: number
  readonly side: number
  readonly data: Float64Array
}

export function cntkForward(model: ModelProto, pixels: Float32Array): number[] {
  const constants = new Map(
    model
      .graph!.node.filter(({ opType }) => opType === 'Constant')
      .map(({ output, attribute }) => [output[0], Float64Array.from(attribute[0].t!.floatData)]),
  )
  const weight = (name: string) => constants.get(name)!
  let image: Image = { channels: 1, side: 28, data: Float64Array.from(pixels) }
  image = convolve(image, weight('Parameter5'), weight('Parameter6'))
  image = maxPool(image, 2)
  image = convolve(image, weight('Parameter87'), weight('Parameter88'))
  image = maxPool(image, 3)
  const [dense, bias] = [weight('Parameter193'), weight('Parameter194')]
  return Array.from({ length: 10 }, (_, unit) =>
    image.data.reduce((sum, x, i) => sum + x * dense[i * 10 + unit], bias[unit]),
  )
}

/** 5 × 5 with the same size out, a bias per channel, ReLU. */
function convolve({ channels, side, data }: Image, kernel: Float64Array, bias: Float64Array): Image {
  const result = new Float64Array(bias.length * side * side)
  for (let out = 0; out < bias.length; out++)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        let sum = bias[out]
        for (let channel = 0; channel < channels; channel++)
          for (let dy = -2; dy <= 2; dy++)
            for (let dx = -2; dx <= 2; dx++) {
              if (y + dy < 0 || y + dy >= side || x + dx < 0 || x + dx >= side) continue
              const at = (channel * side + y + dy) * side + x + dx
              sum += data[at] * kernel[((out * channels + channel) * 5 + dy + 2) * 5 + dx + 2]
            }
        result[(out * side + y) * side + x] = Math.max(0, sum)
      }
  return { channels: bias.length, side, data: result }
}

/** Windows that do not overlap; what is left over at the end is dropped. */
function maxPool({ channels, side, data }: Image, size: number): Image {
  const small = Math.floor(side / size)
  const result = new Float64Array(channels * small * small).fill(Number.NEGATIVE_INFINITY)
  for (let channel = 0; channel < channels; channel++)
    for (let y = 0; y < small * size; y++)
      for (let x = 0; x < small * size; x++) {
        const to = (channel * small + Math.floor(y / size)) * small + Math.floor(x / size)
        result[to] = Math.max(result[to], data[(channel * side + y) * side + x])
      }
  return { channels, side: small, data: result }
}
