/** Checks what is fed into a network and asked of it, before a runtime sees it. */
import { UsageError } from '../errors.ts'
import type { Network, ValueInfo } from '../network/network.ts'
import type { DType, Tensor } from '../tensor/tensor.ts'

export type Feeds = Readonly<Record<string, Tensor>>

/**
 * @param accepts whether a tensor of the first type may be fed where the second is declared
 * @throws UsageError that names the input and says what it needs and got
 */
export function checkFeeds(network: Network, feeds: Feeds, accepts: (given: DType, declared: DType) => boolean): void {
  for (const input of network.inputs) {
    const feed = feeds[input.name]
    if (!feed)
      throw new UsageError('usage.feed', `The input "${input.name}" is not fed; give a tensor of ${describe(input)}.`)
    if (!accepts(feed.dtype, input.dtype))
      throw new UsageError('usage.feed', `The input "${input.name}" takes ${input.dtype}, not ${feed.dtype}.`)
    if (!fits(feed.shape, input.shape))
      throw new UsageError('usage.feed', `The input "${input.name}" takes ${describe(input)}, not [${feed.shape}].`)
  }
  const names = network.inputs.map(({ name }) => name)
  const stranger = Object.keys(feeds).find(name => !names.includes(name))
  if (stranger !== undefined)
    throw new UsageError('usage.feed', `The network has no input "${stranger}"; its inputs are: ${names.join(', ')}.`)
}

/** The outputs asked for; all of the network's by default. */
export function checkOutputs(network: Network, outputs: readonly string[] | undefined): readonly string[] {
  const names = network.outputs.map(({ name }) => name)
  const stranger = outputs?.find(name => !names.includes(name))
  if (stranger !== undefined)
    throw new UsageError('usage.output', `The network has no output "${stranger}"; its outputs: ${names.join(', ')}.`)
  return outputs ?? names
}

/** An empty shape stands for a scalar or for one that the file leaves out: it forbids nothing. */
function fits(shape: readonly number[], declared: ValueInfo['shape']): boolean {
  if (declared.length === 0) return true
  return shape.length === declared.length && declared.every((size, axis) => size === null || size === shape[axis])
}

function describe({ dtype, shape }: ValueInfo): string {
  return shape.length === 0 ? dtype : `${dtype} [${shape.map(size => size ?? 'any').join(', ')}]`
}
