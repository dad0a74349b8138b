/** What somebody gets who installs lobes: exact versions, the right files, and a small core. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { afterAll, describe, expect, it } from 'vitest'
import { VERSION } from '../src/version.ts'

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const folder = mkdtempSync(join(tmpdir(), 'lobes-package-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Bytes, minified and gzipped, of what imports these modules, without the embedded WebAssembly. */
const CORE_BUDGET = 60 * 1024

/** Sources that are not part of the package: the kernels' own source and their compilation. */
const isLeftOut = (path: string) => /kernels\/(assembly|build\.ts)/.test(path)

describe('package.json', () => {
  it('has the version the code reports', () => {
    expect(VERSION).toBe(manifest.version)
  })

  it('pins every dependency to one version', () => {
    const ranges = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)),
    )
    expect(ranges).toEqual([])
  })

  it('has no script that runs when lobes is installed', () => {
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare'])
      expect(manifest.scripts).not.toHaveProperty(script)
  })

  it('carries the MIT licence', () => {
    expect(manifest.license).toBe('MIT')
    expect(readFileSync('LICENSE', 'utf8')).toMatch(/^MIT License[\s\S]*the lobes authors/)
  })

  it('is cited and logged under its version', () => {
    expect(readFileSync('CITATION.cff', 'utf8')).toContain(`version: ${manifest.version}`)
    expect(readFileSync('CHANGELOG.md', 'utf8')).toContain(`## ${manifest.version}`)
  })
})

describe('package-lock.json', () => {
  // Where a registry does not carry the packages of other platforms, npm leaves them out and `npm ci` then refuses.
  it('lists the optional packages of every platform', () => {
    const missing = Object.entries<Record<string, Record<string, string>>>(lock.packages).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter(
        name => !lock.packages[`node_modules/${name}`] && !lock.packages[`${path}/node_modules/${name}`],
      ),
    )
    expect(missing).toEqual([])
  })

  it('names no registry', () => {
    expect(readFileSync('package-lock.json', 'utf8')).not.toContain('"resolved"')
  })
})

describe('the published package', () => {
  const built = join(folder, 'dist')
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', built])

  it('has a file for each export and for the command', () => {
    const targets = [
      ...Object.values<Record<string, string>>(manifest.exports).flatMap(entry => Object.values(entry)),
      ...Object.values<string>(manifest.bin),
    ].filter(target => target.startsWith('./dist/'))
    expect(targets.length).toBeGreaterThan(2)
    expect(targets.filter(target => !existsSync(join(built, target.slice('./dist/'.length))))).toEqual([])
  })

  it('contains the built files and the papers, nothing else', () => {
    const papers = ['CHANGELOG.md', 'CITATION.cff', 'LICENSE', 'README.md', 'package.json']
    for (const paper of papers) copyFileSync(paper, join(folder, paper))
    const command = ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent']
    const report = execFileSync('npm', command, { encoding: 'utf8', cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })
    const paths = [...report.matchAll(/"path": "([^"]+)"/g)].map(match => match[1])
    const isBuilt = (path: string) => /^dist\/.+\.(js|d\.ts)$/.test(path)
    expect(paths.filter(path => !isBuilt(path)).sort()).toEqual(papers)
    expect(paths.filter(isBuilt).length).toBe(2 * globSync('src/**/*.ts').filter(path => !isLeftOut(path)).length)
  })

  it('starts from the built files', () => {
    const version = execFileSync(process.execPath, [join(built, 'cli/main.js'), '--version'], { encoding: 'utf8' })
    expect(version.trim()).toBe(manifest.version)
  })
})

describe('the core', () => {
  it('graph, partition and significance stay within their budget beside the wasm', async () => {
    const entry = globSync('src/{graph,partition,significance}/*.ts').map(path => `export * from '${resolve(path)}'`)
    const source = '\0core'
    const output = await build({
      configFile: false,
      logLevel: 'silent',
      plugins: [
        {
          name: 'core',
          resolveId: id => (id === 'core' ? source : undefined),
          load: id => (id === source ? entry.join('\n') : undefined),
        },
      ],
      build: {
        write: false,
        minify: true,
        target: 'es2024',
        rollupOptions: { input: 'core', preserveEntrySignatures: 'strict' },
      },
    })
    const chunks = [output].flat().flatMap(one => ('output' in one ? one.output : []))
    const code = chunks.map(chunk => ('code' in chunk ? chunk.code : '')).join('\n')
    const embedded = code.match(/[A-Za-z0-9+/=]{2000,}/g) ?? []
    const bytes = gzipSync(embedded.reduce((text, blob) => text.replace(blob, ''), code)).length
    console.log(`core: ${(bytes / 1024).toFixed(1)} KB min+gzip beside ${embedded.join('').length} characters of wasm`)
    expect(bytes).toBeGreaterThan(5_000)
    expect(bytes).toBeLessThanOrEqual(CORE_BUDGET)
  })
})
