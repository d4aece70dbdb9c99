/** Reading and writing `evidence/<runbook>.json`. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { canonical, sha256 } from './canonical.ts'
import { type Evidence, evidence as schema } from './schema.ts'

/** What is in the file: evidence, nothing, or something no drill has written. */
export type Reading =
  | { kind: 'evidence'; evidence: Evidence }
  | { kind: 'missing' }
  | { kind: 'edited'; problem: string }

export function evidenceFile(root: string, name: string): string {
  return join(root, 'evidence', `${name}.json`)
}

/** Reads a runbook's evidence. Never throws on what the file says: a broken file reads as edited. */
export function readEvidence(root: string, name: string): Reading {
  let text: string
  try {
    text = readFileSync(evidenceFile(root, name), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'missing' }
    throw error
  }
  return parseEvidence(text, name)
}

/** The same from the file's text. */
export function parseEvidence(text: string, name: string): Reading {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    return { kind: 'edited', problem: 'it is not JSON' }
  }
  const parsed = schema.safeParse(data)
  if (!parsed.success) return { kind: 'edited', problem: z.prettifyError(parsed.error) }
  if (parsed.data.runbook !== name) return { kind: 'edited', problem: `it is about ${parsed.data.runbook}` }
  // Over the data as it stands in the file: an added key that the schema drops is an edit, too.
  if (sealOf(data as Evidence) !== parsed.data.seal)
    return { kind: 'edited', problem: 'its seal does not match' }
  return { kind: 'evidence', evidence: parsed.data }
}

/** Seals and writes; returns what was written. The file is replaced in one move. */
export function writeEvidence(root: string, unsealed: Omit<Evidence, 'seal'>): Evidence {
  const clean = schema.parse({ ...unsealed, seal: '' })
  const sealed = { ...clean, seal: sealOf(clean) }
  const file = evidenceFile(root, sealed.runbook)
  mkdirSync(join(root, 'evidence'), { recursive: true })
  writeFileSync(`${file}.new`, `${JSON.stringify(canonical(sealed), undefined, 2)}\n`)
  renameSync(`${file}.new`, file)
  return sealed
}

/** SHA-256 over everything but the seal, in canonical form. It detects a hand edit, not a forger. */
export function sealOf(evidence: Omit<Evidence, 'seal'>): string {
  const { seal: _, ...rest } = evidence as Evidence
  return sha256(JSON.stringify(canonical(rest)))
}
