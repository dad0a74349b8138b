/** "Did you mean …": the known names within a small edit distance of what was typed. */

/** Names at most two edits (or a third of the word) away, or that begin with what was typed; nearest first. */
export function nearMatches(typed: string, known: readonly string[]): string[] {
  const limit = Math.max(2, Math.floor(typed.length / 3))
  return known
    .map(name => ({ name, distance: typed.length > 1 && name.startsWith(typed) ? 0 : editDistance(typed, name) }))
    .filter(({ name, distance }) => distance <= limit && distance < name.length)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name)
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]
}

/** ` Did you mean X or Y?`, or nothing. */
export function suggestion(typed: string, known: readonly string[], prefix = ''): string {
  const near = nearMatches(typed, known).map(name => prefix + name)
  return near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : ''
}
