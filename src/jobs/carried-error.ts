/** Errors between threads: structured cloning drops classes and codes, so they travel as plain fields. */
import { FormatError, LobesError, ResourceError, UnsupportedError, UsageError } from '../errors.ts'

export interface CarriedError {
  readonly name: string
  /** Present for a LobesError. */
  readonly code?: string
  readonly message: string
  readonly stack?: string
}

const CLASSES = { LobesError, FormatError, UnsupportedError, UsageError, ResourceError }

export function carryError(error: unknown): CarriedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message, stack } = error
  return error instanceof LobesError ? { name, code: error.code, message, stack } : { name, message, stack }
}

/** The error as it was thrown: same class, code, message and stack. */
export function reviveError(carried: CarriedError): Error {
  const Class = CLASSES[carried.name as keyof typeof CLASSES] ?? LobesError
  const error = carried.code === undefined ? new Error(carried.message) : new Class(carried.code, carried.message)
  if (carried.stack !== undefined) error.stack = carried.stack
  return error
}
