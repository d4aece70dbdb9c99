/** The runbooks in the sidebar: a group for each category, both in the order in which a reader looks for them. */
import { listRunbooks, readRunbook } from '../runbook/library.ts'

interface Group {
  label: string
  /** Addresses of pages, without slashes around. */
  items: string[]
}

/** Throws what reading throws if a runbook of the checkout at `root` cannot be read. */
export async function runbookGroups(root: string): Promise<Group[]> {
  // The loader of their pages has the commands checked.
  const read = async (name: string) => readRunbook(root, name, { commands: false })
  const documents = await Promise.all((await listRunbooks(root)).map(read))
  const groups = Map.groupBy(
    documents.sort((a, b) => a.title.localeCompare(b.title)),
    ({ category }) => category || 'Other',
  )
  return [...groups]
    .map(([label, group]) => ({ label, items: group.map(({ name }) => `runbooks/${name}`) }))
    .sort((a, b) => a.label.localeCompare(b.label))
}
