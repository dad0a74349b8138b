/** Which functions the outputs of a table have. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { booleanTask } from '../../src/tasks/boolean.ts'
import { truthTable } from '../../src/tasks/function-graph.ts'
import { functionTable, outputFunctions } from '../../src/tasks/output-functions.ts'
import type { TruthTable } from '../../src/tasks/truth-table.ts'

describe('outputFunctions', () => {
  it('counts copies and negations once, with the inputs that matter', () => {
    expect(outputFunctions(truthTable(booleanTask('[4,2,4]')))).toEqual([
      {
        outputs: [
          { output: 0, negated: false },
          { output: 1, negated: true },
        ],
        inputs: [0, 1],
      },
      {
        outputs: [
          { output: 2, negated: false },
          { output: 3, negated: true },
        ],
        inputs: [2, 3],
      },
    ])
    expect(outputFunctions(truthTable(booleanTask('[5,3,2,8]'))).map(({ inputs }) => inputs)).toEqual([
      [0, 1, 2, 3],
      [1, 2, 3, 4],
    ])
    expect(outputFunctions({ inputs: 1, outputs: 1, rows: 2, values: Uint8Array.of(1, 1) })[0].inputs).toEqual([])
  })

  it('gives tables from which every output of the whole comes back', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 5 })
          .chain(inputs =>
            fc
              .integer({ min: 1, max: 4 })
              .chain(outputs =>
                fc
                  .array(fc.constantFrom(0, 1), { minLength: outputs << inputs, maxLength: outputs << inputs })
                  .map((bits): TruthTable => ({ inputs, outputs, rows: 1 << inputs, values: Uint8Array.from(bits) })),
              ),
          ),
        table => {
          const functions = outputFunctions(table)
          expect(functions.flatMap(({ outputs }) => outputs.map(({ output }) => output)).sort()).toEqual(
            Array.from({ length: table.outputs }, (_, o) => o),
          )
          for (const single of functions) {
            const alone = functionTable(table, single)
            for (let row = 0; row < table.rows; row++) {
              const own = single.inputs.reduce((sum, i) => 2 * sum + ((row >> (table.inputs - 1 - i)) & 1), 0)
              for (const { output, negated } of single.outputs)
                expect(table.values[row * table.outputs + output]).toBe(alone.values[own] ^ Number(negated))
            }
          }
        },
      ),
      { seed: 1, numRuns: 200 },
    )
  })
})
