import { describe, expect, it } from 'vitest'
import { nearMatches, suggestion } from '../src/near-match.ts'

const verbs = ['inspect', 'cluster', 'test', 'analyze', 'demo']

describe('nearMatches', () => {
  it.each([
    ['inspct', ['inspect']],
    ['analyse', ['analyze']],
    ['clust', ['cluster']],
    ['tset', ['test']],
    ['banana', []],
  ])('%s → %j', (typed, near) => {
    expect(nearMatches(typed, verbs)).toEqual(near)
  })

  it('is told as a question', () => {
    expect(suggestion('wieghts', ['weights', 'json'], '--')).toBe(' Did you mean --weights?')
    expect(suggestion('xyz', ['weights'])).toBe('')
  })
})
