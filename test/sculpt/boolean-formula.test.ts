/** Formulas say what the table says. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { booleanFormula } from '../../src/sculpt/boolean-formula.ts'
import { detectModules } from '../../src/sculpt/detect.ts'
import { parseNetworkLine } from '../../src/sculpt/network-lines.ts'
import { moduleFunctions } from '../../src/sculpt/sub-functions.ts'
import { parseFunctionGraph, truthTable } from '../../src/tasks/function-graph.ts'

const names = (n: number) => Array.from({ length: n }, (_, i) => `x${i}`)

describe('booleanFormula', () => {
  it.each([
    ['0001', 'x0 ∧ x1'],
    ['0111', 'x0 ∨ x1'],
    ['1110', '¬x0 ∨ ¬x1'],
    ['0110', 'x0 ⊕ x1'],
    ['1001', '¬(x0 ⊕ x1)'],
    ['0011', 'x0'],
    ['1100', '¬x0'],
    ['0000', '0'],
    ['1111', '1'],
    ['00010111', '(x0 ∧ x1) ∨ (x0 ∧ x2) ∨ (x1 ∧ x2)'],
    ['0110100110010110', 'x0 ⊕ x1 ⊕ x2 ⊕ x3'],
    ['0000000000101000', '(x0 ∧ x1 ∧ ¬x2 ∧ ¬x3) ∨ (x0 ∧ ¬x1 ∧ x2 ∧ ¬x3)'],
  ])('%s is %s', (bits, formula) => {
    expect(booleanFormula(Uint8Array.from(bits, Number), names(Math.log2(bits.length)))).toBe(formula)
  })

  it('has the same table again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.infiniteStream(fc.boolean()), (n, draws) => {
        const bits = Uint8Array.from({ length: 2 ** n }, () => Number(draws.next().value))
        const formula = booleanFormula(bits, names(n))
        const statement = formula.replaceAll('∧', '&').replaceAll('∨', '|').replaceAll('⊕', '^').replaceAll('¬', '!')
        if (/^[01]$/.test(statement)) {
          expect(bits.every(bit => bit === Number(statement))).toBe(true)
          return
        }
        const graph = parseFunctionGraph(`inputs ${names(n).join(' ')}\nf = ${statement}\noutputs f`, 'formula')
        expect([...truthTable(graph).values]).toEqual([...bits])
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})

describe('moduleFunctions', () => {
  it('names the outputs, and the hidden units that feed other modules', () => {
    // Two ANDs, one output that ORs them, and one that repeats the second.
    const line = {
      arch: [4, 2, 2],
      edges: [
        [0, 1, 2, 3].map(input => [input, input >> 1, 1]),
        [
          [0, 0, 1],
          [1, 0, 1],
          [1, 1, 1],
        ],
      ],
      biases: [
        [
          [0, -1],
          [1, -1],
        ],
        [
          [0, -0.5],
          [1, -0.5],
        ],
      ],
    }
    const { network } = parseNetworkLine(JSON.stringify(line), 'test')
    const graph = parseFunctionGraph('inputs a b c d\nor = (a & b) | (c & d)\nboth = c & d\noutputs or both', 'or')
    const functions = moduleFunctions(network, detectModules(network), truthTable(graph)).flat()
    expect(functions.map(({ formula }) => formula)).toContain('(x0 ∧ x1) ∨ (x2 ∧ x3)')
    expect(functions.map(({ formula }) => formula)).toContain('x2 ∧ x3')
    expect(functions.every(({ agreement }) => agreement > 0.99)).toBe(true)
  })
})
