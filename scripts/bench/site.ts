/**
 * How long the site takes to build beside plain Starlight with the same Markdown and code on as many pages, and what a page
 * weighs. Both are built without a cache, in turn.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { fingerprinter } from '../../src/evidence/fingerprint.ts'
import { standing } from '../../src/evidence/state.ts'
import { readEvidence, writeEvidence } from '../../src/evidence/store.ts'
import { listRunbooks, readRunbook } from '../../src/runbook/library.ts'
import { blocks } from '../../src/runbook/shell.ts'
import { embeds } from '../../src/site/embeds.ts'
import type { Row } from '../../src/site/performance.ts'
import { proofOf } from '../../src/site/proof.ts'
import { runbookPage } from '../../src/site/runbook-page.ts'
import { fence } from '../../src/site/words.ts'
import { inTurn, rowsOf, spreadOf } from './result.ts'
import { weigh } from './weight.ts'

interface Manifest {
  name: string
  version: string
  type: string
  dependencies: Record<string, string>
}

const copied = [
  '.github/workflows',
  'docs',
  'environments/production.env.example',
  'environments/sandbox.env',
  'evidence',
  'public',
  'runbooks',
  'scripts',
  'src',
  'stack',
  'test/guide',
  'test/runbook/corpus',
  'astro.config.mjs',
  'ec.config.mjs',
  'package.json',
  'tsconfig.json',
]

export async function site(
  root: string,
  rounds = 3,
  sizes: readonly number[] = [25, 250, 1000],
): Promise<Row[]> {
  const parent = join(root, '.drillbook', 'bench')
  mkdirSync(parent, { recursive: true })
  const rows: Row[] = []
  for (const size of sizes) {
    const work = mkdtempSync(join(parent, 'site-'))
    try {
      const [ours, plain] = [join(work, 'ours'), join(work, 'plain')]
      await makeOurs(root, ours, size)
      const [docs, runbooks] = [await pages(ours), await runbookBodies(ours)]
      makePlain(root, plain, { ...docs, ...runbooks })
      const written = Object.keys(runbooks).length
      const count = Object.keys(docs).length + written
      const times = await inTurn(rounds, {
        [`plain Starlight, ${count} pages`]: () => build(root, plain),
        [`this handbook, ${count} pages, of which ${written} are runbooks`]: () => build(root, ours),
      })
      rows.push(...rowsOf(times, 's'))
      if (size === sizes[0]) {
        rows.push(...weight('plain Starlight', join(plain, 'dist'), 'runbooks/restore'))
        rows.push(...weight('this handbook', join(ours, 'dist'), 'runbooks/restore'))
      }
    } finally {
      rmSync(work, { recursive: true })
    }
  }
  return rows
}

/** Copies of `restore`, as proven as it is, beside the runbooks that there are, and that other pages lead to. */
async function makeOurs(root: string, folder: string, size: number): Promise<void> {
  for (const path of copied)
    cpSync(join(root, path), join(folder, path), {
      recursive: true,
      filter: (file) => !/node_modules|\/app\/dist/.test(file.slice(root.length)),
    })
  const there = readdirSync(join(folder, 'runbooks')).length
  const source = readFileSync(join(root, 'runbooks/restore.ts'), 'utf8')
  const reading = readEvidence(root, 'restore')
  const fingerprint = fingerprinter(folder)
  for (let number = there; number < size; number++) {
    const name = `restore-${number}`
    const title = ` * Restore the database ${number}`
    writeFileSync(join(folder, `runbooks/${name}.ts`), source.replace(/^ \* Restore the database$/m, title))
    if (reading.kind !== 'evidence') continue
    const document = await readRunbook(folder, name, { commands: false })
    writeEvidence(folder, { ...reading.evidence, runbook: name, fingerprint: fingerprint(document) })
  }
}

/** Plain Starlight of the same version, with the page of `restore` at the same place. For comparing weights. */
export async function buildPlain(root: string, folder: string): Promise<void> {
  makePlain(root, folder, { index: 'Start', 'runbooks/restore': await runbookBody(root, 'restore') })
  await build(root, folder)
}

