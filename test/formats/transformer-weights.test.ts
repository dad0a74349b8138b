/** Transformers from weights alone: each naming gives the graph of the network it was written from. */
import { describe, expect, it } from 'vitest'
import type { OpenOptions } from '../../src/formats/format.ts'
import { memorySource } from '../../src/formats/memory-source.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { prepareGraph } from '../../src/graph/prepare.ts'
import { transformerGraph } from '../../src/graph/transformer/transformer-graph.ts'
import type { UnitGraph } from '../../src/graph/unit-graph.ts'
import { unitGraph } from '../../src/graph/walk.ts'
import { checkRunnable } from '../../src/network/runnable.ts'
import { randomStream } from '../../src/random.ts'
import { asTransformer, type SmallOptions, smallTransformer } from '../graph/transformer/small-transformer.ts'
import { withHeader } from './safetensors-file.ts'
import { HAS_ENDS, transformerFile } from './transformer-files.ts'

interface Known {
  readonly options?: SmallOptions
  /** What the file needs beside it. */
  readonly config?: Record<string, unknown>
  readonly layers?: unknown
}

const HEADS = { num_attention_heads: 3 }
const NAMINGS: Readonly<Record<string, Known>> = {
  gpt2: { config: { n_head: 3, activation_function: 'gelu_new' } },
  neox: { options: { parallel: true }, config: { ...HEADS, use_parallel_residual: true } },
  bert: { options: { behind: true }, config: { ...HEADS, hidden_act: 'gelu', layer_norm_eps: 1e-12 } },
  llama: {
    options: { norm: 'rms', gated: true, heads: 4, keyHeads: 2 },
    config: { num_attention_heads: 4, num_key_value_heads: 2, rms_norm_eps: 1e-5, hidden_act: 'silu' },
  },
  mixtral: { options: { norm: 'rms', gated: true, experts: 3 }, config: { ...HEADS, hidden_act: 'silu' } },
  olmoe: { options: { norm: 'rms', gated: true, experts: 3 }, config: HEADS },
  timm: { layers: [{ type: 'transformer', heads: 3, activation: 'gelu' }] },
  vit: { config: { ...HEADS, hidden_act: 'relu' }, options: { homogeneous: true } },
  torch: {
    options: { behind: true, homogeneous: true },
    layers: [{ type: 'transformer', heads: 3, norms: 'behind', activation: 'relu' }],
  },
  transformerLens: { options: { norm: 'none' } },
}

function open(naming: string, { options, config, layers }: Known, more: OpenOptions = {}) {
  const small = smallTransformer(1, options)
  const siblings = config && { 'config.json': new TextEncoder().encode(JSON.stringify(config)) }
  const source = memorySource(transformerFile(small, naming), { name: `${naming}.safetensors`, siblings })
  return { small, opened: openNetwork(source, { layers, ...more }) }
}

/** Blocks by sizes and values, layers by size and kind: names differ. */
const content = ({ layers, blocks }: UnitGraph) => ({
  layers: layers.map(({ size, role, kind }) => ({ size, role, kind })),
  blocks: blocks.map(({ from, to, edges }) => ({
    from,
    to,
    values: [...edges.values],
  })),
})

describe('a transformer by the names of its tensors', () => {
  it.each(Object.entries(NAMINGS))('%s', async (naming, known) => {
    const { small, opened } = open(naming, known)
    const network = await opened
    const { graph } = await unitGraph(network)
    const expected = asTransformer(small)
    const whole = HAS_ENDS.has(naming)
      ? expected
      : { ...expected, inputs: [], output: { name: 'output', norm: expected.output.norm } }
    expect(content(graph)).toEqual(content((await transformerGraph(whole)).graph))
    expect(network.notes.join(' ')).toMatch(
      new RegExp(`transformer of 2 blocks with ${known.options?.heads ?? 3} heads`),
    )
  })
})

