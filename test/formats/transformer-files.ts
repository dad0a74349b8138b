/** Writes small transformers as safetensors files with the names that well-known libraries give their tensors. */
import type { Matrix, SmallAttention, SmallMlp, SmallTransformer } from '../graph/transformer/small-transformer.ts'
import { type Entry, safetensorsFile } from './safetensors-file.ts'

type Tensors = Record<string, Entry>

const entry = (values: ArrayLike<number>, shape: readonly number[]): Entry => ({
  dtype: 'F32',
  shape,
  bytes: new Uint8Array(Float32Array.from(values).buffer),
})
const linear = ({ rows, columns, values }: Matrix) => entry(values, [rows, columns])
const turned = ({ rows, columns, values }: Matrix): Matrix => ({
  rows: columns,
  columns: rows,
  values: values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)]),
})
const conv1d = (matrix: Matrix) => linear(turned(matrix))
const bias = (size: number) => entry(new Float32Array(size), [size])
const gain = ({ values }: Matrix) => entry(values, [values.length])
const below = (...parts: readonly Matrix[]): Matrix => ({
  rows: parts.reduce((sum, { rows }) => sum + rows, 0),
  columns: parts[0].columns,
  values: Float64Array.from(parts.flatMap(({ values }) => [...values])),
})
/** One matrix of each head: [heads × rows × columns], turned if asked. */
const stack = (matrix: Matrix, heads: number, turn: boolean): Entry => {
  const [size, length] = [matrix.rows / heads, matrix.values.length / heads]
  const parts = Array.from({ length: heads }, (_, h) => ({
    rows: size,
    columns: matrix.columns,
    values: matrix.values.slice(h * length, (h + 1) * length),
  }))
  const shape = turn ? [heads, matrix.columns, size] : [heads, size, matrix.columns]
  return entry(
    parts.flatMap(part => [...(turn ? turned(part) : part).values]),
    shape,
  )
}
/** Queries, keys and values of the first head, then of the second, … */
const byHead = ({ query, key, value, heads }: SmallAttention): Matrix => {
  const size = query.rows / heads
  const part = ({ columns, values }: Matrix, h: number): Matrix => ({
    rows: size,
    columns,
    values: values.slice(h * size * columns, (h + 1) * size * columns),
  })
  return below(...Array.from({ length: heads }, (_, h) => [query, key, value].map(matrix => part(matrix, h))).flat())
}

const put = (tensors: Tensors, name: string, matrix: Matrix, withBias = true) => {
  tensors[`${name}.weight`] = linear(matrix)
  if (withBias) tensors[`${name}.bias`] = bias(matrix.rows)
}
const putNorm = (tensors: Tensors, name: string, norm: { gain: Matrix } | undefined, withBias = true) => {
  if (!norm) throw new Error(`There is no norm for ${name}.`)
  tensors[`${name}.weight`] = gain(norm.gain)
  if (withBias) tensors[`${name}.bias`] = bias(norm.gain.rows)
}

interface BlockOf {
  readonly attention: SmallAttention
  readonly mlp: SmallMlp
  readonly norms: readonly ({ gain: Matrix } | undefined)[]
}

function blocksOf({ steps }: SmallTransformer): BlockOf[] {
  const parts = steps.flatMap(step => step.parts.map(part => ({ part, norm: part.norm ?? step.norm })))
  return Array.from({ length: parts.length / 2 }, (_, b) => ({
    attention: parts[2 * b].part as SmallAttention,
    mlp: parts[2 * b + 1].part as SmallMlp,
    norms: [parts[2 * b].norm, parts[2 * b + 1].norm],
  }))
}

