/**
 * A small interpreter of Python's pickle language (PEP 307, 3154, 574; opcodes as in CPython's pickletools), for files
 * by strangers. It makes numbers, strings, lists and dictionaries; whatever a pickle wants to call is looked up in the
 * caller's allow-list and nowhere else, so nothing in a file is ever executed. Dictionaries become Maps (no key can reach
 * a prototype), and the numbers of opcodes and of objects are limited, so a small file cannot ask for much memory.
 * Departures from Python: tuples are lists; state that is set on an object (BUILD) is dropped; the text opcodes of
 * protocols 0 and 1, which PyTorch does not write, are refused.
 */
import { FormatError, UnsupportedError } from '../../errors.ts'
import { type PickleCursor, pickleCursor } from './pickle-cursor.ts'

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PickleGlobal
  | HostObject

/** Something the caller's allow-list made. */
export interface HostObject {
  readonly host: string
}

/** A class or function of the allow-list. */
export interface PickleGlobal {
  readonly global: string
  /** What calling it gives. Absent: it is a value, and calling it is an error. */
  readonly call?: (args: readonly PickleValue[]) => PickleValue
}

export interface PickleHost {
  /** Name of the file, for messages. */
  readonly name: string
  /** The global of that name; throws when it is not on the allow-list. */
  find(module: string, name: string): PickleGlobal
  /** The object that stands for a persistent id. */
  persistent(id: PickleValue): PickleValue
}

/** A name that stands in the file, for messages. */
export function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 200))
}

/** Far above the largest checkpoints: ten thousand parameters with two optimiser states each take a million. */
const MOST_OPCODES = 3_000_000
/** Lists, dictionaries, sets and calls; an empty dictionary takes one byte of the file and over a hundred in memory. */
const MOST_OBJECTS = 500_000
const MOST_MEMOS = 1_000_000

interface Machine {
  readonly cursor: PickleCursor
  readonly host: PickleHost
  readonly stack: PickleValue[]
  /** Heights of the stack at each MARK. */
  readonly marks: number[]
  readonly memo: Map<number, PickleValue>
  objects: number
}

type Step = (machine: Machine) => void

/**
 * Runs one pickle that begins at `start`.
 *
 * @returns its value, and where in `bytes` it ends.
 * @throws FormatError `format.pickle-cut` when the bytes end before the pickle does.
 */
export function unpickle(bytes: Uint8Array, start: number, host: PickleHost): { value: PickleValue; end: number } {
  const cursor = pickleCursor(bytes, start, host.name)
  const machine: Machine = { cursor, host, stack: [], marks: [], memo: new Map(), objects: 0 }
  for (let count = 0; count < MOST_OPCODES; count++) {
    const at = cursor.position()
    const opcode = cursor.byte()
    if (opcode === STOP) return { value: pop(machine), end: cursor.position() }
    const step = STEPS[opcode]
    if (!step)
      throw new UnsupportedError(
        'unsupported.pickle',
        `${host.name}: the pickle has opcode 0x${opcode.toString(16).padStart(2, '0')} at byte ${at}, which files of torch.save do not use.`,
      )
    step(machine)
  }
  throw new FormatError('format.pickle', `${host.name}: the pickle has more than ${MOST_OPCODES} opcodes.`)
}

function wrong({ cursor, host }: Machine, problem: string): FormatError {
  return new FormatError(
    'format.pickle',
    `${host.name}: the pickle is damaged near byte ${cursor.position()}: ${problem}.`,
  )
}

function pop(machine: Machine): PickleValue {
  const { stack, marks } = machine
  if (stack.length === 0 || stack.length === marks.at(-1)) throw wrong(machine, 'a value is taken where there is none')
  return stack.pop()!
}

function top(machine: Machine): PickleValue {
  const { stack, marks } = machine
  if (stack.length === 0 || stack.length === marks.at(-1)) throw wrong(machine, 'a value is used where there is none')
  return stack[stack.length - 1]
}

/** All values since the last MARK. */
function popToMark(machine: Machine): PickleValue[] {
  const height = machine.marks.pop()
  if (height === undefined) throw wrong(machine, 'a MARK is missing')
  return machine.stack.splice(height)
}

function pushObject(machine: Machine, value: PickleValue): void {
  if (++machine.objects > MOST_OBJECTS)
    throw new FormatError('format.pickle', `${machine.host.name}: the pickle makes more than ${MOST_OBJECTS} objects.`)
  machine.stack.push(value)
}

function remember(machine: Machine, index: number): void {
  machine.memo.set(index, top(machine))
  if (machine.memo.size > MOST_MEMOS) throw wrong(machine, `more than ${MOST_MEMOS} values are remembered`)
}

function recall(machine: Machine, index: number): void {
  const value = machine.memo.get(index)
  if (value === undefined) throw wrong(machine, `value ${index} is recalled but was never remembered`)
  machine.stack.push(value)
}

function append(machine: Machine, items: readonly PickleValue[]): void {
  const list = top(machine)
  if (!Array.isArray(list)) throw wrong(machine, 'something is appended to what is no list')
  for (const item of items) list.push(item)
}

function setItems(machine: Machine, items: readonly PickleValue[]): void {
  const dictionary = top(machine)
  if (!(dictionary instanceof Map) || items.length % 2)
    throw wrong(machine, 'an item is set on what is no dictionary, or without a value')
  for (let i = 0; i < items.length; i += 2) dictionary.set(items[i], items[i + 1])
}

