/**
 * What the names of tensors tell: which tensors make up one layer, what each is in it, and in which order layers stand.
 * Knows the habits of PyTorch (`fc1.weight`), Keras and TensorFlow (`dense_1/kernel:0`), Flax (`Dense_0.kernel`),
 * scikit-learn (`coefs_0`), and NumPy users (`W1`, `b1`; `arr_0`, `arr_1`).
 */
import type { WeightTensor } from '../network/network.ts'

type Role = 'weight' | 'bias' | 'scale' | 'shift' | 'mean' | 'variance'

/** Tensors whose names differ in the role alone. */
export interface NamedLayer {
  /** What is common to the names, e.g. `features.0`. */
  readonly stem: string
  readonly members: Map<Role, WeightTensor>
}

const ROLES: readonly (readonly [RegExp, Role | 'counter'])[] = [
  [/^(weights?|kernel|w|coefs?)$/i, 'weight'],
  [/^(bias|biases|b|intercepts?)$/i, 'bias'],
  [/^(running_mean|moving_mean|mean)$/i, 'mean'],
  [/^(running_var|moving_variance|moving_var|variance|var)$/i, 'variance'],
  [/^(gamma|scale)$/i, 'scale'],
  [/^(beta|shift|offset)$/i, 'shift'],
  [/^num_batches_tracked$/i, 'counter'],
]

/** Names compared as people count: `fc2` before `fc10`. */
export function compareNatural(a: string, b: string): number {
  const [left, right] = [a, b].map(text => text.split(/(\d+)/))
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] === right[i]) continue
    // Odd pieces are runs of digits.
    const difference = i % 2 ? Number(left[i]) - Number(right[i]) : 0
    return difference || (left[i] < right[i] ? -1 : 1)
  }
  return left.length - right.length
}

/** All numbers in a name, which tell which layers belong together: `block1.conv2` and `block1.bn2` both have `1.2`. */
export function numbersIn(stem: string): string {
  return (stem.match(/\d+/g) ?? []).join('.')
}

/** The name up to its first number, without separators: layers that share it are counted through, e.g. `fc`. */
export function familyOf(stem: string): string {
  return stem.replace(/\d.*$/s, '').replace(/[._/-]+$/, '')
}

/** Groups tensors by layer, layers in natural order. Counters and scalars are left out. */
export function groupByLayer(tensors: readonly WeightTensor[]): NamedLayer[] {
  const groups = new Map<string, NamedLayer>()
  const add = (stem: string, role: Role, tensor: WeightTensor) => {
    const free = groups.get(stem)?.members.has(role) ? tensor.name : stem
    if (!groups.has(free)) groups.set(free, { stem: free, members: new Map() })
    groups.get(free)!.members.set(role, tensor)
  }
  let matrix: string | undefined
  for (const tensor of tensors.toSorted((a, b) => compareNatural(a.name, b.name))) {
    const { stem, role } = parseName(tensor.name)
    if (role === 'counter' || tensor.shape.length === 0) continue
    if (role) add(stem, role, tensor)
    else if (tensor.shape.length >= 2) add((matrix = tensor.name), 'weight', tensor)
    else {
      // A vector without a telling name is the bias of the matrix before it, if it is as long as one of its sides.
      const sides = matrix === undefined ? [] : groups.get(matrix)!.members.get('weight')!.shape
      if (sides.includes(tensor.shape[0]) && !groups.get(matrix!)!.members.has('bias')) add(matrix!, 'bias', tensor)
      else add(tensor.name, 'weight', tensor)
    }
  }
  return [...groups.values()].sort((a, b) => compareNatural(a.stem, b.stem))
}

/** Whether the name says what the tensor is in its layer. */
export function hasRole(name: string): boolean {
  return parseName(name).role !== undefined
}

function parseName(name: string): { stem: string; role?: Role | 'counter' } {
  const bare = name.replace(/:0$/, '')
  const index = /[_-]?(\d+)$/.exec(bare)
  const candidates = [{ text: bare, suffix: '' }]
  if (index) candidates.push({ text: bare.slice(0, index.index), suffix: index[1] })
  for (const { text, suffix } of candidates) {
    for (let at = 0; at <= text.length; at++) {
      if (at > 0 && !/[./_-]/.test(text[at - 1])) continue
      const word = text.slice(at)
      const role = ROLES.find(([pattern]) => pattern.test(word))?.[1]
      if (role) return { stem: text.slice(0, Math.max(0, at - 1)) + (suffix && at > 0 ? '.' : '') + suffix, role }
    }
  }
  return { stem: bare }
}
