/** The runbooks in the sidebar: a group for each category, both in the order in which a reader looks for them. */
import { readUnchecked } from './read-all.ts'

interface Group {
  label: string
  /** Addresses of pages, without slashes around. */
  items: string[]
}

/** Throws what reading throws if a runbook of the checkout at `root` cannot be read. */
export async function runbookGroups(root: string): Promise<Group[]> {
  const documents = await readUnchecked(root)
  const groups = Map.groupBy(
    documents.sort((a, b) => a.title.localeCompare(b.title)),
    ({ category }) => category || 'Other',
  )
  return [...groups]
    .map(([label, group]) => ({ label, items: group.map(({ name }) => `runbooks/${name}`) }))
    .sort((a, b) => a.label.localeCompare(b.label))
}
