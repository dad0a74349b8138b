/** The language of function graphs, and the modules they plant. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BOOLEAN_TASKS, booleanTask } from '../../src/tasks/boolean.ts'
import { parseFunctionGraph, truthTable } from '../../src/tasks/function-graph.ts'
import { plantedHierarchy } from '../../src/tasks/planted-hierarchy.ts'
import { randomFunctionGraph } from '../../src/tasks/random-functions.ts'
import { constantOutputs } from '../../src/tasks/truth-table.ts'

const column = (text: string) => truthTable(parseFunctionGraph(text, 'graph')).values.join('')
const expression = (of: string) => column(`inputs a b c\nvalue = ${of}\noutputs value`)

describe('parseFunctionGraph', () => {
  it('reads ! before & before ^ before |, with the first input most significant', () => {
    const rows = Array.from({ length: 8 }, (_, r) => [r >> 2, (r >> 1) & 1, r & 1] as const)
    const of = (f: (a: number, b: number, c: number) => number) => rows.map(([a, b, c]) => f(a, b, c)).join('')
    expect(expression('!a & b')).toBe(of((a, b) => (1 - a) & b))
    expect(expression('a | b & c')).toBe(of((a, b, c) => a | (b & c)))
    expect(expression('a ^ b & c')).toBe(of((a, b, c) => a ^ (b & c)))
    expect(expression('a | b ^ c')).toBe(of((a, b, c) => a | (b ^ c)))
    expect(expression('!(a | b) ^ c')).toBe(of((a, b, c) => (1 - (a | b)) ^ c))
  })

  it('calls functions defined by table or expression, and takes values in any order', () => {
    const text = 'define F(p, q) = 0010\ndefine G(p, q) = p & !q\ninputs a b c\n'
    const outputs = '\noutputs x !y # remark'
    expect(column(`${text}x = F(y, c)\ny = G(a, b)${outputs}`)).toBe(column(`${text}y = F(a, b)\nx = y & !c${outputs}`))
  })

  it.each([
    ['inputs a\nx = b\noutputs x', 'graph, line 2: there is no "b".'],
    ['inputs left\nx = !lefd\noutputs x', 'graph, line 2: there is no "lefd". Did you mean left?'],
    ['inputs a\nx = y\ny = !x\noutputs x', 'graph: a function depends on itself: x ← y ← x.'],
    ['inputs a\np.a = a\nq = p.a\np.b = q\noutputs p.b', 'graph: a function depends on itself: p ← q ← p.'],
    ['inputs a\nx = a &\noutputs x', 'line 2: the expression ends too early.'],
    ['inputs a\nx = (a\noutputs x', 'line 2: ")" is missing at the end.'],
    ['inputs a\nx = a a\noutputs x', 'line 2: there is a "a" too many.'],
    ['inputs a\nx = a + a\noutputs x', 'line 2: "+ a" cannot be read'],
    ['inputs a\nx = F(a)\noutputs x', 'line 2: there is no function "F"'],
    ['define F(p, q) = 010\ninputs a\noutputs a', 'line 1: a table of 2 parameters has 4 digits, not 3.'],
    ['define F(p, q) = 0110\ninputs a\nx = F(a)\noutputs x', 'line 3: F takes 2 arguments, but is given 1.'],
    ['define F(p) = q\ninputs a\noutputs a', 'line 1: "q" is no parameter.'],
    ['inputs a\nx = a\nx = !a\noutputs x', 'line 3: "x" is told a second time.'],
    ['inputs a a\noutputs a', 'line 1: an input is named twice.'],
    ['inputs a\na = a\noutputs a', '"a" is an input and a value'],
    ['outputs a', 'there is no line "inputs …".'],
    ['inputs a', 'there is no line "outputs …".'],
    ['inputs a\nhello\noutputs a', 'line 2: "hello" is no statement'],
    [`inputs ${Array.from({ length: 21 }, (_, i) => `x${i}`).join(' ')}\noutputs x0`, '21 inputs are too many'],
  ])('refuses %j', (text, message) => {
    expect(() => parseFunctionGraph(text, 'graph')).toThrow(message)
  })
})

describe('constantOutputs', () => {
  it('names outputs without a function', () => {
    const graph = parseFunctionGraph('inputs a b\nnever = a & !a\nboth = a & b\noutputs both never !never', 'graph')
    expect(constantOutputs(truthTable(graph))).toEqual([1, 2])
  })
})

/** What the paper expects of each family: the number of modules for 1, 2, 3 hidden layers, and the inputs' modules. */
const EXPECTED: readonly [string, readonly number[], string][] = [
  ['[4,2,4]', [2, 2, 2], '0011'],
  ['[4,1,4]', [1, 1, 1], '0000'],
  ['[6,3,3,3]', [6, 6, 6], '001122'],
  ['[4,1,2,8]', [3, 3, 3], '0000'],
  ['[8,2,8]', [2, 2, 2], '00001111'],
  ['[7,3,2,8]', [5, 5, 5], '0001222'],
  ['[6,3,2,8]', [5, 5, 5], '001122'],
  ['[5,3,2,8]', [5, 5, 5], '01112'],
  ['[4,1,2,2,8]', [3, 3, 3], '0000'],
  ['[8,2,1,2,8]', [3, 3, 5], '00001111'],
]

