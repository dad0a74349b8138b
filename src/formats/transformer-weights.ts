/**
 * A transformer from weights alone: which tensor is which by their names, sizes by their shapes. Whether matrices are
 * [out, in] (Linear) or [in, out] (GPT-2's Conv1D) is decided by the length of biases, else by the side that is the
 * stream's width, for the whole file. What neither tells (the heads, above all) comes from `config.json` or
 * `layers.json`, or is asked for; nothing is guessed in silence.
 */
import { UnsupportedError, UsageError } from '../errors.ts'
import type { Network, WeightTensor } from '../network/network.ts'
import type { LinearMap, StreamInput, StreamOutput, Transformer } from '../network/transformer.ts'
import { type BlockContext, normOf, stepsOfBlock } from './transformer-block.ts'
import type { TransformerFacts } from './transformer-facts.ts'
import { matrixMap, patchMap } from './transformer-maps.ts'
import { type Block, type NamedBlocks, type NamedPart, transformerBlocks } from './transformer-names.ts'
import type { Orientation } from './weights-layers.ts'

export interface TransformerFile {
  readonly name: string
  readonly format: string
  readonly tensors: ReadonlyMap<string, WeightTensor>
  readonly facts: TransformerFacts
  readonly orientation?: Orientation
  readonly notes: readonly string[]
}

/** Whether the names are those of a transformer. */
export function namesTransformer(tensors: readonly WeightTensor[]): boolean {
  return transformerBlocks(tensors).length > 0
}

/** The network of a file for which `namesTransformer` holds: it can be clustered and tested, but not run. */
export function transformerNetwork(file: TransformerFile): Network {
  const families = transformerBlocks([...file.tensors.values()])
  if (families.length === 0) throw unsupported(file, 'has no blocks under names lobes knows')
  if (families.length > 1)
    throw unsupported(
      file,
      `holds ${families.length} stacks of blocks (${families.map(({ prefix }) => prefix).join(', ')}); ` +
        'lobes takes transformers with one residual stream. Save the stack you want in a file of its own',
    )
  const [family] = families
  const [stranger] = family.strangers
  if (stranger) throw unsupported(file, `is a transformer with a part lobes does not know, "${stranger.name}"`)
  checkAlike(family, file)
  const notes = [...file.notes]
  const transformer = transformerOf(family, file, notes)
  return {
    name: file.name,
    source: { format: file.format },
    inputs: [],
    outputs: [],
    operators: [],
    weights: file.tensors,
    shapes: new Map(),
    activationsKnown: false,
    transformer,
    notes,
  }
}

/** Blocks differ in their experts at most; a norm that one of them lacks was lost on the way. */
function checkAlike({ blocks, prefix }: NamedBlocks, file: TransformerFile): void {
  const PERCEPTRON = /^(up|gate|fusedGate|down|router)( |$)/
  const rolesOf = (block: Block) => [...block.keys()].filter(role => !PERCEPTRON.test(role))
  blocks.forEach((block, at) => {
    const roles = rolesOf(block)
    const odd = rolesOf(blocks[0]).find(role => !roles.includes(role)) ?? roles.find(role => !blocks[0].has(role))
    if (odd === undefined) return
    const { stem } = (block.get(odd) ?? blocks[0].get(odd)) as NamedPart
    throw unsupported(file, `has blocks ${prefix} that differ: of ${at} and the first, only one has a "${stem}"`)
  })
}

function transformerOf(family: NamedBlocks, file: TransformerFile, notes: string[]): Transformer {
  const { blocks, prefix, around } = family
  const width = widthOf(family, file)
  const orientation = orientationOf(blocks, width, file)
  const context: BlockContext = {
    file: file.name,
    width,
    orientation,
    facts: file.facts,
    behind: normsBehind(blocks[0], file),
    parallel: isParallel(blocks[0], file.facts, notes),
    heads: headsOf(blocks, width, file),
  }
  const stack = prefix.split('.').at(-1)
  const { inputs, output, embeddingNorm, unread } = ends(around, context)
  const steps = blocks.flatMap((block, at) => stepsOfBlock(block, `${stack}.${at}`, context))
  describe(context, blocks, unread, notes)
  return { width, inputs, output, steps: embeddingNorm ? [{ parts: [], norm: embeddingNorm }, ...steps] : steps }
}

