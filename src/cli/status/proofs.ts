/** How far the runbooks of this checkout are proven, and how old the oldest proof is. */
import { listRunbooks, readRunbook } from '../../runbook/library.ts'
import { marker } from '../evidence.ts'
import type { Fact } from './fact.ts'

/** A drill is due every week. */
const LATE = 15 * 86_400_000

export async function proofFact(root: string, now: Date): Promise<Fact> {
  const head = { group: 'Runbooks', name: 'proof' }
  const { readEvidence } = await import('../../evidence/store.ts')
  const names = await listRunbooks(root)
  if (names.length === 0) return { ...head, state: 'off', value: 'there is no runbook' }
  const markOf = await marker(root)
  const states = await Promise.all(
    names.map(async (name) => {
      try {
        return markOf(await readRunbook(root, name, { commands: false })).state
      } catch {
        return 'invalid'
      }
    }),
  )
  const proven = names.filter((_, index) => states[index] === 'proven')
  const dates = proven.flatMap((name) => {
    const reading = readEvidence(root, name)
    return reading.kind === 'evidence' ? [reading.evidence.finished] : []
  })
  const oldest = dates.sort()[0]
  const others = names.filter((name) => !proven.includes(name))
  const late = oldest !== undefined && now.getTime() - Date.parse(oldest) > LATE
  const some = others.length > 3 ? `${others.slice(0, 3).join(' ')} …` : others.join(' ')
  return {
    ...{ ...head, state: others.length > 0 || late ? 'warn' : 'ok' },
    value: `${proven.length} of ${names.length} are proven${oldest ? ', the oldest proof is from' : ''}`,
    ...(oldest && { since: oldest }),
    ...(others.length > 0 ? { do: `pnpm drill NAME: ${some}` } : late ? { do: 'pnpm drill --all' } : {}),
  }
}
