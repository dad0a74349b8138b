/** What all lesions of one network and one set of examples share. */
import { UsageError } from '../../errors.ts'
import type { Network } from '../../network/network.ts'
import { inferShapes } from '../../network/shapes.ts'
import type { WatchOptions } from '../../progress.ts'
import type { Runtime, RuntimeUsed, Session } from '../../runtime/runtime.ts'
import { elementCount, type Tensor, tensor } from '../../tensor/tensor.ts'
import { withOpenBatch } from '../../training/open-batch.ts'
import type { UnitSite } from '../unit-sites.ts'
import type { Ablation } from './ablations.ts'
import { examplePartners } from './fill.ts'
import { checkEvaluationSet, type EvaluationSet, type Judge, judge, type OutputScale } from './outcome.ts'

export interface MeasureOptions extends WatchOptions {
  readonly runtime: Runtime
  /** Default: 1. */
  readonly threads?: number
  /** Default: 'zero'. */
  readonly ablation?: Ablation
  /** For `resample`. Default: 0. */
  readonly seed?: number
  /** Whether cross-entropy is worked out. Default: true. */
  readonly loss?: boolean
  /** Whether KL to the intact outputs is worked out. Default: only where there are neither labels nor targets. */
  readonly divergence?: boolean
  /** Examples at a time. Default: what keeps the largest value of a batch under 16 MB. */
  readonly batch?: number
}

/** Values in the largest activation of a batch. */
const BATCH_VALUES = 2 ** 22

/** With an open batch, one output and all shapes known. */
export async function openedNetwork(given: Network): Promise<Network> {
  const open = await withOpenBatch({ ...given, outputs: given.outputs.slice(0, 1) })
  return open.shapes.size > 0 && open === given ? open : { ...open, shapes: await inferShapes(open) }
}

export interface Study {
  readonly network: Network
  readonly data: EvaluationSet
  readonly options: MeasureOptions
  readonly examples: number
  readonly batch: number
  readonly siteOf: (layer: number) => UnitSite
  readonly judge: () => Judge
  /** Outputs of the intact network, [examples × outputs]; filled by the first pass. */
  readonly outputs: Float32Array
  readonly partners: Int32Array | undefined
  readonly used: { runtime?: RuntimeUsed }
  load(network: Network): Promise<Session>
  /** The examples from `from` to `to` as the network's input; others in their place where `partners` names them. */
  feed(from: number, to: number, partners?: Int32Array): Record<string, Tensor>
}

export async function beginStudy(
  network: Network,
  sites: readonly UnitSite[],
  data: EvaluationSet,
  options: MeasureOptions,
): Promise<Study> {
  const [output] = network.outputs
  const width = (network.shapes.get(output.name) ?? output.shape).at(-1)
  if (network.inputs.length !== 1 || typeof width !== 'number')
    throw new UsageError(
      'usage.network',
      `Lesions need a network with one input and outputs of a known number; "${network.name}" has ${network.inputs.length} inputs and outputs of shape [${output.shape}].`,
    )
  const { examples, classes } = checkEvaluationSet(
    data,
    data.targets ? data.targets.length / exampleCount(data) : width,
  )
  const [input] = network.inputs
  const size = elementCount(data.shape)
  const shape = fittingShape(input.shape, data.shape, size)
  const largest = Math.max(...Array.from(network.shapes.values(), dims => elementCount(dims.map(n => n ?? 1))))
  const used: { runtime?: RuntimeUsed } = {}
  const scale = outputScale(network)
  const { loss = true, divergence = !data.labels && !data.targets } = options
  return {
    ...{ network, data, options, examples, used },
    batch: Math.max(1, Math.min(examples, options.batch ?? Math.max(32, Math.floor(BATCH_VALUES / largest)))),
    outputs: new Float32Array(examples * width),
    partners: options.ablation === 'resample' ? examplePartners(examples, options.seed ?? 0) : undefined,
    siteOf: layer => {
      const site = sites.find(one => one.layer === layer)
      if (site) return site
      const known = sites.map(one => one.layer).join(', ')
      throw new UsageError(
        'usage.layer',
        `A lesion names layer ${layer}; the layers that can be lesioned are ${known}.`,
      )
    },
    judge: () =>
      judge({ classes, heads: data.heads ?? 1, scale, labels: data.labels, targets: data.targets, loss, divergence }),
    async load(part) {
      const session = await options.runtime.load(part, { threads: options.threads })
      used.runtime = session.runtime
      return session
    },
    feed(from, to, partners) {
      const values = new Float32Array((to - from) * size)
      for (let i = from; i < to; i++) {
        const example = partners ? partners[i] : i
        values.set(data.inputs.subarray(example * size, (example + 1) * size), (i - from) * size)
      }
      return { [input.name]: tensor(values, [to - from, ...shape]) }
    },
  }
}

const exampleCount = (data: EvaluationSet) => Math.max(1, data.inputs.length / elementCount(data.shape))

/** The network's own input shape, where it holds as many numbers as an example; images may be read flat. */
function fittingShape(declared: readonly (number | null)[], given: readonly number[], size: number): readonly number[] {
  const own = declared.slice(1)
  if (own.every((n, axis) => n === null || n === given[axis]) && own.length === given.length) return given
  if (own.every(n => n !== null) && elementCount(own as number[]) === size) return own as number[]
  throw new UsageError(
    'usage.data',
    `An example has the shape [${given}], but the network reads [${own.map(n => n ?? 'any').join(', ')}]; give images of that size.`,
  )
}

export function outputScale(network: Network): OutputScale {
  let [{ name }] = network.outputs
  for (;;) {
    const maker = network.operators.find(({ outputs }) => outputs.includes(name))
    if (maker?.type === 'Softmax') return 'probabilities'
    if (maker?.type === 'LogSoftmax') return 'log-probabilities'
    if (maker?.type !== 'Identity') return 'logits'
    name = maker.inputs[0]
  }
}
