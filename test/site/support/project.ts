/** A copy of the project whose site the tests build, so that they can change runbooks and evidence. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { fingerprint } from '../../../src/evidence/fingerprint.ts'
import type { Evidence } from '../../../src/evidence/schema.ts'
import { writeEvidence } from '../../../src/evidence/store.ts'
import type { Document } from '../../../src/runbook/document.ts'
import { readRunbook } from '../../../src/runbook/library.ts'

const checkout = join(import.meta.dirname, '../../..')
const copied = [
  '.github/workflows',
  'docs',
  'environments/production.env.example',
  'environments/sandbox.env',
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

export interface Project {
  root: string
  dist: string
  build: () => Promise<void>
  page: (path: string) => string
  /** Writes `runbooks/NAME.ts`. */
  runbook: (name: string, source: string) => Promise<Document>
  /** Writes sealed evidence that belongs to the runbook as it is now. */
  prove: (document: Document, changes?: Partial<Evidence>) => void
  remove: () => void
}

/** Inside the checkout, where packages are found: Astro cannot build through a linked `node_modules`. */
export function copyProject(): Project {
  const parent = join(checkout, '.drillbook', 'site-tests')
  mkdirSync(parent, { recursive: true })
  const root = mkdtempSync(join(parent, 'project-'))
  for (const path of copied) cpSync(join(checkout, path), join(root, path), { recursive: true })
  const dist = join(root, 'dist')
  return {
    root,
    dist,
    build: () => build(root),
    page: (path) => readFileSync(join(dist, path, 'index.html'), 'utf8'),
    runbook: (name, source) => {
      writeFileSync(join(root, 'runbooks', `${name}.ts`), source)
      return readRunbook(root, name)
    },
    prove: (document, changes = {}) => {
      writeEvidence(root, { ...evidenceOf(document, fingerprint(root, document)), ...changes })
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

async function build(root: string): Promise<void> {
  const astro = join(checkout, 'node_modules/astro/bin/astro.mjs')
  const built = await execa(process.execPath, [astro, 'build'], {
    cwd: root,
    // Not Vitest's: with its DEV and NODE_ENV the site is built without its search.
    extendEnv: false,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ASTRO_TELEMETRY_DISABLED: '1',
      NO_COLOR: '1',
    },
    stdin: 'ignore',
    all: true,
    reject: false,
    timeout: 170_000,
  })
  if (built.exitCode !== 0) throw new Error(`The site could not be built:\n${built.all}`)
}

/** What a drill might have measured. */
export function evidenceOf(document: Document, hash: string): Omit<Evidence, 'seal'> {
  const steps = document.items.flatMap((item) =>
    item.type === 'step'
      ? [
          {
            title: item.title,
            slug: item.slug,
            seconds: 1.25,
            output: `\u001b[32mdone\u001b[0m ${item.title}`,
          },
        ]
      : [],
  )
  const play = {
    scenario: 'The lamp is off',
    result: 'passed',
    rto: 14.2,
    rpo: 62,
    discarded: null,
    rows: { acknowledged: 1200, compared: 1234, missing: 0, unexpected: 0 },
    objects: { compared: 200, different: 0 },
    databaseBytes: 48_000_000,
    steps,
  } as const
  return {
    schema: 1,
    runbook: document.name,
    fingerprint: hash,
    result: 'passed',
    commit: null,
    finished: '2026-11-19T03:12:00.000Z',
    machine: { cpus: 2, memoryBytes: 8_000_000_000, platform: 'linux x64' },
    versions: { postgres: '17.6' },
    images: {},
    plays: [
      { ...play, rendition: 'script' },
      { ...play, rendition: 'bash', rto: 15.9 },
      { ...play, rendition: 'zsh' },
    ],
    twins: [{ scenario: 'The fuse is blown', result: 'passed', message: 'lamp: <no> current' }],
    run: '20261119T031000Z-lamp-4f2a',
    journal: '00',
  }
}

/** A small runbook with one of each thing that a page shows. */
export function lampRunbook(title: string, command = 'turn on'): string {
  return `import { $, choice, confirm, retry, runbook, step, text } from '#runbook'

/**
 * ${title}
 *
 * Turns the lamp on again. **Use it** when it is dark; the \`fuse\` is not its business.
 */
const { ROOM, LEVEL } = runbook({
  category: 'Lamps',
  destructive: true,
  objective: { rto: '15s', rpo: '5m' },
  params: {
    ROOM: text('Which room: its *exact* name.', "the king's room"),
    LEVEL: choice('How bright.', ['dim', 'full'], 'full'),
  },
})

/** It may be on already; then nothing happens. */
await step("Don't trip: look for the lamp's switch", () => $\`lamp find --room=\${ROOM} '<b>&amp;' "a  b"\`, {
  undo: () => $\`lamp forget \${ROOM}\`,
})

await step('Switch it on', async () => {
  if (LEVEL === 'full') {
    await $\`lamp ${command} --level=100\`
  } else {
    await $\`lamp ${command} --level=30\`
  }
  await retry(30, '0.5s', () => $\`lamp shines\`)
})

await confirm('Can you read this?')
`
}
