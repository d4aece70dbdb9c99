/** The steps of a runbook in order, with what they work on and how long they took. Pure. */
import { z } from 'astro/zod'
import type { Evidence } from '../evidence/schema.ts'
import type { Document, Item } from '../runbook/document.ts'
import { commandsOf, services as servicesOf, textOf } from './commands.ts'

export const sequenceStep = z.object({
  title: z.string(),
  slug: z.string(),
  /** The title of the runbook that it was included from. */
  from: z.string().optional(),
  /** The services of the compose file that its commands name, in their order. */
  services: z.array(z.string()),
  /** How long it took in the last drill that passed, as a script. */
  seconds: z.number().nullable(),
})

export type SequenceStep = z.infer<typeof sequenceStep>

export function sequence(document: Document, evidence: Evidence | undefined): SequenceStep[] {
  const play = evidence?.plays.find(({ rendition, result }) => rendition === 'script' && result === 'passed')
  const seconds = new Map(play?.steps.map((step) => [step.slug, step.seconds]))
  const walk = (items: Item[], from?: string): SequenceStep[] =>
    items.flatMap((item) => {
      if (item.type === 'confirm') return []
      if (item.type === 'include') return walk(item.items, item.title)
      const { title, slug, body } = item
      const named = commandsOf(body).flatMap((command) => servicesOf(textOf(command)))
      const services = [...new Set(named)].filter((name) => name !== '*')
      return [{ title, slug, ...(from && { from }), services, seconds: seconds.get(slug) ?? null }]
    })
  return walk(document.items)
}
