/** What the last drill says about a runbook. Loaded only where it is shown: a run never depends on it. */
import type { Standing } from '../evidence/state.ts'
import type { Document } from '../runbook/document.ts'
import type { Usual } from './display/display.ts'

export interface Mark {
  state: Standing['state'] | 'invalid'
  reason: string
}

/** For any number of runbooks of one checkout. */
export async function marker(root: string): Promise<(document: Document) => Mark> {
  const [{ readEvidence }, { fingerprinter }, { standing }] = await Promise.all([
    import('../evidence/store.ts'),
    import('../evidence/fingerprint.ts'),
    import('../evidence/state.ts'),
  ])
  const fingerprint = fingerprinter(root)
  return (document) => standing(readEvidence(root, document.name), fingerprint(document))
}

/** How long each step took in the last drill's script rendition; empty if nothing is known. */
export async function usualSeconds(root: string, name: string): Promise<Usual> {
  try {
    const { readEvidence } = await import('../evidence/store.ts')
    const reading = readEvidence(root, name)
    if (reading.kind !== 'evidence') return new Map()
    const play = reading.evidence.plays.find(
      ({ rendition, result }) => rendition === 'script' && result === 'passed',
    )
    return new Map(play?.steps.map(({ slug, seconds }) => [slug, seconds]))
  } catch {
    return new Map()
  }
}