function tuple(machine: Machine, length: number): void {
  const items = new Array<PickleValue>(length)
  for (let i = length - 1; i >= 0; i--) items[i] = pop(machine)
  pushObject(machine, items)
}

function findGlobal(machine: Machine, module: PickleValue, name: PickleValue): void {
  if (typeof module !== 'string' || typeof name !== 'string') throw wrong(machine, 'the name of a global is no text')
  machine.stack.push(machine.host.find(module, name))
}

/** REDUCE and NEWOBJ alike: what a call makes is up to the allow-list. */
function call(machine: Machine): void {
  const args = pop(machine)
  const callee = pop(machine)
  if (!Array.isArray(args) || callee === null || typeof callee !== 'object' || !('global' in callee) || !callee.call)
    throw wrong(machine, 'something is called that cannot be')
  const value = callee.call(args)
  // A list can be turned into a set again and again: each copy counts.
  if (value instanceof Map || value instanceof Set) machine.objects += value.size
  pushObject(machine, value)
}

function build(machine: Machine): void {
  pop(machine)
  const object = top(machine)
  if (!(object instanceof Map) && !(object !== null && typeof object === 'object' && 'host' in object))
    throw wrong(machine, 'state is set on what has none')
}

const STOP = 0x2e

/** By opcode. */
const STEPS: Readonly<Record<number, Step>> = {
  // PROTO, FRAME
  128: machine => {
    const version = machine.cursor.byte()
    if (version > 5) throw wrong(machine, `protocol ${version} is unknown`)
  },
  149: ({ cursor }) => void cursor.take(8),
  // MARK, POP, POP_MARK, DUP
  40: ({ marks, stack }) => void marks.push(stack.length),
  48: machine => void (machine.stack.length === machine.marks.at(-1) ? machine.marks.pop() : pop(machine)),
  49: machine => void popToMark(machine),
  50: machine => void machine.stack.push(top(machine)),
  // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
  113: machine => remember(machine, machine.cursor.byte()),
  114: machine => remember(machine, machine.cursor.unsigned(4)),
  148: machine => remember(machine, machine.memo.size),
  104: machine => recall(machine, machine.cursor.byte()),
  106: machine => recall(machine, machine.cursor.unsigned(4)),
  // NONE, NEWTRUE, NEWFALSE
  78: ({ stack }) => void stack.push(null),
  136: ({ stack }) => void stack.push(true),
  137: ({ stack }) => void stack.push(false),
  // BININT, BININT1, BININT2, LONG1, LONG4, BINFLOAT
  74: ({ stack, cursor }) => void stack.push(cursor.unsigned(4) | 0),
  75: ({ stack, cursor }) => void stack.push(cursor.byte()),
  77: ({ stack, cursor }) => void stack.push(cursor.unsigned(2)),
  138: ({ stack, cursor }) => void stack.push(cursor.long(cursor.byte())),
  139: ({ stack, cursor }) => void stack.push(cursor.long(cursor.unsigned(4))),
  71: ({ stack, cursor }) => void stack.push(cursor.float()),
  // BINSTRING, SHORT_BINSTRING, BINUNICODE, SHORT_BINUNICODE, BINUNICODE8
  84: ({ stack, cursor }) => void stack.push(cursor.text(cursor.unsigned(4))),
  85: ({ stack, cursor }) => void stack.push(cursor.text(cursor.byte())),
  88: ({ stack, cursor }) => void stack.push(cursor.text(cursor.unsigned(4))),
  140: ({ stack, cursor }) => void stack.push(cursor.text(cursor.byte())),
  141: ({ stack, cursor }) => void stack.push(cursor.text(cursor.unsigned(8))),
  // BINBYTES, SHORT_BINBYTES, BINBYTES8
  66: machine => pushObject(machine, machine.cursor.take(machine.cursor.unsigned(4))),
  67: machine => pushObject(machine, machine.cursor.take(machine.cursor.byte())),
  142: machine => pushObject(machine, machine.cursor.take(machine.cursor.unsigned(8))),
  // EMPTY_TUPLE, TUPLE, TUPLE1, TUPLE2, TUPLE3
  41: machine => tuple(machine, 0),
  116: machine => pushObject(machine, popToMark(machine)),
  133: machine => tuple(machine, 1),
  134: machine => tuple(machine, 2),
  135: machine => tuple(machine, 3),
  // EMPTY_LIST, APPEND, APPENDS
  93: machine => pushObject(machine, []),
  97: machine => append(machine, [pop(machine)]),
  101: machine => append(machine, popToMark(machine)),
  // EMPTY_DICT, SETITEM, SETITEMS
  125: machine => pushObject(machine, new Map()),
  115: machine => {
    const value = pop(machine)
    setItems(machine, [pop(machine), value])
  },
  117: machine => setItems(machine, popToMark(machine)),
  // EMPTY_SET, ADDITEMS, FROZENSET
  143: machine => pushObject(machine, new Set()),
  144: machine => {
    const items = popToMark(machine)
    const set = top(machine)
    if (!(set instanceof Set)) throw wrong(machine, 'something is added to what is no set')
    for (const item of items) set.add(item)
  },
  145: machine => pushObject(machine, new Set(popToMark(machine))),
  // GLOBAL, STACK_GLOBAL
  99: machine => findGlobal(machine, machine.cursor.line(), machine.cursor.line()),
  147: machine => {
    const name = pop(machine)
    findGlobal(machine, pop(machine), name)
  },
  // REDUCE, NEWOBJ, BUILD, BINPERSID
  82: call,
  129: call,
  98: build,
  81: machine => pushObject(machine, machine.host.persistent(pop(machine))),
}
