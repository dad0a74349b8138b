/**
 * Comma-separated values as RFC 4180 has them: fields may stand in double quotes, and hold commas, line ends and doubled
 * quotes there. Written here because the libraries for it are larger than the whole reader, or keep the file in memory.
 */
import { FormatError } from '../../errors.ts'

export interface CsvRecord {
  readonly fields: readonly string[]
  /** Line on which it begins, from 1. */
  readonly line: number
}

/** Far above what a name or a number takes. */
const LONGEST_FIELD = 2 ** 16

/**
 * Records of a file that comes in pieces; empty lines are skipped.
 * @param where names the file in errors
 * @throws FormatError for quotes that do not close or stand inside a field, and for fields beyond 65,536 characters
 */
export async function* csvRecords(chunks: AsyncIterable<string>, where: string): AsyncGenerator<CsvRecord> {
  let fields: string[] = []
  let [line, began] = [1, 1]
  /** Text of the field so far; `quoted` inside quotes, `closed` behind them. */
  let [field, state]: [string, 'plain' | 'quoted' | 'closed'] = ['', 'plain']
  const endField = () => {
    fields.push(state === 'plain' ? field.trim() : field)
    field = ''
    state = 'plain'
  }
  const endRecord = () => {
    const isEmpty = fields.length === 0 && field === '' && state === 'plain'
    if (!isEmpty) endField()
    const record = { fields, line: began }
    fields = []
    began = line
    return isEmpty ? undefined : record
  }
  const special = /[",\r\n]/g
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      special.lastIndex = at
      const found = state === 'quoted' ? chunk.indexOf('"', at) : (special.exec(chunk)?.index ?? -1)
      const end = found < 0 ? chunk.length : found
      const text = chunk.slice(at, end)
      if (field.length + text.length > LONGEST_FIELD)
        throw new FormatError(
          'format.csv',
          `${where}, line ${began}: a field is longer than ${LONGEST_FIELD} characters.`,
        )
      if (state === 'closed' && text.trim() !== '')
        throw new FormatError(
          'format.csv',
          `${where}, line ${began}: "${text.slice(0, 20)}" stands behind a closing quote.`,
        )
      if (state !== 'closed') field += text
      if (state === 'quoted') line += text.split('\n').length - 1
      at = end + 1
      if (found < 0) break
      const mark = chunk[found]
      if (mark === '"') {
        if (state === 'quoted') state = 'closed'
        else if (state === 'closed' && text === '') {
          field += '"'
          state = 'quoted'
        } else if (state === 'plain' && field.trim() === '') {
          field = ''
          state = 'quoted'
        } else throw new FormatError('format.csv', `${where}, line ${began}: a quote stands inside a field.`)
      } else if (mark === ',') endField()
      else if (mark === '\n') {
        line++
        const record = endRecord()
        if (record) yield record
      }
    }
  }
  if (state === 'quoted') throw new FormatError('format.csv', `${where}, line ${began}: a quote is never closed.`)
  const last = endRecord()
  if (last) yield last
}