const NORMS = ['attentionNorm', 'mlpNorm', 'attentionPostNorm', 'firstNorm']
const READING = /^(query|key|value|fused|fusedByHead|up|gate|fusedGate)( |$)/
const WRITING = /^(out|down)( |$)/

/** The length of gains; without norms, the one size that all matrices of the blocks have. */
function widthOf({ blocks, prefix }: NamedBlocks, file: TransformerFile): number {
  const gain = NORMS.map(role => blocks[0].get(role)?.weight).find(tensor => tensor)
  if (gain?.shape.length === 1) return gain.shape[0]
  const shapes = matricesOf(blocks).map(({ weight }) => weight.shape)
  const shared = [...new Set(shapes[0])].filter(size => shapes.every(shape => shape.includes(size)))
  if (shared.length === 1) return shared[0]
  throw unsupported(
    file,
    `is a transformer, but the width of the stream through ${prefix} cannot be told from its sizes`,
  )
}

function matricesOf(blocks: readonly Block[]) {
  return blocks.flatMap(block =>
    Array.from(block, ([role, { weight, bias }]) => ({ role, weight, bias })).flatMap(({ role, weight, bias }) =>
      weight && weight.shape.length >= 2 && (READING.test(role) || WRITING.test(role)) ? [{ role, weight, bias }] : [],
    ),
  )
}

function orientationOf(blocks: readonly Block[], width: number, file: TransformerFile): Orientation {
  const votes = new Map<Orientation, string>()
  for (const { role, weight, bias } of matricesOf(blocks)) {
    if (weight.shape.length !== 2 || weight.shape[0] === weight.shape[1]) continue
    const [rows] = weight.shape
    const out = bias?.shape[0] ?? (WRITING.test(role) ? width : undefined)
    const into = out === undefined ? width : undefined
    const side = weight.shape.indexOf((out ?? into) as number)
    if (side < 0)
      throw unsupported(
        file,
        `is a transformer of width ${width}, which "${weight.name}" [${weight.shape}] does not fit`,
      )
    votes.set((side === 0) === (out !== undefined) ? 'out-in' : 'in-out', `"${weight.name}" [${rows}, …]`)
  }
  const [decided] = votes.keys()
  if (votes.size > 1) throw unsupported(file, `has matrices of both orientations, ${[...votes.values()].join(' and ')}`)
  if (decided && file.orientation && decided !== file.orientation)
    throw new UsageError(
      'usage.orientation',
      `The sizes contradict the orientation ${file.orientation}; they fit the other one. Leave the option out.`,
    )
  if (decided ?? file.orientation) return (decided ?? file.orientation) as Orientation
  throw new UnsupportedError(
    'unsupported.orientation',
    `${file.name}: all matrices are square, so which side is the output cannot be told. Pass --orientation out-in if the ` +
      'file comes from PyTorch (rows are outputs), in-out if from GPT-2, Keras or Flax.',
  )
}

function headsOf(blocks: readonly Block[], width: number, file: TransformerFile): number {
  const [block] = blocks
  const query = block.get('query')?.weight
  const stacked = query?.shape.length === 3 ? query.shape[0] : undefined
  const gain = block.get('queryNorm')?.weight?.shape[0]
  const rows = query && (query.shape[0] === width ? query.shape[1] : query.shape[0])
  const perHead = gain && rows && gain < rows ? rows / gain : undefined
  const heads = file.facts.heads ?? stacked ?? perHead
  if (heads) return heads
  throw new UnsupportedError(
    'unsupported.heads',
    `${file.name} holds a transformer of width ${width}, but the weights do not tell how many ` +
      "attention heads it has. Put the model's config.json beside the file, or save this as layers.json beside it with the " +
      `right number in place of ${Math.max(1, Math.round(width / 64))}:\n[{ "type": "transformer", "heads": ${Math.max(1, Math.round(width / 64))} }]`,
  )
}

function normsBehind(block: Block, file: TransformerFile): boolean {
  if (file.facts.norms) return file.facts.norms === 'behind'
  if (block.has('attentionPostNorm')) return true
  const isTorch = block.has('firstNorm') && /(^|\.)linear1$/.test(block.get('up')?.stem ?? '')
  if (!isTorch) return false
  throw new UnsupportedError(
    'unsupported.norms',
    `${file.name} holds a torch.nn.TransformerEncoder, whose norms stand before the parts (norm_first=True) or behind them ` +
      '(the default); the weights do not tell. Save this as layers.json beside the file, with the right number of heads, and ' +
      `"before" in place of "behind" if so:\n[{ "type": "transformer", "heads": ${file.facts.heads ?? 8}, "norms": "behind" }]`,
  )
}

