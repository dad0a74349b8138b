/**
 * Boolean expressions: `!` binds tightest, then `&`, `^`, `|`; parentheses; names of values; calls `F(a, !b)` of defined
 * functions. Values are computed for all rows at once, as columns of 0 and 1.
 */

export type Expression =
  | { readonly kind: 'value'; readonly name: string }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: '&' | '^' | '|'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'call'; readonly table: Uint8Array; readonly args: readonly Expression[] }

/** Of each defined function: its table of 2^parameters rows, the first parameter the most significant bit. */
export type Definitions = ReadonlyMap<string, { readonly parameters: number; readonly table: Uint8Array }>

/** A name, or `part.value`. */
export const NAME = /[A-Za-z_]\w*(?:\.\w+)?/

const TOKEN = new RegExp(`\\s*(?:(${NAME.source})|([!&^|(),]))`, 'y')
const OPERATORS = ['|', '^', '&'] as const

/** @param fail called with what is wrong; must throw. */
export function parseExpression(text: string, definitions: Definitions, fail: (what: string) => never): Expression {
  const tokens = tokenize(text, fail)
  let at = 0
  const take = (token: string) => (tokens[at] === token ? ++at > 0 : false)
  const expect = (token: string) => {
    if (!take(token)) fail(`"${token}" is missing ${at < tokens.length ? `before "${tokens[at]}"` : 'at the end'}.`)
  }

  function level(depth: number): Expression {
    if (depth === OPERATORS.length) return factor()
    let left = level(depth + 1)
    while (take(OPERATORS[depth])) left = { kind: OPERATORS[depth], left, right: level(depth + 1) }
    return left
  }

  function factor(): Expression {
    if (take('!')) return { kind: 'not', of: factor() }
    if (take('(')) {
      const inner = level(0)
      expect(')')
      return inner
    }
    const name = tokens[at]
    if (name === undefined) return fail('the expression ends too early.')
    if (!/^\w/.test(name)) return fail(`there is a "${name}" where a name or "(" should stand.`)
    at++
    return take('(') ? call(name) : { kind: 'value', name }
  }

  function call(name: string): Expression {
    const definition = definitions.get(name)
    if (!definition) return fail(`there is no function "${name}"; write "define ${name}(…) = …" above.`)
    const args = [level(0)]
    while (take(',')) args.push(level(0))
    expect(')')
    if (args.length !== definition.parameters)
      return fail(`${name} takes ${definition.parameters} arguments, but is given ${args.length}.`)
    return { kind: 'call', table: definition.table, args }
  }

  const expression = level(0)
  if (at < tokens.length) fail(`there is a "${tokens[at]}" too many.`)
  return expression
}

function tokenize(text: string, fail: (what: string) => never): string[] {
  const tokens = []
  const source = text.trim()
  TOKEN.lastIndex = 0
  for (let at = 0; at < source.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(source)
    if (!match) return fail(`"${source.slice(at, at + 20).trim()}" cannot be read; there are names and ! & ^ | ( ) ,.`)
    tokens.push(match[1] ?? match[2])
  }
  return tokens
}

/** The names an expression speaks of, each once. */
export function namesIn(expression: Expression): string[] {
  const names = new Set<string>()
  const visit = (part: Expression): void => {
    if (part.kind === 'value') names.add(part.name)
    else if (part.kind === 'not') visit(part.of)
    else if (part.kind === 'call') part.args.forEach(visit)
    else {
      visit(part.left)
      visit(part.right)
    }
  }
  visit(expression)
  return [...names]
}

/** The expression's column. @param columns of the values it speaks of, [rows] each. */
export function evaluate(expression: Expression, columns: ReadonlyMap<string, Uint8Array>, rows: number): Uint8Array {
  if (expression.kind === 'value') return columns.get(expression.name) as Uint8Array
  if (expression.kind === 'not') return evaluate(expression.of, columns, rows).map(bit => 1 - bit)
  if (expression.kind === 'call') {
    const args = expression.args.map(arg => evaluate(arg, columns, rows))
    return Uint8Array.from(
      { length: rows },
      (_, row) => expression.table[args.reduce((index, column) => 2 * index + column[row], 0)],
    )
  }
  const [left, right] = [expression.left, expression.right].map(side => evaluate(side, columns, rows))
  if (expression.kind === '&') return left.map((bit, row) => bit & right[row])
  if (expression.kind === '|') return left.map((bit, row) => bit | right[row])
  return left.map((bit, row) => bit ^ right[row])
}

/** Columns of so many inputs over all their rows, the first the most significant bit. */
export function inputColumns(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    Uint8Array.from({ length: 2 ** count }, (_, row) => (row >> (count - 1 - i)) & 1),
  )
}
