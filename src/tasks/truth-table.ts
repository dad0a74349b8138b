/** A Boolean task as the table of all its rows: training, validation and test set in one. */
export interface TruthTable {
  readonly inputs: number
  readonly outputs: number
  /** 2^inputs. Row r has the inputs of r in binary, the first input its most significant bit. */
  readonly rows: number
  /** [rows × outputs], 0 or 1, row-major. */
  readonly values: Uint8Array
}

/** The numbers of outputs that are the same in every row: there is no function to find in them. */
export function constantOutputs({ outputs, rows, values }: TruthTable): number[] {
  const column = (o: number) => Array.from({ length: rows }, (_, row) => values[row * outputs + o])
  return Array.from({ length: outputs }, (_, o) => o).filter(o => new Set(column(o)).size === 1)
}
