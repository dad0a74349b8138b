/**
 * The error classes. One base, four causes: the bytes are wrong, the bytes are right but we cannot, the call is wrong,
 * the machine is too small. Each message says what is wrong, the offending value, and what to do about it; `code` is
 * stable, so that programs can branch on it.
 */
export class LobesError extends Error {
  /** Stable identifier of the kind of failure, e.g. `format.truncated`. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** The bytes of a file are wrong: truncated, inconsistent, or absurd. The message names the place. */
export class FormatError extends LobesError {}

/** The input is valid, but this version cannot handle it. The message says what can be done instead. */
export class UnsupportedError extends LobesError {}

/** The call is wrong: an option out of range, a missing argument, data that does not fit. */
export class UsageError extends LobesError {}

/** Memory, disk or time ran out, or would. */
export class ResourceError extends LobesError {}
