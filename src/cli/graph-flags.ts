/** The flags that shape the unit graph. */
import type { ArgsDef } from 'citty'
import type { PrepareOptions } from '../graph/prepare.ts'
import { choice, type Flags, text } from './flags.ts'

export const GRAPH_FLAGS = {
  units: {
    type: 'string',
    valueHint: 'all|hidden|no-inputs|A-B|NAMES',
    description: 'layers that take part: by role, range of numbers, or names (default all)',
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
  mask: { type: 'string', valueHint: 'masks.npz', description: 'arrays that multiply the weights of their name' },
  protocol: {
    type: 'string',
    valueHint: 'default|paper',
    description: 'paper: as the published code does, for reproducing tables',
  },
} as const satisfies ArgsDef

export async function graphOptions(flags: Flags): Promise<PrepareOptions> {
  const paper = protocol(flags) === 'paper'
  return {
    norm: choice(flags, 'norm', ['l1', 'l2', 'induced-1', 'spectral']) ?? 'l1',
    canonical: choice(flags, 'canonical', ['balance', 'fan-in', 'none']) ?? (paper ? 'none' : 'balance'),
    batchNorm: !paper,
    units: text(flags, 'units') ?? 'all',
    isolated: choice(flags, 'isolated', ['path', 'component', 'degree']) ?? (paper ? 'degree' : 'path'),
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
