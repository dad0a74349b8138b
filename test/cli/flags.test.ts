import { describe, expect, it } from 'vitest'
import { checkFlags, choice, choices, count, countOrAuto, probability, seedOf } from '../../src/cli/flags.ts'

const definitions = {
  file: { type: 'positional' },
  norm: { type: 'string', valueHint: 'l1|l2' },
  json: { type: 'boolean' },
} as const

describe('checkFlags', () => {
  it.each([[['net.onnx', '--norm', 'l1', '--json']], [['--norm=l1', 'net.onnx']], [['--norm', '-1', 'net.onnx']]])(
    'lets %j pass',
    raw => {
      expect(() => checkFlags(raw, definitions)).not.toThrow()
    },
  )

  it.each([
    [['--nrom', 'l1'], 'There is no flag --nrom here. Did you mean --norm?'],
    [['--norm'], '--norm needs a value: --norm l1|l2.'],
    [['--norm', '--json'], '--norm needs a value'],
    [['--json=yes'], '--json takes no value'],
    [['-j'], 'There is no flag -j here'],
    [['--no-json'], 'There is no flag --no-json here'],
    [['a.onnx', 'b.onnx'], '"b.onnx" is one argument too many'],
  ])('refuses %j', (raw, message) => {
    expect(() => checkFlags(raw, definitions)).toThrow(message)
  })
})

describe('values', () => {
  it('are read', () => {
    const flags = { norm: 'l2', null: 'layer, degree', k: 'auto', shuffles: '20', alpha: '.05', seed: '7' }
    expect(choice(flags, 'norm', ['l1', 'l2'])).toBe('l2')
    expect(choices(flags, 'null', ['layer', 'degree'])).toEqual(['layer', 'degree'])
    expect(countOrAuto(flags, 'k', 1)).toBe('auto')
    expect(countOrAuto(flags, 'shuffles', 1)).toBe(20)
    expect(probability(flags, 'alpha')).toBe(0.05)
    expect(seedOf(flags)).toBe(7)
    expect(choice({}, 'norm', ['l1'])).toBeUndefined()
  })

  it('are refused by name, with what would be right', () => {
    expect(() => choice({ norm: 'l3' }, 'norm', ['l1', 'l2'])).toThrow('--norm cannot be "l3". Did you mean l1 or l2?')
    expect(() => choice({ norm: 'maximum' }, 'norm', ['l1', 'l2'])).toThrow('It takes l1, l2.')
    for (const value of ['0', '-3', '1.5', 'x', '1e3'])
      expect(() => count({ k: value }, 'k', 1)).toThrow(`--k must be a whole number of at least 1, not "${value}".`)
    expect(() => countOrAuto({ k: 'many' }, 'k', 1)).toThrow('or "auto", not "many"')
    for (const value of ['0', '1', 'x']) expect(() => probability({ alpha: value }, 'alpha')).toThrow(`"${value}"`)
    expect(() => seedOf({ seed: '-1' })).toThrow('"-1"')
  })

  it('draws a seed where none is given', () => {
    expect(Number.isSafeInteger(seedOf({}))).toBe(true)
  })
})
