/**
 * Where values are dropped out, and which. Masks are drawn here and fed, because random operators inside a runtime
 * cannot be resumed and differ between runtimes. A value is kept with probability 1 − rate; 32 values are decided at a
 * time by comparing random bits with the binary digits of that probability, from the first, until all lanes differ:
 * one word for a rate of ½, two for ¼, about seven for a rate without a short form.
 */
import { UsageError } from '../errors.ts'
import type { Network, Operator } from '../network/network.ts'
import type { Random } from '../random.ts'
import type { DropoutSite } from './objective.ts'
import { checkRange } from './option-checks.ts'

/** One rate behind every hidden activation, or rates by the name of a value. */
export type Dropout = number | Readonly<Record<string, number>>

const ACTIVATIONS = ['Relu', 'LeakyRelu', 'Sigmoid', 'Tanh', 'Elu', 'Selu', 'Gelu', 'Softplus', 'PRelu']

/**
 * The values to drop out. Without an option, what the network's own `Dropout` operators ask for.
 *
 * @throws UsageError naming the key under `dropout` that is out of range or no value of the network
 */
export async function dropoutSites(network: Network, dropout: Dropout | undefined): Promise<readonly DropoutSite[]> {
  if (dropout === undefined) return ownSites(network)
  const values = network.operators.flatMap(({ outputs }) => outputs)
  const outputs = network.outputs.map(({ name }) => name)
  if (typeof dropout === 'number') {
    checkRange('dropout', dropout, { least: 0, below: 1 })
    const types = new Map(network.operators.map(({ type, outputs: [value] }) => [value, type]))
    // A hard step is a comparison that is cast to float.
    const isStep = ({ type, inputs: [from] }: Operator) => type === 'Cast' && types.get(from) === 'Greater'
    return network.operators
      .filter(operator => ACTIVATIONS.includes(operator.type) || isStep(operator))
      .filter(({ outputs: [value] }) => !outputs.includes(value))
      .map(({ outputs: [value] }) => ({ value, rate: dropout }))
  }
  return Object.entries(dropout).map(([value, rate]) => {
    if (!values.includes(value))
      throw new UsageError(
        'usage.option',
        `"dropout.${value}" names no value inside the network "${network.name}"; there are: ${values.join(', ')}.`,
      )
    checkRange(`dropout.${value}`, rate, { least: 0, below: 1 })
    return { value, rate }
  })
}

async function ownSites(network: Network): Promise<DropoutSite[]> {
  const sites: DropoutSite[] = []
  for (const { type, inputs, outputs } of network.operators) {
    if (type !== 'Dropout') continue
    const ratio = await network.weights.get(inputs[1])?.read()
    sites.push({ value: outputs[0], rate: ratio ? Number(ratio.data[0]) : 0.5 })
  }
  return sites
}

/** `count` bytes, 1 with probability 1 − rate. */
export function drawMask(count: number, rate: number, random: Random): Uint8Array {
  const digits = binaryDigits(1 - rate)
  const mask = new Uint8Array(count)
  for (let start = 0; start < count; start += 32) {
    let bits = keptLanes(digits, random)
    const end = Math.min(start + 32, count)
    for (let i = start; i < end; i++, bits >>>= 1) mask[i] = bits & 1
  }
  return mask
}

/** A word with each bit set with the probability of these digits: those below it, u < p, lane by lane. */
function keptLanes(digits: readonly number[], random: Random): number {
  let kept = 0
  let open = -1
  for (const digit of digits) {
    const bits = random.bits()
    if (digit) {
      kept |= open & ~bits
      open &= bits
    } else open &= ~bits
    if (open === 0) break
  }
  return kept
}

/** Of a probability above 0 and up to 1, to 32 places; a 1 that follows the last of them is left out. */
function binaryDigits(probability: number): readonly number[] {
  const digits: number[] = []
  for (let rest = probability; rest > 0 && digits.length < 32; ) {
    rest *= 2
    const digit = rest >= 1 ? 1 : 0
    digits.push(digit)
    rest -= digit
  }
  return digits
}
