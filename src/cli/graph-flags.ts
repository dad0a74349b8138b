/** The flags that shape the unit graph. */
import type { ArgsDef } from 'citty'
import type { PrepareOptions } from '../graph/prepare.ts'
import { choice, count, type Flags, share, text } from './flags.ts'

export const GRAPH_FLAGS = {
  units: {
    type: 'string',
    valueHint: 'all|hidden|no-inputs|A-B|NAMES',
    description: 'layers that take part: by role, range of numbers, or names (default all)',
  },
  form: {
    type: 'string',
    valueHint: 'general|outputs|imagenet|unrolled',
    description: 'what the units are: layers (default), convolutions alone, their input channels, or pixels',
  },
  pooling: {
    type: 'string',
    valueHint: 'one-on-n|all-one',
    description: 'how pooling counts in the unrolled form (default one-on-n)',
  },
  norm: {
    type: 'string',
    valueHint: 'l1|l2|induced-1|spectral',
    description: 'size of a kernel (default l1, entrywise)',
  },
  canonical: {
    type: 'string',
    valueHint: 'balance|fan-in|none',
    description: 'how free ReLU scales are chosen (default balance)',
  },
  isolated: {
    type: 'string',
    valueHint: 'path|component|degree',
    description: 'units kept: on a path from input to output (default), in a spanning component, or with any edge',
  },
  dead: {
    type: 'string',
    valueHint: '0.001',
    description: "units with less than this share of their layer's mean weight are left out (0: none)",
  },
  affinity: {
    type: 'string',
    valueHint: 'weights|commute',
    description: 'edges as they are (default), or inverse commute times',
  },
  span: {
    type: 'string',
    valueHint: 'N',
    description: 'transformers: edges reach at most N steps of the stream ahead (default all)',
  },
  signed: {
    type: 'string',
    valueHint: 'refuse|magnitude',
    description: 'negative weights of graphs from files: an error (default), or taken without their sign',
  },
  mask: { type: 'string', valueHint: 'masks.npz', description: 'arrays that multiply the weights of their name' },
  protocol: {
    type: 'string',
    valueHint: 'default|paper',
    description: 'paper: as the published code does, for reproducing tables',
  },
} as const satisfies ArgsDef

/** What the flags say; the rest is left to the defaults of the protocol. */
export async function graphOptions(flags: Flags): Promise<PrepareOptions> {
  return {
    protocol: protocol(flags),
    form: choice(flags, 'form', ['general', 'outputs', 'imagenet', 'unrolled']),
    pooling: choice(flags, 'pooling', ['one-on-n', 'all-one']),
    norm: choice(flags, 'norm', ['l1', 'l2', 'induced-1', 'spectral']),
    canonical: choice(flags, 'canonical', ['balance', 'fan-in', 'none']),
    units: text(flags, 'units'),
    isolated: choice(flags, 'isolated', ['path', 'component', 'degree']),
    dead: share(flags, 'dead'),
    affinity: choice(flags, 'affinity', ['weights', 'commute']),
    span: count(flags, 'span', 1),
    masks: await readMasks(text(flags, 'mask')),
  }
}

async function readMasks(path: string | undefined): Promise<PrepareOptions['masks']> {
  if (path === undefined) return undefined
  const { fileSource } = await import('../formats/file-source.ts')
  const { readNpz } = await import('../formats/npz.ts')
  const arrays = await readNpz(await fileSource(path))
  return new Map(await Promise.all(arrays.map(async array => [array.name, await array.read()] as const)))
}

export function protocol(flags: Flags): 'default' | 'paper' {
  return choice(flags, 'protocol', ['default', 'paper']) ?? 'default'
}