describe('plantedHierarchy', () => {
  it.each(EXPECTED)('of %s is the published one', (name, counts, inputs) => {
    const graph = booleanTask(name)
    for (const [i, count] of counts.entries()) {
      const planted = plantedHierarchy(graph, i + 1)
      expect(planted.modules).toHaveLength(count)
      expect(planted.inputModules.join('')).toBe(inputs)
    }
    const { outputModules } = plantedHierarchy(graph)
    if (/,8\]$/.test(name)) expect(new Set(outputModules.map((m, o) => 10 * m + (o % 2))).size).toBe(2)
  })

  it('tells what feeds what, and on which level', () => {
    const { modules, edges, levels } = plantedHierarchy(booleanTask('[8,2,1,2,2]'))
    expect(levels).toBe(3)
    expect(modules.map(({ parts, level }) => [parts.join(), level])).toEqual([
      ['a', 0],
      ['b', 0],
      ['middle', 1],
      ['even', 2],
      ['odd', 2],
    ])
    expect(edges).toEqual([
      [0, 2],
      [1, 2],
      [2, 3],
      [2, 4],
    ])
  })

  it('leaves out inputs that nothing uses', () => {
    const { inputModules } = plantedHierarchy(parseFunctionGraph('inputs a b\nx = !b\noutputs x', 'graph'))
    expect([...inputModules]).toEqual([-1, 0])
  })
})

describe('booleanTask', () => {
  it('takes names with spaces, and any even number of copies', () => {
    expect(booleanTask(' [4, 1, 2, 16]').name).toBe('[4,1,2,16]')
    expect(truthTable(booleanTask('[8,2,1,2,22]')).outputs).toBe(22)
    expect(new Set(BOOLEAN_TASKS.map(name => booleanTask(name).name)).size).toBe(38)
  })

  it.each(['[4,1,2,3]', '[9,2,4]', 'xor', '', '[8,2,1,2,2000]'])('has no task "%s"', name => {
    expect(() => booleanTask(name)).toThrow('There is no Boolean task')
  })
})

describe('randomFunctionGraph', () => {
  it('plants what was asked for', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.nat(1000),
          functions: fc.integer({ min: 2, max: 3 }),
          overlap: fc.integer({ min: 0, max: 2 }),
          depth: fc.integer({ min: 1, max: 3 }),
          copies: fc.integer({ min: 1, max: 2 }),
        }),
        options => {
          const { functions, overlap, copies } = options
          const depth = Math.min(options.depth, functions)
          const graph = randomFunctionGraph({ ...options, depth, fanIn: 4 })
          expect(graph.inputs).toHaveLength(4 * functions - (functions - 1) * overlap)
          expect(graph.values).toHaveLength(functions * depth)
          const table = truthTable(graph)
          expect(table.outputs).toBe(functions * copies)
          expect(constantOutputs(table)).toEqual([])
          const { modules } = plantedHierarchy(graph)
          // Inputs of one function alone, and those that two share; with an overlap of 2 an inner one has none alone.
          const windows = overlap > 0 ? 2 * functions - 1 - (overlap === 2 ? functions - 2 : 0) : 0
          expect(modules).toHaveLength(functions * depth + windows)
          expect(randomFunctionGraph({ ...options, depth, fanIn: 4 })).toEqual(graph)
        },
      ),
      { seed: 3, numRuns: 40 },
    )
  })

  it.each([
    [{ overlap: 5 }, 'overlap must be a whole number from 0 to 4, not 5.'],
    [{ functions: 6 }, 'make 24 inputs, more than 16'],
    [{ depth: 3 }, 'No 2 different functions of 4 inputs were found in 3 levels; take fewer levels'],
    [{ depth: 2, reuse: 3 }, 'reuse must be a whole number from 2 to 2, not 3.'],
    [{ functions: 5, fanIn: 1, overlap: 1 }, 'No 5 different functions of 1 inputs were found'],
  ])('refuses %j', (options, message) => {
    expect(() => randomFunctionGraph(options)).toThrow(message)
  })
})
