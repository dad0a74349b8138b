/**
 * Optimisers as pieces of an operator graph: what one update does to a weight tensor w, given the gradient g of the
 * loss. r is the learning rate, t counts updates from 1.
 *
 * - SGD: v ← μ v + g, w ← w − r v; Nesterov: w ← w − r (g + μ v). As PyTorch: the rate is not in the velocity.
 * - Adam (Kingma & Ba, arXiv 1412.6980): m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²,
 *   w ← w − r √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε) (the paper's ε̂, Keras), or with m and v corrected first (PyTorch).
 * - AdamW (arXiv 1711.05101): the same, after w ← (1 − r λ) w.
 * - RMSprop: s ← ρ s + (1 − ρ) g², w ← w − r g / (√s + ε).
 *
 * As implemented the state holds m / (1 − β₁), v / (1 − β₂) and s / (1 − ρ), which saves a product each; the factors
 * go into the rate and ε, worked out in float64 outside the graph and fed as one scalar each (`coefficients`).
 */
import type { Draft } from '../autodiff/draft.ts'
import { checkChoice, checkOptions, checkRange } from './option-checks.ts'
import { wholePower } from './schedule.ts'

export type Optimiser =
  /** Default momentum: 0. */
  | { readonly kind: 'sgd'; readonly momentum?: number; readonly nesterov?: boolean }
  | AdamOptions
  /** `decay` λ, default .01. */
  | (Omit<AdamOptions, 'kind'> & { readonly kind: 'adamw'; readonly decay?: number })
  /** Defaults: ρ = .9, ε = 1e-7. */
  | { readonly kind: 'rmsprop'; readonly rho?: number; readonly epsilon?: number }

interface AdamOptions {
  readonly kind: 'adam'
  /** Default: .9. */
  readonly beta1?: number
  /** Default: .999. */
  readonly beta2?: number
  /** Default: 1e-7. */
  readonly epsilon?: number
  /** What ε is added to: the raw root as in Keras, or the corrected one as in PyTorch. Default: 'keras'. */
  readonly form?: 'keras' | 'pytorch'
}

/** Names of values in a graph. */
interface UpdateValues {
  readonly weight: string
  readonly gradient: string
  /** In the order of `state`. */
  readonly state: readonly string[]
  /** Scalars in the order of `coefficients`. */
  readonly coefficients: readonly string[]
}

export interface UpdateRule {
  /** Tensors like the weight that go from step to step; they begin as zeros. */
  readonly state: readonly string[]
  /** Scalars that are fed for each step. */
  readonly coefficients: readonly string[]
  /** Their values for the update that follows `updates` earlier ones, at this learning rate. */
  coefficientsAt(updates: number, rate: number): readonly number[]
  /** Writes the update; gives the names of the new weight and of the new state. */
  write(draft: Draft, values: UpdateValues): { readonly weight: string; readonly state: readonly string[] }
}

const ADAM_KEYS = ['kind', 'beta1', 'beta2', 'epsilon', 'form']
const KEYS = {
  sgd: ['kind', 'momentum', 'nesterov'],
  adam: ADAM_KEYS,
  adamw: [...ADAM_KEYS, 'decay'],
  rmsprop: ['kind', 'rho', 'epsilon'],
}

/** Learning rates where none is given, by optimiser. */
export const DEFAULT_RATES = { sgd: 0.01, adam: 1e-3, adamw: 1e-3, rmsprop: 1e-3 }

/** @throws UsageError naming the key under `optimiser` that is wrong */
export function checkOptimiser(optimiser: Optimiser): void {
  checkChoice('optimiser.kind', optimiser.kind, Object.keys(KEYS))
  checkOptions('optimiser', optimiser, KEYS[optimiser.kind])
  const {
    momentum = 0,
    beta1 = 0,
    beta2 = 0,
    rho = 0,
    epsilon = 1,
    decay = 0,
    form = 'keras',
  } = { ...optimiser } as {
    [key in 'momentum' | 'beta1' | 'beta2' | 'rho' | 'epsilon' | 'decay']?: number
  } & { form?: string }
  for (const [key, value] of Object.entries({ momentum, beta1, beta2, rho }))
    checkRange(`optimiser.${key}`, value, { least: 0, below: 1 })
  checkRange('optimiser.epsilon', epsilon, { above: 0 })
  checkRange('optimiser.decay', decay, { least: 0 })
  checkChoice('optimiser.form', form, ['keras', 'pytorch'])
}

