/** The flags of sculpting: training, pruning, and how modules are detected. */
import type { ArgsDef } from 'citty'
import { UsageError } from '../errors.ts'
import { CRITERIA } from '../sculpt/cluster-criteria.ts'
import type { DetectOptions } from '../sculpt/detect.ts'
import { DISTANCES } from '../sculpt/distances.ts'
import { LINKAGES } from '../sculpt/linkage.ts'
import type { SculptOptions } from '../sculpt/pruning/options.ts'
import { SCHEDULES } from '../sculpt/pruning/schedules.ts'
import { SCORE_NORMALISATIONS } from '../sculpt/pruning/score-normalisation.ts'
import { UNIT_SCORES } from '../sculpt/pruning/unit-scores.ts'
import { DIRECTIONS } from '../sculpt/unit-features.ts'
import { choice, count, type Flags, text } from './flags.ts'
import { protocol } from './graph-flags.ts'

export const PRUNING_FLAGS = {
  hidden: {
    type: 'string',
    valueHint: '36,36',
    description: 'units of the hidden layers (default: 36 in as many as the function has levels)',
  },
  epochs: { type: 'string', valueHint: 'N', description: 'epochs of every training call (default 40)' },
  batch: { type: 'string', valueHint: 'N', description: 'rows a step (default: an eighth of the table, at least 8)' },
  rate: { type: 'string', valueHint: 'R', description: 'learning rate (default .1 to 32 rows, .05 above)' },
  noise: { type: 'string', valueHint: 'S', description: 'deviation of the noise on inputs in training (default .1)' },
  threshold: { type: 'string', valueHint: 'P', description: 'share of right bits a network must keep (default 1)' },
  drop: {
    type: 'string',
    valueHint: 'P',
    description: 'with --data: share of right answers that may be lost (default .01)',
  },
  restarts: { type: 'string', valueHint: 'N', description: 'dense networks a seed begins from (default 3)' },
  'unit-steps': {
    type: 'string',
    valueHint: '10,25',
    description: 'first steps of the unit loop in per cent; 0: edges alone',
  },
  'edge-steps': { type: 'string', valueHint: '2.5,1', description: 'first steps of the edge loop in per cent' },
  'unit-score': { type: 'string', valueHint: UNIT_SCORES.join('|'), description: 'what a unit is worth' },
  normalisation: {
    type: 'string',
    valueHint: SCORE_NORMALISATIONS.join('|'),
    description: 'of scores, layer by layer',
  },
  'unit-schedule': {
    type: 'string',
    valueHint: SCHEDULES.join('|'),
    description: 'how unit pruning goes on (default linear)',
  },
  'edge-schedule': {
    type: 'string',
    valueHint: SCHEDULES.join('|'),
    description: 'how edge pruning goes on (default linear)',
  },
  protocol: {
    type: 'string',
    valueHint: 'default|paper',
    description: 'paper: the published loops and grid to the letter',
  },
} as const satisfies ArgsDef

export const DETECTION_FLAGS = {
  linkage: {
    type: 'string',
    valueHint: LINKAGES.join('|'),
    description: 'of clusters within a layer (default average)',
  },
  distance: {
    type: 'string',
    valueHint: DISTANCES.join('|'),
    description: 'between features of units (default cosine)',
  },
  criterion: {
    type: 'string',
    valueHint: CRITERIA.join('|'),
    description: 'of the number of clusters (default modularity)',
  },
  direction: {
    type: 'string',
    valueHint: DIRECTIONS.join('|'),
    description: 'what hidden units are known by (default outgoing)',
  },
  weighted: { type: 'boolean', description: 'features count weights; with --distance euclidean' },
  step: { type: 'string', valueHint: 'N', description: 'layers ahead by which a unit is known (default all)' },
} as const satisfies ArgsDef

/** What the flags say; undefined leaves the default. */
export function pruningOptions(flags: Flags): Omit<SculptOptions, 'hidden'> & { readonly hidden?: readonly number[] } {
  const unitSteps = numbers(flags, 'unit-steps')
  return {
    protocol: protocol(flags),
    hidden: numbers(flags, 'hidden'),
    epochs: count(flags, 'epochs', 1),
    batch: count(flags, 'batch', 1),
    restarts: count(flags, 'restarts', 1),
    rate: number(flags, 'rate'),
    noise: number(flags, 'noise'),
    threshold: number(flags, 'threshold'),
    drop: number(flags, 'drop'),
    unitSteps: unitSteps?.length === 1 && unitSteps[0] === 0 ? [] : unitSteps,
    edgeSteps: numbers(flags, 'edge-steps'),
    unitScore: choice(flags, 'unit-score', UNIT_SCORES),
    normalisation: choice(flags, 'normalisation', SCORE_NORMALISATIONS),
    unitSchedule: choice(flags, 'unit-schedule', SCHEDULES),
    edgeSchedule: choice(flags, 'edge-schedule', SCHEDULES),
  }
}

export function detectionOptions(flags: Flags): DetectOptions {
  const given = {
    linkage: choice(flags, 'linkage', LINKAGES),
    distance: choice(flags, 'distance', DISTANCES),
    criterion: choice(flags, 'criterion', CRITERIA),
    direction: choice(flags, 'direction', DIRECTIONS),
    step: count(flags, 'step', 1),
    weighted: flags.weighted === true ? true : undefined,
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function numbers(flags: Flags, name: string): number[] | undefined {
  return text(flags, name)
    ?.split(',')
    .map(part => parsed(part, name))
}

function number(flags: Flags, name: string): number | undefined {
  const value = text(flags, name)
  return value === undefined ? undefined : parsed(value, name)
}

function parsed(value: string, name: string): number {
  const result = Number(value)
  if (value.trim() === '' || !Number.isFinite(result))
    throw new UsageError(
      'usage.value',
      `--${name} cannot be "${value}"; give numbers, e.g. --${name} ${name === 'hidden' ? '24,24' : '0.5'}.`,
    )
  return result
}
