/**
 * Colours and shapes. Twelve module colours were searched for the largest smallest distance (OKLab) under normal vision
 * and simulated protanopia, deuteranopia and tritanopia, on white and on near-black; six shapes are combined with them,
 * so that 72 modules differ in colour or shape, and every module carries its number besides.
 */
const MODULE_COLOURS = [
  '#006db6',
  '#db490c',
  '#6ddbaa',
  '#920055',
  '#55b6ce',
  '#aaaa55',
  '#9279ff',
  '#b6556d',
  '#c2ce18',
  '#0c4992',
  '#b6000c',
  '#0092b6',
] as const

/** Values of the custom properties that figures use as `var(--name)`, in the light theme. */
export const LIGHT: Readonly<Record<string, string>> = {
  paper: '#ffffff',
  page: '#f6f6f3',
  ink: '#1c1f24',
  soft: '#565c66',
  line: '#dcdcd6',
  faint: '#eeeeea',
  grey: '#b4b8be',
  accent: '#0b62a8',
  good: '#1a7f4b',
  bad: '#a8452a',
  ...moduleColours(colour => colour),
}

export const DARK: Readonly<Record<string, string>> = {
  paper: '#1a1d22',
  page: '#121418',
  ink: '#eceef1',
  soft: '#a5acb8',
  line: '#353a43',
  faint: '#252931',
  grey: '#5d6470',
  accent: '#6cb8f6',
  good: '#5fd098',
  bad: '#f2926f',
  ...moduleColours(lighten),
}

/** The colour of a module, as a custom property; grey for −1. */
export function moduleColour(module: number): string {
  return module < 0 ? 'var(--grey)' : `var(--m${module % MODULE_COLOURS.length})`
}

/** Custom properties of a theme as CSS declarations. */
export function themeDeclarations(theme: Readonly<Record<string, string>>): string {
  return Object.entries(theme)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';')
}

/** Replaces custom properties in attributes by the light theme's values, for pictures that stand alone. */
export function resolveColours(svg: string): string {
  return svg.replace(/="var\(--([a-z0-9]+)\)"/g, (attribute, name: string) =>
    LIGHT[name] ? `="${LIGHT[name]}"` : attribute,
  )
}

/** Path commands of a module's shape, centred at (x, y), about as large as a circle of radius r. −1 is a small cross. */
export function moduleGlyph(module: number, x: number, y: number, r: number): string {
  const at = `M${round(x)} ${round(y)}`
  if (module < 0) return `${at}m${round(-r / 2)} ${round(-r / 2)}h${round(r)}v${round(r)}h${round(-r)}z`
  return at + SHAPES[(module + Math.floor(module / MODULE_COLOURS.length)) % SHAPES.length](r)
}

const SHAPES: readonly ((r: number) => string)[] = [
  r =>
    `m${round(-r)} 0a${round(r)} ${round(r)} 0 1 0 ${round(2 * r)} 0a${round(r)} ${round(r)} 0 1 0 ${round(-2 * r)} 0z`,
  r => polygon([-0.88, -0.88, 1.76, 0, 0, 1.76, -1.76, 0], r),
  r => polygon([0, -1.2, 1.15, 2, -2.3, 0], r),
  r => polygon([0, -1.25, 1.25, 1.25, -1.25, 1.25, -1.25, -1.25], r),
  r => polygon([0, 1.2, 1.15, -2, -2.3, 0], r),
  r =>
    polygon(
      [-0.4, -1.1, 0.8, 0, 0, 0.7, 0.7, 0, 0, 0.8, -0.7, 0, 0, 0.7, -0.8, 0, 0, -0.7, -0.7, 0, 0, -0.8, 0.7, 0],
      r,
    ),
]

/** Relative moves (dx, dy, …) as path commands; the first is the move to the starting corner. */
function polygon(moves: readonly number[], r: number): string {
  const steps: string[] = []
  for (let i = 0; i < moves.length; i += 2)
    steps.push(`${i === 0 ? 'm' : 'l'}${round(moves[i] * r)} ${round(moves[i + 1] * r)}`)
  return `${steps.join('')}z`
}

export function round(value: number): number {
  return Math.round(value * 10) / 10
}

function moduleColours(change: (colour: string) => string): Record<string, string> {
  return Object.fromEntries(MODULE_COLOURS.map((colour, i) => [`m${i}`, change(colour)]))
}

/** Mixes a colour with white, so that the darkest ones stay visible on near-black. */
function lighten(colour: string): string {
  const channel = (start: number) => Math.round(Number.parseInt(colour.slice(start, start + 2), 16) * 0.78 + 255 * 0.22)
  return `#${[1, 3, 5].map(start => channel(start).toString(16).padStart(2, '0')).join('')}`
}
