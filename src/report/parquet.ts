/** Tables as Parquet, for pandas, Polars and DuckDB. */
import { parquetWriteBuffer } from 'hyparquet-writer'
import type { Column, Table } from './tables.ts'

const TYPES = { integer: 'INT32', number: 'DOUBLE', text: 'STRING' } as const

export function tableParquet({ columns }: Table): Uint8Array<ArrayBuffer> {
  const columnData = columns.map((column: Column) => ({
    name: column.name,
    data: column.data as string[] | Int32Array | Float64Array,
    type: TYPES[column.type],
  }))
  return new Uint8Array(parquetWriteBuffer({ columnData }))
}
