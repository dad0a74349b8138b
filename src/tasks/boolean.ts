/**
 * The Boolean tasks of Neural Sculpting (Patil, Michael and Dovrolis, arXiv 2305.18402) by the names of its code: numbers
 * of inputs, of sub-functions level by level, and of outputs. The published code has their tables alone; the formulas
 * here give the same tables. Copies of two functions take turns: even outputs one, odd outputs the other.
 *
 *   A = T3 ∨ T10 ∨ T12,   B = T5 ∨ T9 ∨ T15,   G = T10 ∨ T12,   H = T3 ∨ T10,   T_i: the four bits are those of i
 *
 *   [4,2,4]          x0⊕x1 and x2⊕x3, each plain and negated: separable inputs
 *   [4,1,4]          A four times: no modules
 *   [6,3,3,3]        three ANDs of two inputs, the ORs of each two of them: separable and reused
 *   [4,1,2,2k]       G and H of the same inputs, sharing a minterm: reused
 *   [8,2,2k]         A and B of four inputs each; [7,3,2,2k], [6,3,2,2k], [5,3,2,2k]: of which one, two, three are
 *                    shared; [4,1,2,2,2k]: all four
 *   [8,2,1,2,2k]     a = A and b = B of four inputs each, then a∧¬b and ¬a∧b: levels
 */
import { UsageError } from '../errors.ts'
import { type FunctionGraph, parseFunctionGraph } from './function-graph.ts'

const DEFINE_A = 'define A(p, q, r, s) = 0001000000101000'
const DEFINE_B = 'define B(p, q, r, s) = 0000010001000001'

/** The published names; the last number of families with copies may be any even one. */
export const BOOLEAN_TASKS: readonly string[] = [
  '[4,2,4]',
  '[4,1,4]',
  '[6,3,3,3]',
  ...['4,1,2', '8,2', '7,3,2', '6,3,2', '5,3,2', '4,1,2,2', '8,2,1,2'].flatMap(family =>
    [2, 4, 8, 12, 16].map(outputs => `[${family},${outputs}]`),
  ),
]

/**
 * The task of this name, e.g. `[4, 1, 2, 16]`.
 *
 * @throws UsageError for a name there is none of.
 */
export function booleanTask(name: string): FunctionGraph {
  const numbers = name.replace(/^\s*\[|\]\s*$/g, '').split(',')
  const plain = `[${numbers.map(number => Number(number)).join(',')}]`
  const text = single(plain) ?? family(numbers.map(Number))
  if (text !== undefined) return parseFunctionGraph(text, plain)
  throw new UsageError(
    'usage.boolean-task',
    `There is no Boolean task ${plain.includes('NaN') ? `"${name}"` : plain}. There are [4,2,4], [4,1,4], [6,3,3,3] and, with an even number of outputs n, [4,1,2,n], [8,2,n], [7,3,2,n], [6,3,2,n], [5,3,2,n], [4,1,2,2,n], [8,2,1,2,n].`,
  )
}

function single(name: string): string | undefined {
  if (name === '[4,2,4]') return 'inputs x0 x1 x2 x3\nleft = x0 ^ x1\nright = x2 ^ x3\noutputs left !left right !right'
  if (name === '[4,1,4]') return `${DEFINE_A}\ninputs x0 x1 x2 x3\na = A(x0, x1, x2, x3)\noutputs a a a a`
  if (name === '[6,3,3,3]')
    return `inputs x0 x1 x2 x3 x4 x5
a = x0 & x1
b = x2 & x3
c = x4 & x5
ab = a | b
ac = a | c
bc = b | c
outputs ab ac bc`
  return undefined
}

/** The text of a family's member; undefined where the numbers are none. */
function family(numbers: readonly number[]): string | undefined {
  const outputs = numbers[numbers.length - 1]
  if (!(Number.isSafeInteger(outputs) && outputs > 0 && outputs % 2 === 0 && outputs <= 1024)) return undefined
  const copies = `outputs${' even odd'.repeat(outputs / 2)}`
  const name = numbers.slice(0, -1).join(',')
  if (name === '4,1,2')
    return `inputs x0 x1 x2 x3
minterm.g = x0 & x1 & !x2 & !x3
minterm.both = x0 & !x1 & x2 & !x3
minterm.h = !x0 & !x1 & x2 & x3
even = minterm.both | minterm.g
odd = minterm.both | minterm.h
${copies}`
  if (name === '8,2,1,2')
    return `${pair(0, 'a', 'b')}
middle.a = a & !b
middle.b = !a & b
even = middle.a
odd = middle.b
${copies}`
  const shared = ['8,2', '7,3,2', '6,3,2', '5,3,2', '4,1,2,2'].indexOf(name)
  return shared < 0 ? undefined : `${pair(shared, 'even', 'odd')}\n${copies}`
}

/** A of the first four inputs and B of the last four, so many of which they share. */
function pair(shared: number, first: string, second: string): string {
  const inputs = Array.from({ length: 8 - shared }, (_, i) => `x${i}`)
  return `${DEFINE_A}
${DEFINE_B}
inputs ${inputs.join(' ')}
${first} = A(${inputs.slice(0, 4).join(', ')})
${second} = B(${inputs.slice(-4).join(', ')})`
}