/** Tensors of one block, by the naming; the rest of the file by the same name in {@link AROUND}. */
const BLOCK: Readonly<Record<string, (tensors: Tensors, at: number, block: BlockOf) => void>> = {
  gpt2(tensors, at, { attention, mlp, norms }) {
    const name = `transformer.h.${at}`
    const { query, key, value, output } = attention
    putNorm(tensors, `${name}.ln_1`, norms[0])
    putNorm(tensors, `${name}.ln_2`, norms[1])
    tensors[`${name}.attn.bias`] = entry(new Float32Array(4), [1, 1, 2, 2])
    tensors[`${name}.attn.masked_bias`] = entry([0], [])
    const [perceptron] = mlp.experts
    for (const [part, matrix] of [
      ['attn.c_attn', below(query, key, value)],
      ['attn.c_proj', output],
      ['mlp.c_fc', perceptron.up],
      ['mlp.c_proj', perceptron.down],
    ] as const) {
      tensors[`${name}.${part}.weight`] = conv1d(matrix)
      tensors[`${name}.${part}.bias`] = bias(matrix.rows)
    }
  },
  neox(tensors, at, { attention, mlp, norms }) {
    const name = `gpt_neox.layers.${at}`
    putNorm(tensors, `${name}.input_layernorm`, norms[0])
    putNorm(tensors, `${name}.post_attention_layernorm`, norms[1])
    tensors[`${name}.attention.rotary_emb.inv_freq`] = entry([1, 0.1], [2])
    put(tensors, `${name}.attention.query_key_value`, byHead(attention))
    put(tensors, `${name}.attention.dense`, attention.output)
    put(tensors, `${name}.mlp.dense_h_to_4h`, mlp.experts[0].up)
    put(tensors, `${name}.mlp.dense_4h_to_h`, mlp.experts[0].down)
  },
  bert(tensors, at, { attention, mlp, norms }) {
    const name = `bert.encoder.layer.${at}`
    for (const part of ['query', 'key', 'value'] as const)
      put(tensors, `${name}.attention.self.${part}`, attention[part])
    put(tensors, `${name}.attention.output.dense`, attention.output)
    putNorm(tensors, `${name}.attention.output.LayerNorm`, norms[0])
    put(tensors, `${name}.intermediate.dense`, mlp.experts[0].up)
    put(tensors, `${name}.output.dense`, mlp.experts[0].down)
    putNorm(tensors, `${name}.output.LayerNorm`, norms[1])
  },
  llama(tensors, at, { attention, mlp, norms }) {
    const name = `model.layers.${at}`
    putNorm(tensors, `${name}.input_layernorm`, norms[0], false)
    putNorm(tensors, `${name}.post_attention_layernorm`, norms[1], false)
    for (const part of ['query', 'key', 'value'] as const)
      put(tensors, `${name}.self_attn.${part[0]}_proj`, attention[part], false)
    put(tensors, `${name}.self_attn.o_proj`, attention.output, false)
    for (const [part, matrix] of Object.entries(mlp.experts[0])) put(tensors, `${name}.mlp.${part}_proj`, matrix, false)
  },
  mixtral(tensors, at, block) {
    BLOCK.llama(tensors, at, block)
    const name = `model.layers.${at}`
    for (const part of ['up', 'gate', 'down']) delete tensors[`${name}.mlp.${part}_proj.weight`]
    put(tensors, `${name}.block_sparse_moe.gate`, { rows: 3, columns: 12, values: new Float64Array(36) }, false)
    block.mlp.experts.forEach(({ up, gate, down }, e) => {
      put(tensors, `${name}.block_sparse_moe.experts.${e}.w1`, gate as Matrix, false)
      put(tensors, `${name}.block_sparse_moe.experts.${e}.w2`, down, false)
      put(tensors, `${name}.block_sparse_moe.experts.${e}.w3`, up, false)
    })
  },
  olmoe(tensors, at, block) {
    BLOCK.mixtral(tensors, at, block)
    for (const name of Object.keys(tensors)) {
      const renamed = name
        .replace('block_sparse_moe', 'mlp')
        .replace(/\.w([123])\.weight$/, (_, n) => `.${['gate', 'down', 'up'][n - 1]}_proj.weight`)
      if (renamed === name) continue
      tensors[renamed] = tensors[name]
      delete tensors[name]
    }
  },
  timm(tensors, at, { attention, mlp, norms }) {
    const name = `blocks.${at}`
    const { query, key, value, output } = attention
    putNorm(tensors, `${name}.norm1`, norms[0])
    put(tensors, `${name}.attn.qkv`, below(query, key, value))
    put(tensors, `${name}.attn.proj`, output)
    putNorm(tensors, `${name}.norm2`, norms[1])
    put(tensors, `${name}.mlp.fc1`, mlp.experts[0].up)
    put(tensors, `${name}.mlp.fc2`, mlp.experts[0].down)
  },
  vit(tensors, at, { attention, mlp, norms }) {
    const name = `vit.encoder.layer.${at}`
    for (const part of ['query', 'key', 'value'] as const)
      put(tensors, `${name}.attention.attention.${part}`, attention[part])
    put(tensors, `${name}.attention.output.dense`, attention.output)
    put(tensors, `${name}.intermediate.dense`, mlp.experts[0].up)
    put(tensors, `${name}.output.dense`, mlp.experts[0].down)
    putNorm(tensors, `${name}.layernorm_before`, norms[0])
    putNorm(tensors, `${name}.layernorm_after`, norms[1])
  },
  torch(tensors, at, { attention, mlp, norms }) {
    const name = `encoder.layers.${at}`
    const { query, key, value, output } = attention
    const fused = below(query, key, value)
    tensors[`${name}.self_attn.in_proj_weight`] = linear(fused)
    tensors[`${name}.self_attn.in_proj_bias`] = bias(fused.rows)
    put(tensors, `${name}.self_attn.out_proj`, output)
    put(tensors, `${name}.linear1`, mlp.experts[0].up)
    put(tensors, `${name}.linear2`, mlp.experts[0].down)
    putNorm(tensors, `${name}.norm1`, norms[0])
    putNorm(tensors, `${name}.norm2`, norms[1])
  },
  transformerLens(tensors, at, { attention, mlp }) {
    const name = `blocks.${at}`
    const { heads, query, key, value, output } = attention
    for (const [part, matrix] of Object.entries({ Q: query, K: key, V: value }))
      tensors[`${name}.attn.W_${part}`] = stack(matrix, heads, true)
    tensors[`${name}.attn.W_O`] = stack(turned(output), heads, false)
    tensors[`${name}.attn.b_O`] = bias(output.rows)
    tensors[`${name}.mlp.W_in`] = conv1d(mlp.experts[0].up)
    tensors[`${name}.mlp.b_in`] = bias(mlp.experts[0].up.rows)
    tensors[`${name}.mlp.W_out`] = conv1d(mlp.experts[0].down)
    tensors[`${name}.attn.mask`] = entry(new Float32Array(4), [2, 2])
  },
}

