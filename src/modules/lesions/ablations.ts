/**
 * What lesioned units give instead of their own values, by the name of the ablation:
 * - `zero` (default): 0 after the activation function, under batch norm as well;
 * - `mean`: the unit's mean over the examples, position by position;
 * - `resample`: its values for another example, by one seeded permutation of the examples without fixed points;
 * - `weights`: what it gives when its incoming weights and bias are 0 (the papers' code). After ReLU that is 0 too, but
 *   behind a batch norm it is the constant that the norm makes of 0.
 */
export const ABLATIONS = ['zero', 'mean', 'resample', 'weights'] as const
export type Ablation = (typeof ABLATIONS)[number]
