/** What the folders promise each other: who may import whom, how long a file may be, what may be named how. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

/** From top to bottom: a folder may import from itself and from those before it. */
const ORDER = [
  ['errors', 'random', 'progress', 'executor', 'near-match', 'version'],
  ...'tensor kernels linalg stats network formats graph partition significance runtime autodiff data tasks training modules sculpt jobs report'
    .split(' ')
    .map(folder => [folder]),
  ['index'],
  ['node'],
  ['cli'],
]

/** The only places that may use `node:` modules and packages built on them; all else runs in a browser. */
const NODE_ONLY = [
  'src/formats/file-source.ts',
  'src/data/store.ts',
  'src/training/checkpoint-file.ts',
  'src/jobs/',
  'src/cli/',
  'src/kernels/build.ts',
  'src/node.ts',
]

const LONGEST = 400
const MEDIAN = 150

const sources = globSync('src/**/*.ts').map(normalize).sort()
const tests = globSync('{test,bench,experiments}/**/*.ts').map(normalize).sort()
const hand = sources.filter(path => path !== 'src/kernels/wasm.ts' && !path.startsWith('src/kernels/assembly/'))

function imports(path: string): string[] {
  const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(match => match[1])
}

function rank(path: string): number {
  const part = path.split('/')[1].replace(/\.ts$/, '')
  return ORDER.findIndex(names => names.includes(part))
}

const lines = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n').length

describe('src', () => {
  it('has only folders of the known order', () => {
    expect(sources.length).toBeGreaterThan(20)
    expect(sources.filter(path => rank(path) < 0)).toEqual([])
  })

  it('imports only from folders above', () => {
    const wrong = hand.flatMap(path =>
      imports(path)
        .filter(target => target.startsWith('.'))
        .map(target => join(dirname(path), target))
        .filter(target => target.startsWith('src/') && rank(target) > rank(path))
        .map(target => `${path} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('writes relative imports with .ts', () => {
    const wrong = hand.flatMap(path =>
      imports(path)
        .filter(target => target.startsWith('.') && !/\.(ts|json)$/.test(target))
        .map(target => `${path} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('runs in a browser, but for the named places', () => {
    const wrong = hand
      .filter(path => !NODE_ONLY.some(place => path.startsWith(place)))
      .filter(path => imports(path).some(target => target.startsWith('node:') || target === 'piscina'))
    expect(wrong).toEqual([])
    const buffers = hand
      .filter(path => !NODE_ONLY.some(place => path.startsWith(place)))
      .filter(path => /\bBuffer\.|\bprocess\.(env|argv|exit|cwd)|\b__dirname\b/.test(readFileSync(path, 'utf8')))
    expect(buffers).toEqual([])
  })

  it('reaches the Node-only places from the browser half by dynamic import at most', () => {
    const wrong = hand
      .filter(path => !NODE_ONLY.some(place => path.startsWith(place)))
      .filter(path =>
        /^(?:import|export)\s(?!type\b).*(?:file-source|jobs\/threads|jobs\/worker)/m.test(readFileSync(path, 'utf8')),
      )
    expect(wrong).toEqual([])
  })

  it('draws random numbers from src/random.ts alone', () => {
    const wrong = hand.filter(path => /Math\.random\(/.test(readFileSync(path, 'utf8')))
    expect(wrong).toEqual([])
  })
})

describe('files', () => {
  it(`are at most ${LONGEST} lines long`, () => {
    const long = [...sources.filter(path => path !== 'src/kernels/wasm.ts'), ...tests].filter(
      path => lines(path) > LONGEST,
    )
    expect(long.map(path => `${path}: ${lines(path)}`)).toEqual([])
  })

  it(`have a median length of at most ${MEDIAN} lines`, () => {
    const lengths = hand.map(lines).sort((a, b) => a - b)
    expect(lengths[lengths.length >> 1]).toBeLessThanOrEqual(MEDIAN)
  })

  it('are named for their concept', () => {
    const vague = [...sources, ...tests].filter(path => /(^|[/-])(utils?|helpers?|common|misc)([/.-]|$)/i.test(path))
    expect(vague).toEqual([])
  })

  it('mirror src: a test folder has a source folder of its name', () => {
    const folders = new Set(sources.map(path => path.split('/')[1]))
    const strangers = tests
      .filter(path => path.startsWith('test/') && path.endsWith('.test.ts') && path.split('/').length > 2)
      .filter(path => !folders.has(path.split('/')[1]))
    expect(strangers).toEqual([])
  })
})