const AROUND: Readonly<Record<string, (tensors: Tensors, small: SmallTransformer) => void>> = {
  gpt2: (tensors, { output }) => putNorm(tensors, 'transformer.ln_f', output.norm),
  neox: (tensors, { output }) => putNorm(tensors, 'gpt_neox.final_layer_norm', output.norm),
  llama: (tensors, { output }) => putNorm(tensors, 'model.norm', output.norm, false),
  mixtral: (tensors, { output }) => putNorm(tensors, 'model.norm', output.norm, false),
  olmoe: (tensors, { output }) => putNorm(tensors, 'model.norm', output.norm, false),
  timm(tensors, small) {
    tensors['patch_embed.proj.weight'] = entry(turned(small.input).values, [small.width, 3, 1, small.input.rows / 3])
    tensors.cls_token = entry(new Float32Array(small.width), [1, 1, small.width])
    putNorm(tensors, 'norm', small.output.norm)
    put(tensors, 'head', small.output.reads)
  },
  vit(tensors, small) {
    const patches = entry(turned(small.input).values, [small.width, 3, 1, small.input.rows / 3])
    tensors['vit.embeddings.patch_embeddings.projection.weight'] = patches
    putNorm(tensors, 'vit.layernorm', small.output.norm)
    put(tensors, 'classifier', small.output.reads)
  },
}

/** Whether the file of this naming has the input and the classes of the network. */
export const HAS_ENDS: ReadonlySet<string> = new Set(['timm', 'vit'])

export function transformerFile(small: SmallTransformer, naming: string): Uint8Array<ArrayBuffer> {
  const tensors: Tensors = {}
  tensors['tokens.weight'] = entry(new Float32Array(7 * small.width), [7, small.width])
  blocksOf(small).forEach((block, at) => {
    BLOCK[naming](tensors, at, block)
  })
  AROUND[naming]?.(tensors, small)
  return safetensorsFile(tensors)
}