export function updateRule(optimiser: Optimiser): UpdateRule {
  switch (optimiser.kind) {
    case 'sgd':
      return sgd(optimiser.momentum ?? 0, optimiser.nesterov ?? false)
    case 'adam':
      return adam(optimiser, undefined)
    case 'adamw':
      return adam(optimiser, optimiser.decay ?? 0.01)
    case 'rmsprop':
      return rmsprop(optimiser.rho ?? 0.9, optimiser.epsilon ?? 1e-7)
  }
}

function sgd(momentum: number, nesterov: boolean): UpdateRule {
  return {
    state: momentum ? ['velocity'] : [],
    coefficients: ['rate'],
    coefficientsAt: (_updates, rate) => [rate],
    write({ op, numbers }, { weight, gradient, state: [velocity], coefficients: [rate] }) {
      if (!momentum) return { weight: op('Sub', [weight, op('Mul', [gradient, rate])]), state: [] }
      const decayed = (value: string) => op('Mul', [value, numbers(momentum, weight)])
      const next = op('Add', [decayed(velocity), gradient])
      const direction = nesterov ? op('Add', [decayed(next), gradient]) : next
      return { weight: op('Sub', [weight, op('Mul', [direction, rate])]), state: [next] }
    },
  }
}

function adam(options: Omit<AdamOptions, 'kind'>, decay: number | undefined): UpdateRule {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, form = 'keras' } = options
  const root = Math.sqrt(1 - beta2)
  return {
    state: ['momentum', 'square'],
    coefficients: decay === undefined ? ['rate', 'epsilon'] : ['rate', 'epsilon', 'shrink'],
    coefficientsAt(updates, rate) {
      const correction = Math.sqrt(1 - wholePower(beta2, updates + 1))
      const scaled = ((rate * correction) / (1 - wholePower(beta1, updates + 1))) * ((1 - beta1) / root)
      const added = (form === 'keras' ? epsilon : epsilon * correction) / root
      return decay === undefined ? [scaled, added] : [scaled, added, 1 - rate * decay]
    },
    write({ op, numbers }, { weight, gradient, state: [momentum, square], coefficients: [rate, added, shrink] }) {
      const nextMomentum = op('Add', [op('Mul', [momentum, numbers(beta1, weight)]), gradient])
      const nextSquare = op('Add', [op('Mul', [square, numbers(beta2, weight)]), op('Mul', [gradient, gradient])])
      const size = op('Add', [op('Sqrt', [nextSquare]), added])
      const change = op('Mul', [op('Div', [nextMomentum, size]), rate])
      const kept = shrink ? op('Mul', [weight, shrink]) : weight
      return { weight: op('Sub', [kept, change]), state: [nextMomentum, nextSquare] }
    },
  }
}

function rmsprop(rho: number, epsilon: number): UpdateRule {
  const root = Math.sqrt(1 - rho)
  return {
    state: ['square'],
    coefficients: ['rate'],
    coefficientsAt: (_updates, rate) => [rate / root],
    write({ op, numbers }, { weight, gradient, state: [square], coefficients: [rate] }) {
      const next = op('Add', [op('Mul', [square, numbers(rho, weight)]), op('Mul', [gradient, gradient])])
      const size = op('Add', [op('Sqrt', [next]), numbers(epsilon / root, weight)])
      return { weight: op('Sub', [weight, op('Mul', [op('Div', [gradient, size]), rate])]), state: [next] }
    },
  }
}