function isParallel(block: Block, facts: TransformerFacts, notes: string[]): boolean {
  if (facts.parallel !== undefined) return facts.parallel
  if (block.has('attentionNorm') && !block.has('mlpNorm')) return true
  const stem = block.get('fusedByHead')?.stem ?? ''
  if (!stem.endsWith('attention.query_key_value') || stem.endsWith('self_attention.query_key_value')) return false
  notes.push('Attention and perceptron are taken to read the same stream, as in GPT-NeoX; a config.json can tell.')
  return true
}

const EMBEDDING_NORM = /(^|\.)(embeddings\.LayerNorm|layernorm_embedding|emb_ln)$/
const FINAL_NORM =
  /(^|\.)(ln_f|norm|final_layernorm|final_layer_norm|layernorm|ln_final|ln_post|post_layernorm|encoder\.ln|fc_norm)$/
const PATCHES = /(^|\.)(patch_embed\.proj|patch_embeddings?(\.projection)?|conv_proj|conv1)$/
const CLASSES = /(^|\.)(head|classifier|score|fc|heads\.head|mlp_head(\.\d)?)$/

/** What writes to the stream before the blocks and reads it behind them. */
function ends(around: ReadonlyMap<string, NamedPart>, context: BlockContext) {
  const { width, orientation } = context
  const unread: string[] = []
  const inputs: StreamInput[] = []
  let [output, embeddingNorm]: [StreamOutput, ReturnType<typeof normOf>] = [{ name: 'output' }, undefined]
  const pooled = [...around.keys()].some(stem => /(^|\.)pooler\.dense$/.test(stem))
  for (const [stem, part] of around) {
    const shape = part.weight?.shape ?? []
    const classes: LinearMap | undefined =
      part.weight && shape.length === 2 ? matrixMap(part.weight, orientation) : undefined
    if (shape.length === 4 && shape[0] === width && PATCHES.test(stem))
      inputs.push({ name: stem, kind: 'channel', units: shape[1], writes: patchMap(part.weight as WeightTensor) })
    else if (EMBEDDING_NORM.test(stem) && shape[0] === width)
      embeddingNorm = context.behind ? normOf(part, context) : undefined
    else if (FINAL_NORM.test(stem) && shape.length === 1 && shape[0] === width && !context.behind)
      output = { ...output, norm: normOf(part, context) }
    else if (CLASSES.test(stem) && classes?.columns === width && !pooled)
      output = { ...output, name: stem, reads: classes }
    else unread.push(stem)
  }
  return { inputs, output, embeddingNorm, unread }
}

function describe(
  { behind, facts, heads, orientation }: BlockContext,
  blocks: readonly Block[],
  unread: readonly string[],
  notes: string[],
) {
  const hasNorms = NORMS.some(role => blocks[0].has(role))
  const norms = hasNorms ? `norms ${behind ? 'behind' : 'before'} the parts` : 'no norms'
  notes.push(
    `The file holds weights alone; by their names it is a transformer of ${blocks.length} block${blocks.length > 1 ? 's' : ''} with ` +
      `${heads} heads each, matrices ${orientation === 'out-in' ? '[out, in]' : '[in, out]'}, ${norms}.`,
  )
  const norm = blocks[0].get('attentionNorm') ?? blocks[0].get('firstNorm')
  if (norm && !norm.bias && !facts.norm)
    notes.push('Its norms have no bias and are taken to be RMSNorm; a config.json can tell.')
  if (!facts.activation && !blocks[0].has('gate') && !blocks[0].has('fusedGate'))
    notes.push(
      'Its activation function is not known; neurons keep the scale they have, as for GELU. A config.json can tell.',
    )
  if ([...blocks[0].keys()].some(role => /^down \d/.test(role)))
    notes.push(
      'The neurons of all experts of a block are one layer, expert after expert; which expert runs is no edge.',
    )
  if (unread.length > 0)
    notes.push(`No units are made of ${unread.slice(0, 12).join(', ')}${unread.length > 12 ? ' and others' : ''}.`)
}

function unsupported(file: TransformerFile, problem: string): UnsupportedError {
  return new UnsupportedError(
    'unsupported.transformer',
    `${file.name} ${problem}. Export the model to ONNX, which holds the architecture.`,
  )
}
