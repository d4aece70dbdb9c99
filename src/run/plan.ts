/** The items of a Document in the order they are played, includes opened. */
import { createHash } from 'node:crypto'
import type { Confirm, Document, Item, Step } from '../runbook/document.ts'
import type { PlannedItem } from './journal-schema.ts'

export interface PlanItem extends PlannedItem {
  item: Step | Confirm
  /** The included runbook it stands in, or that of the Document. */
  runbook: string
}

export function plan(document: Document): PlanItem[] {
  const slugs = new Set<string>()
  return flatten(document.items, document.name).map(({ item, runbook }) => {
    const title = item.type === 'step' ? item.title : item.question
    // A runbook that is included twice brings the same anchors twice.
    let slug = item.slug
    for (let n = 2; slugs.has(slug); n++) slug = `${item.slug}-${n}`
    slugs.add(slug)
    return { type: item.type, slug, title, digest: digest(item), item, runbook }
  })
}

function flatten(items: Item[], runbook: string): { item: Step | Confirm; runbook: string }[] {
  return items.flatMap((item) =>
    item.type === 'include' ? flatten(item.items, item.name) : [{ item, runbook }],
  )
}

/** What the item does, without where it stands and what is said about it. */
function digest(item: Step | Confirm): string {
  const behaviour = JSON.stringify(item, (key, value) =>
    key === 'position' || key === 'prose' || key === 'slug' ? undefined : value,
  )
  return createHash('sha256').update(behaviour).digest('hex').slice(0, 16)
}

/** The planned items as the journal keeps them. */
export function planned(items: PlanItem[]): PlannedItem[] {
  return items.map(({ type, slug, title, digest }) => ({ type, slug, title, digest }))
}
