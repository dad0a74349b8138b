import { describe, expect, it } from 'vitest'
import { barLine, duration, progressBar } from '../../src/cli/progress-bar.ts'

function recorder(isTTY: boolean) {
  const written: string[] = []
  return { written, stream: { isTTY, columns: 100, write: (text: string) => written.push(text) } }
}

describe('progressBar', () => {
  it('appears after a second, with the time left', () => {
    const { written, stream } = recorder(true)
    let time = 0
    const bar = progressBar(false, stream, () => time)
    for (let done = 1; done <= 20; done++) {
      time += 100
      bar.onProgress({ stage: 'layer', done, total: 100 })
      if (time < 1_000) expect(written).toEqual([])
    }
    expect(written.at(-1)).toContain('layer ')
    expect(written.at(-1)).toContain('20/100, 8 s left')
    bar.clear()
    expect(written.at(-1)).toBe('\r\x1b[2K')
  })

  it.each([
    ['quietly', true, true],
    ['to a file', false, false],
  ])('writes nothing %s', (_, quiet, isTTY) => {
    const { written, stream } = recorder(isTTY)
    let time = 0
    const bar = progressBar(quiet, stream, () => time)
    for (let done = 1; done <= 5; done++) {
      time += 2_000
      bar.onProgress({ stage: 'layer', done, total: 5 })
    }
    bar.clear()
    expect(written).toEqual([])
  })

  it('tells how it stands: epoch and loss', () => {
    const line = barLine({ stage: 'training', done: 5, total: 10, detail: 'epoch 1 of 2, loss 0.31' }, 5, 0, 100)
    expect(line).toMatch(/5\/10, 5 s left, epoch 1 of 2, loss 0\.31$/)
  })

  it('fits the terminal', () => {
    expect(barLine({ stage: 'a long stage', done: 5, total: 10 }, 3, 0, 30)).toHaveLength(29)
  })
})

describe('duration', () => {
  it.each([
    [4.4, '4 s'],
    [65, '1 min 5 s'],
    [7_300, '2 h 1 min'],
  ])('%d s is %s', (seconds, text) => expect(duration(seconds)).toBe(text))
})
