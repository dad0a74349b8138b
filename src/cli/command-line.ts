/** The command that repeats this run, with the seed even where none was given. */
export function commandLine(seed: number): string {
  const words = process.argv
    .slice(2)
    .map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
  if (!words.some(word => word === '--seed' || word.startsWith('--seed='))) words.push('--seed', String(seed))
  return ['lobes', ...words].join(' ')
}
