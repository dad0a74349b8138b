/**
 * What the names of a transformer's tensors tell: the block each belongs to, and its part in it. Knows the names of GPT-2,
 * GPT-J, GPT-NeoX, BLOOM, OPT, BERT, DistilBERT, Llama, Mistral, Qwen, Phi, Mixtral, OLMoE, ViT (timm and Hugging Face),
 * CLIP, `torch.nn.TransformerEncoder` and TransformerLens.
 */
import type { WeightTensor } from '../network/network.ts'

type Role =
  | 'query'
  | 'key'
  | 'value'
  | 'fused'
  | 'fusedByHead'
  | 'out'
  | 'queryNorm'
  | 'keyNorm'
  | 'up'
  | 'gate'
  | 'fusedGate'
  | 'down'
  | 'router'
  | 'attentionNorm'
  | 'mlpNorm'
  | 'attentionPostNorm'
  | 'mlpPostNorm'
  | 'firstNorm'
  | 'secondNorm'
  | 'attentionScale'
  | 'mlpScale'

export interface NamedPart {
  /** Names without `weight` and `bias`. */
  readonly stem: string
  weight?: WeightTensor
  bias?: WeightTensor
}

/** Parts by role; those of experts with the expert's place, as `up 3` or, of one that always runs, `up shared`. */
export type Block = Map<string, NamedPart>

export interface NamedBlocks {
  /** What the names of all blocks begin with, e.g. `model.layers`. */
  readonly prefix: string
  /** In the order of their numbers. */
  readonly blocks: readonly Block[]
  /** Tensors within blocks whose part is not known. */
  readonly strangers: readonly WeightTensor[]
  /** Tensors outside the blocks, by stem. */
  readonly around: ReadonlyMap<string, NamedPart>
}

const BLOCK = /^((?:[\w-]+\.)*(?:h|layers?|blocks?|resblocks))\.(\d{1,4})\.(.+)$/
const EXPERT = /^(?:block_sparse_moe|mlp|feed_forward|moe)\.(?:experts\.(\d{1,5})|(shared_experts?))\.(.+)$/

const ATTENTION = '(?:attn|attention|self_attn|self_attention)\\.(?:self\\.|attention\\.)?'
const MLP = '(?:mlp\\.|ffn\\.|feed_forward\\.)?'

/** In the order in which they are tried. */
const ROLES: readonly (readonly [Role, RegExp])[] = [
  ['query', at(`${ATTENTION}(?:q_proj|query|q_lin|wq|W_Q)`)],
  ['key', at(`${ATTENTION}(?:k_proj|key|k_lin|wk|W_K)`)],
  ['value', at(`${ATTENTION}(?:v_proj|value|v_lin|wv|W_V)`)],
  ['fusedByHead', at(`${ATTENTION}query_key_value`)],
  ['fused', at(`${ATTENTION}(?:c_attn|qkv|qkv_proj|in_proj)`)],
  ['out', at(`${ATTENTION}(?:c_proj|dense|out_proj|o_proj|out_lin|wo|W_O|proj|output\\.dense)`)],
  ['queryNorm', at(`${ATTENTION}q_norm`)],
  ['keyNorm', at(`${ATTENTION}k_norm`)],
  ['router', at('(?:block_sparse_moe|mlp|feed_forward)\\.(?:gate|router|shared_expert_gate)')],
  ['gate', at(`${MLP}(?:gate_proj|W_gate)`)],
  ['fusedGate', at(`${MLP}gate_up_proj`)],
  ['up', at(`${MLP}(?:c_fc|dense_h_to_4h|fc1|fc_in|up_proj|linear1|lin1|W_in|intermediate\\.dense)`)],
  ['up', at('intermediate\\.dense')],
  ['down', at(`${MLP}(?:c_proj|dense_4h_to_h|fc2|fc_out|down_proj|linear2|lin2|W_out)`)],
  ['down', at('output\\.dense')],
  ['attentionPostNorm', at('(?:attention\\.output\\.LayerNorm|sa_layer_norm)')],
  ['mlpPostNorm', at('(?:output\\.LayerNorm|output_layer_norm)')],
  ['attentionNorm', at('(?:ln_?1|input_layernorm|layernorm_before|attention_norm|self_attn_layer_norm|layer_norm1)')],
  ['mlpNorm', at('(?:ln_?2|post_attention_layernorm|layernorm_after|ffn_norm|final_layer_norm|layer_norm2)')],
  ['firstNorm', at('norm1')],
  ['secondNorm', at('norm2')],
  ['attentionScale', at('(?:ls1\\.gamma|gamma_1|layer_scale1\\.lambda1)')],
  ['mlpScale', at('(?:ls2\\.gamma|gamma_2|layer_scale2\\.lambda1)')],
]