/** Each page has its own text, as in life: of a thousand equal ones Astro keeps and loads one. */
function makePlain(root: string, folder: string, bodies: Record<string, string>): void {
  mkdirSync(folder, { recursive: true })
  // With the dependencies: what is not named there, Astro would load without its own plugins.
  const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  const manifest: Manifest = { name: 'plain', version, type: 'module', dependencies }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(
    join(folder, 'astro.config.mjs'),
    `import starlight from '@astrojs/starlight'\nimport { defineConfig } from 'astro/config'\nexport default defineConfig({ integrations: [starlight({ title: 'Plain' })] })\n`,
  )
  mkdirSync(join(folder, 'src'))
  writeFileSync(
    join(folder, 'src/content.config.ts'),
    `import { defineCollection } from 'astro:content'\nimport { docsLoader } from '@astrojs/starlight/loaders'\nimport { docsSchema } from '@astrojs/starlight/schema'\nexport const collections = { docs: defineCollection({ loader: docsLoader(), schema: docsSchema() }) }\n`,
  )
  for (const [name, body] of Object.entries(bodies)) {
    const file = join(folder, 'src/content/docs', `${name}.md`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `---\ntitle: ${name}\n---\n\n${body}\n`)
  }
}

/** The handbook’s pages as plain Markdown, with all their code, without their components. */
async function pages(folder: string): Promise<Record<string, string>> {
  const files = readdirSync(join(folder, 'docs'), { recursive: true, encoding: 'utf8' })
  const bodies: Record<string, string> = {}
  for (const file of files.filter((name) => /\.mdx?$/.test(name))) {
    const lines = readFileSync(join(folder, 'docs', file), 'utf8')
      .replace(/^---\n.*?\n---\n/s, '')
      .replace(/^import .*\n/gm, '')
      .split('\n')
    const shown = await Promise.all(lines.map((line) => embeddedCode(folder, line)))
    bodies[file.replace(/\.mdx?$/, '')] = shown.join('\n')
  }
  return bodies
}

/** A line as it is, or the code that it stands for. */
async function embeddedCode(folder: string, line: string): Promise<string> {
  const [, name = '', attributes = ''] = /^<(\w+) (.*)\/>$/.exec(line) ?? []
  const embed = embeds[name]
  if (!embed) return line
  const pairs = [...attributes.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value] as const)
  const nodes = await embed.nodes(folder, Object.fromEntries(pairs))
  return nodes
    .map((node) => (node.type === 'code' ? fence(node.value, `${node.lang} ${node.meta}`) : ''))
    .join('\n\n')
}

async function runbookBodies(folder: string): Promise<Record<string, string>> {
  const bodies: Record<string, string> = {}
  const fingerprint = fingerprinter(folder)
  for (const name of await listRunbooks(folder))
    bodies[`runbooks/${name}`] = await runbookBody(folder, name, fingerprint)
  return bodies
}

/** What the page of a runbook is rendered from. */
async function runbookBody(root: string, name: string, fingerprint = fingerprinter(root)): Promise<string> {
  const document = await readRunbook(root, name)
  const reading = readEvidence(root, name)
  const evidence = reading.kind === 'evidence' ? reading.evidence : undefined
  const proof = proofOf(standing(reading, fingerprint(document)), evidence)
  return runbookPage({ document, blocks: blocks(document), proof, evidence })
}

async function build(root: string, folder: string): Promise<number> {
  for (const left of ['dist', '.astro', 'node_modules/.astro'])
    rmSync(join(folder, left), { recursive: true, force: true })
  const began = performance.now()
  const astro = join(root, 'node_modules/astro/bin/astro.mjs')
  await execa(process.execPath, [astro, 'build'], {
    cwd: folder,
    // Not Vitest's, if it is a test that asks: with its NODE_ENV there would be no search.
    extendEnv: false,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ASTRO_TELEMETRY_DISABLED: '1',
      NO_COLOR: '1',
    },
    stdin: 'ignore',
    all: true,
  })
  return (performance.now() - began) / 1000
}

function weight(who: string, dist: string, path: string): Row[] {
  const { html, scripts, styles } = weigh(dist, path)
  return [
    { what: `${who}, HTML of a page`, unit: 'KiB', ...spreadOf([html / 1024]) },
    {
      what: `${who}, page with styles and scripts`,
      unit: 'KiB',
      ...spreadOf([(html + scripts + styles) / 1024]),
    },
  ]
}