const message = async (promise: Promise<unknown>) =>
  promise.then(
    () => 'it opened',
    (error: Error) => `${(error as { code?: string }).code}: ${error.message}`,
  )

describe('what the names and sizes do not tell', () => {
  it('is asked for: the number of heads', async () => {
    const text = await message(open('gpt2', {}).opened)
    expect(text).toMatch(/^unsupported.heads: gpt2.safetensors holds a transformer of width 12,/)
    const layers = JSON.parse(text.slice(text.indexOf('\n') + 1))
    expect((await open('gpt2', { layers: [{ ...layers[0], heads: 3 }] }).opened).transformer?.steps.length).toBe(4)
  })

  it('is asked for: where the norms of a torch encoder stand', async () => {
    const text = await message(open('torch', { layers: [{ type: 'transformer', heads: 3 }] }).opened)
    expect(text).toMatch(/^unsupported.norms: .*"norms": "behind"/s)
  })

  it('is asked for: the orientation, where all matrices are square', async () => {
    const layers = [{ type: 'transformer', heads: 3 }]
    const known = { layers, options: { norm: 'rms', gated: true, neurons: 12 } } as const
    expect(await message(open('llama', known).opened)).toMatch(/^unsupported.orientation: /)
    expect((await open('llama', known, { orientation: 'out-in' }).opened).transformer?.width).toBe(12)
    const wrong = open('llama', { ...known, options: { norm: 'rms', gated: true } }, { orientation: 'in-out' })
    expect(await message(wrong.opened)).toMatch(/^usage.orientation: /)
  })

  it('is said where it was taken from the family', async () => {
    const notes = async (naming: string, known: Known) => (await open(naming, known).opened).notes.join('\n')
    expect(await notes('neox', { options: { parallel: true }, config: HEADS })).toMatch(/taken to read the same stream/)
    const rms = { options: { norm: 'rms', gated: true }, config: HEADS } as const
    expect(await notes('llama', rms)).toMatch(/taken to be RMSNorm/)
    expect(await notes('gpt2', { config: HEADS })).toMatch(/activation function is not known/)
    expect(await notes('mixtral', NAMINGS.mixtral)).toMatch(/which expert runs is no edge/)
  })

  it('is refused where it contradicts the sizes', async () => {
    expect(await message(open('gpt2', { config: { n_head: 5 } }).opened)).toMatch(/^unsupported.fused: /)
    expect(await message(open('llama', { ...NAMINGS.llama, config: { n_heads: 3 } }).opened)).toMatch(/^usage.heads: /)
  })

  it.each<[unknown, RegExp]>([
    [[{ type: 'transformer', heads: 0 }], /"heads" is 0; it must be a positive integer/],
    [[{ type: 'transformer', depth: 2 }], /there is no "depth"; it has heads, keyHeads/],
    [[{ type: 'transformer', norms: 'pre' }], /"norms" is "pre"/],
    [[{ type: 'transformer' }, { type: 'flatten' }], /it must be the only layer/],
  ])('layers.json %j', async (layers, problem) => {
    expect(await message(open('gpt2', { layers }).opened)).toMatch(problem)
  })

  it('a config.json that is no JSON, or of other types, harms nothing but itself', async () => {
    const file = transformerFile(smallTransformer(1), 'gpt2')
    const source = (config: string) =>
      memorySource(file, { name: 'net.safetensors', siblings: { 'config.json': new TextEncoder().encode(config) } })
    expect(await message(openNetwork(source('{')))).toMatch(/^format.json: config.json is no valid JSON/)
    expect(await message(openNetwork(source('{"n_head": "3", "hidden_act": 7}')))).toMatch(/^unsupported.heads/)
    expect(await message(openNetwork(source('{"n_head": 1e308}')))).toMatch(/^unsupported.heads/)
  })
})