/** Masks and tables that are made anew whenever the network is built. */
const NO_WEIGHT = /(^|\.)(masked|mask|inv_freq|IGNORE)$|^(attn|attention)$/

function at(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`)
}

/** The blocks of each transformer in a file: none, one, or an encoder and a decoder. */
export function transformerBlocks(tensors: readonly WeightTensor[]): NamedBlocks[] {
  const families = new Map<string, { byNumber: Map<number, Block>; strangers: WeightTensor[] }>()
  const around = new Map<string, NamedPart>()
  for (const tensor of tensors) {
    const [, prefix, number, rest] = BLOCK.exec(tensor.name) ?? []
    if (prefix === undefined) {
      add(around, split(tensor.name).stem, tensor)
      continue
    }
    if (!families.has(prefix)) families.set(prefix, { byNumber: new Map(), strangers: [] })
    const { byNumber, strangers } = families.get(prefix)!
    const block: Block = byNumber.get(Number(number)) ?? new Map()
    byNumber.set(Number(number), block)
    const { stem } = split(rest)
    const role = roleOf(stem)
    if (role) add(block, role, tensor)
    else if (!NO_WEIGHT.test(stem)) strangers.push(tensor)
  }
  return Array.from(families, ([prefix, { byNumber, strangers }]) => ({
    prefix,
    blocks: [...byNumber].sort(([a], [b]) => a - b).map(([, block]) => block),
    strangers,
    around,
  })).filter(({ blocks }) => blocks.some(block => ['query', 'fused', 'fusedByHead'].some(role => block.has(role))))
}

function roleOf(stem: string): string | undefined {
  const [, number, shared, part] = EXPERT.exec(stem) ?? []
  if (part !== undefined) {
    const role = ({ w1: 'gate', w2: 'down', w3: 'up' } as Record<string, string>)[part] ?? roleIn(part)
    return role && `${role} ${shared ? 'shared' : Number(number)}`
  }
  const [, llama] = /^feed_forward\.(w[123])$/.exec(stem) ?? []
  return llama ? { w1: 'gate', w2: 'down', w3: 'up' }[llama] : roleIn(stem)
}

function roleIn(stem: string): Role | undefined {
  return ROLES.find(([, pattern]) => pattern.test(stem))?.[0]
}

function add(parts: Map<string, NamedPart>, role: string, tensor: WeightTensor): void {
  const { stem, kind } = split(tensor.name)
  const part = parts.get(role) ?? { stem }
  part[kind] = tensor
  parts.set(role, part)
}

/** `c_fc.weight` → `c_fc`, weight; `in_proj_bias` → `in_proj`, bias; `W_in` → itself, weight; `b_in` → `W_in`, bias. */
function split(name: string): { stem: string; kind: 'weight' | 'bias' } {
  const [, stem, word] = /^(.*?)[._](weight|bias|w|b)$/.exec(name) ?? []
  if (word) return { stem, kind: word.startsWith('w') ? 'weight' : 'bias' }
  const [, path, part] = /^(.*\.)?b_(\w+)$/.exec(name) ?? []
  return part ? { stem: `${path ?? ''}W_${part}`, kind: 'bias' } : { stem: name, kind: 'weight' }
}
