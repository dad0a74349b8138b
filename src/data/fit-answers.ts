/** Labels or targets of chosen examples, checked against the outputs of a network where their number is known. */
import { UsageError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import { selectExamples } from './dataset.ts'
import type { StoredExamples } from './stored-examples.ts'

type Answers = Pick<StoredExamples, 'labels' | 'targets' | 'heads'>

/**
 * @param all examples that are stored, of which `indices` are chosen
 * @throws UsageError naming the first label that is no output, or both widths
 */
export function fittingAnswers(
  network: Pick<Network, 'outputs' | 'shapes'>,
  stored: StoredExamples,
  indices: Int32Array,
  all: number,
): Answers {
  const [output] = network.outputs
  const outputs = (network.shapes.get(output.name) ?? output.shape).at(-1) ?? undefined
  const { labels, targets, heads } = classesOrTargets(stored, all, outputs)
  if (targets && outputs !== undefined) checkTargets(stored.name, targets.length / all, outputs)
  if (labels && outputs !== undefined) checkLabels(stored.name, labels, outputs, heads)
  const { inputs: _, ...chosen } = selectExamples({ inputs: new Float32Array(0), labels, targets }, indices, all)
  return { ...chosen, heads: labels ? heads : 1 }
}

/** Whole numbers stored as floats are classes where the network has several outputs and there is one for each example. */
function classesOrTargets({ labels, targets, heads }: StoredExamples, all: number, outputs = 1): Answers {
  const areClasses =
    targets?.length === all && outputs > 1 && targets.every(value => Number.isInteger(value) && value >= 0)
  return areClasses ? { labels: Int32Array.from(targets), heads: 1 } : { labels, targets, heads }
}

function checkTargets(name: string, width: number, outputs: number): void {
  if (width !== outputs)
    throw new UsageError(
      'usage.data',
      `${name} has ${width} number${width === 1 ? '' : 's'} to predict for each example, but the network gives ${outputs}; where they are classes, store them as integers.`,
    )
}

function checkLabels(name: string, labels: Int32Array, outputs: number, heads: number): void {
  const cure = 'Take the data this network was trained for, or --labels none.'
  if (outputs % heads !== 0)
    throw new UsageError(
      'usage.data',
      `${name} has ${heads} labels for each example, among which ${outputs} outputs cannot be divided. ${cure}`,
    )
  const classes = outputs / heads
  const stranger = labels.findIndex(label => label < 0 || label >= classes)
  if (stranger >= 0)
    throw new UsageError(
      'usage.data',
      `${name}: example ${Math.floor(stranger / heads)} has the label ${labels[stranger]}, but the network has ${outputs} outputs${heads > 1 ? ` for ${heads} labels each` : ''}: labels go from 0 to ${classes - 1}. ${cure}`,
    )
}
