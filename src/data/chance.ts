/** Whether an intact network does no better than guessing, which mostly means that it was fed what it does not expect. */

/** Share of the most frequent class: what the best constant answer gets right. */
export function chanceLevel(labels: Int32Array): number {
  const counts = new Map<number, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return Math.max(0, ...counts.values()) / Math.max(1, labels.length)
}

/**
 * A warning where the accuracy lies within two standard errors of chance, or below it; else undefined.
 *
 * @param accuracy of the intact network over all labels, 0 … 1
 */
export function chanceWarning(accuracy: number, labels: Int32Array): string | undefined {
  const chance = chanceLevel(labels)
  const error = Math.sqrt((chance * (1 - chance)) / Math.max(1, labels.length))
  if (chance === 1 || accuracy > chance + 2 * error) return undefined
  return `The intact network is right in ${(100 * accuracy).toFixed(1)} % of the examples, no better than chance (${(100 * chance).toFixed(1)} %): it was probably trained on inputs of another scale, order or normalisation. See --scale, --mean, --std and --layout.`
}