describe('a damaged file', () => {
  const opened = (change: (header: Record<string, { shape: number[] }>) => void, naming = 'gpt2') => {
    const { options, config } = NAMINGS[naming]
    const file = transformerFile(smallTransformer(1, options), naming)
    const length = Number(new DataView(file.buffer).getBigUint64(0, true))
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)))
    change(header)
    const changed = new Uint8Array([...withHeader(JSON.stringify(header), 0), ...file.subarray(8 + length)])
    const siblings = { 'config.json': new TextEncoder().encode(JSON.stringify(config)) }
    return message(openNetwork(memorySource(changed, { name: 'net.safetensors', siblings })))
  }

  it('is refused: a gain of another length, a norm that one block lacks, a part with a new name', async () => {
    expect(
      await opened(header => {
        header['transformer.h.1.ln_2.weight'].shape = [3, 4]
      }),
    ).toMatch(/^unsupported.transformer: .*"transformer.h.1.ln_2.weight" \[3,4\] does not fit/)
    expect(
      await opened(header => {
        delete header['transformer.h.1.ln_2.weight']
        delete header['transformer.h.1.ln_2.bias']
      }),
    ).toMatch(/^unsupported.transformer: .*only one has a "transformer.h.0.ln_2"/)
    expect(
      await opened(header => {
        header['transformer.h.1.crossattention.weight'] = header['transformer.h.1.ln_2.weight']
        delete header['transformer.h.1.ln_2.weight']
      }),
    ).toMatch(/^unsupported.transformer: .*"transformer.h.1.crossattention.weight"/)
  })

  it('never fails in another way: tensors renamed, reshaped, lost', async () => {
    for (const naming of ['gpt2', 'llama', 'mixtral', 'transformerLens', 'vit'])
      for (let run = 0; run < 60; run++) {
        const random = randomStream(7, run)
        const text = await opened(header => {
          const names = Object.keys(header).filter(name => name !== '__metadata__')
          const name = names[random.below(names.length)]
          const { shape } = header[name]
          const kind = random.below(4)
          if (kind === 0) delete header[name]
          else if (kind === 1) header[name].shape = [shape.reduce((product, side) => product * side, 1)]
          else if (kind === 2) header[name].shape = shape.toReversed()
          else {
            header[name.replace(/\d/, String(random.below(20)))] = header[name]
          }
        }, naming)
        expect(text).toMatch(/^(it opened|unsupported\.|usage\.heads|format\.)/)
      }
  })
})

describe('a file of weights alone', () => {
  it('has no operators to run, and no other form of graph', async () => {
    const network = await open('gpt2', NAMINGS.gpt2).opened
    expect(() => checkRunnable(network, 'running it')).toThrow(/transformer alone.*Export the model to ONNX/s)
    for (const options of [{ form: 'outputs' }, { protocol: 'paper' }, { norm: 'l1' }, { masks: new Map() }] as const)
      expect(await message(prepareGraph(network, options))).toMatch(/^usage.transformer: /)
  })

  it('is clustered between the layers chosen, over the span chosen', async () => {
    const network = await open('gpt2', NAMINGS.gpt2).opened
    const whole = (await prepareGraph(network)).graph
    const part = (await prepareGraph(network, { units: '1-3' })).graph
    expect(part.layers.map(({ name }) => name)).toEqual(['h.0.mlp', 'h.1.attention', 'h.1.mlp'])
    expect([...part.blocks[0].edges.values]).toEqual([
      ...(whole.blocks.find(({ from, to }) => from === 1 && to === 2)?.edges.values ?? []),
    ])
    const { graph, parameters } = await prepareGraph(network, { span: 1 })
    expect(graph.blocks.map(({ from, to }) => to - from)).toEqual([1, 1, 1])
    expect(parameters).toMatchObject({ form: 'transformer', span: 1, canonical: 'balance' })
    expect(await message(prepareGraph(network, { span: 0 }))).toMatch(/^usage.span/)
  })
})
