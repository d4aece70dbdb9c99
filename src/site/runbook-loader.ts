/** Brings the runbooks into the `docs` collection: one page for each file in `runbooks/`. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { LoaderContext } from 'astro/loaders'
import { fingerprinter } from '../evidence/fingerprint.ts'
import { standing } from '../evidence/state.ts'
import { readEvidence } from '../evidence/store.ts'
import type { Document } from '../runbook/document.ts'
import { blocks } from '../runbook/shell.ts'
import { addressed } from './addressed.ts'
import { blocksInPage } from './blocks-in-page.ts'
import type { SharingLoader } from './loaders.ts'
import { type Proof, proofOf, verdicts } from './proof.ts'
import { opening, sentenceAbout } from './prose.ts'
import { readAll } from './read-all.ts'
import { runbookPage } from './runbook-page.ts'
import { sequence } from './sequence.ts'

/** Astro caches rendered Markdown by digest: whatever the page is made from, and with, must be part of it. */
const rendererFolders = ['src/site', 'src/runbook', 'src/evidence']

export function runbookLoader({ under }: { under: string }): SharingLoader {
  const owns = (id: string) => id.startsWith(`${under}/`)
  return {
    name: 'runbooks',
    owns,
    load: async (context) => {
      const root = fileURLToPath(context.config.root)
      const loadAll = async () => {
        const renderer = rendererHash(root)
        const fingerprint = fingerprinter(root)
        const left = new Set(context.store.keys())
        const { documents, checked } = await readAll(root)
        for (const document of documents) {
          const id = `${under}/${document.name}`
          left.delete(id)
          await loadOne(context, { root, id, renderer, document, fingerprint: fingerprint(document) })
        }
        for (const id of left) context.store.delete(id)
        await checked
      }
      await loadAll()
      context.watcher?.add([join(root, 'runbooks'), join(root, 'evidence')])
      context.watcher?.on('all', async (_event, path) => {
        if (!/\/(runbooks\/[^/]+\.ts|evidence\/[^/]+\.json)$/.test(path)) return
        await loadAll().catch((error: Error) => context.logger.error(error.message))
      })
    },
  }
}

interface Entry {
  root: string
  id: string
  renderer: string
  document: Document
  fingerprint: string
}

async function loadOne(
  context: LoaderContext,
  { root, id, renderer, document, fingerprint }: Entry,
): Promise<void> {
  const reading = readEvidence(root, document.name)
  const evidence = reading.kind === 'evidence' ? reading.evidence : undefined
  const proof = proofOf(standing(reading, fingerprint), evidence)
  const digest = context.generateDigest({ document, evidence: evidence?.seal ?? null, proof, renderer })
  if (context.store.get(id)?.digest === digest) return

  const { name, title, prose, category, destructive, objective } = document
  const expected = blocks(document)
  const body = runbookPage({ document, blocks: expected, proof, evidence })
  const rendered = await context.renderMarkdown(body, { fileURL: pathToFileURL(join(root, document.file)) })
  assertSameBlocks(document, expected, rendered.html)

  const data = await context.parseData({
    id,
    data: {
      title,
      description: opening(prose),
      sidebar: badge(proof),
      runbook: {
        name,
        category,
        destructive,
        impact: sentenceAbout(prose, 'Impact'),
        objective,
        proof,
        steps: sequence(document, evidence),
        services: stepsByService(document),
      },
      editUrl: false,
    },
  })
  context.store.set({ id, data, digest, rendered, filePath: document.file })
}

function stepsByService(document: Document): Record<string, string[]> {
  const entries = [...addressed(document)].map(
    ([service, uses]) => [service, uses.map(({ step }) => step)] as const,
  )
  return Object.fromEntries(entries.map(([service, steps]) => [service, [...new Set(steps)]]))
}

/** The page must hand out exactly what the drill pasted. */
function assertSameBlocks(document: Document, expected: ReturnType<typeof blocks>, html: string): void {
  const found = blocksInPage(html)
  const pasteable = expected.filter(({ kind }) => kind !== 'confirm')
  for (const [index, { kind, step, title, text }] of pasteable.entries()) {
    const shown = found[index]
    if (shown?.kind === kind && shown.step === step && shown.text === text && shown.copied === text) continue
    throw new Error(
      `${document.file}: the page would not show the block '${title}' as it is.\nexpected: ${JSON.stringify(text)}\nfound: ${JSON.stringify(shown)}`,
    )
  }
}

function badge({ state }: Proof) {
  if (state === 'proven') return {}
  return {
    badge: { text: verdicts[state].toLowerCase(), variant: state === 'failed' ? 'danger' : 'caution' },
  }
}

function rendererHash(root: string): string {
  const hash = createHash('sha256')
  for (const folder of rendererFolders) {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    )
    for (const file of files.sort()) hash.update(file).update(readFileSync(join(root, folder, file)))
  }
  for (const file of ['astro.config.mjs', 'ec.config.mjs']) hash.update(readFileSync(join(root, file)))
  return hash.digest('hex')
}
