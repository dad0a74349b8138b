/** The flags that shape the unit graph. */
import type { ArgsDef } from 'citty'
import type { GraphOptions } from '../graph/walk.ts'
import { choice, type Flags } from './flags.ts'

export const GRAPH_FLAGS = {
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
  protocol: {
    type: 'string',
    valueHint: 'default|paper',
    description: 'paper: as the published code does, for reproducing tables',
  },
} as const satisfies ArgsDef

export function graphOptions(flags: Flags): GraphOptions {
  const paper = protocol(flags) === 'paper'
  return {
    norm: choice(flags, 'norm', ['l1', 'l2', 'induced-1', 'spectral']),
    canonical: choice(flags, 'canonical', ['balance', 'fan-in', 'none']) ?? (paper ? 'none' : 'balance'),
    batchNorm: !paper,
  }
}

export function protocol(flags: Flags): 'default' | 'paper' {
  return choice(flags, 'protocol', ['default', 'paper']) ?? 'default'
}
