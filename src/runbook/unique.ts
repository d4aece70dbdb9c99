import type { Confirm, Include, Item, Step } from './document.ts'
import type { IncludeCall } from './read-include.ts'
import type { Reading } from './reading.ts'

/** All steps and confirmations, those of includes too, in the order they are played. */
export function flatten(items: readonly Item[]): (Step | Confirm)[] {
  return items.flatMap((item) => (item.type === 'include' ? flatten(item.items) : [item]))
}

/** The values of an included runbook are variables of the same shell: none may have a name that is used here. */
export function declareIncluded(reading: Reading, call: IncludeCall, included: Include): void {
  for (const item of flatten(included.items)) {
    if (item.type !== 'step' || item.value === undefined) continue
    if (reading.declared.has(item.value)) {
      reading.report(
        call.at,
        `the value \`${item.value}\` of \`${call.name}\`, a name that stands here too`,
        'another name in one of them',
      )
    }
    reading.declared.add(item.value)
  }
}

/**
 * Titles are how the journal, the page's anchors and resume tell steps apart: all of a runbook differ, and not only in
 * punctuation or case.
 */
export function checkUnique(
  reading: Reading,
  items: readonly Item[],
  offsets: ReadonlyMap<Item, number>,
): void {
  const seen = new Set<string>()
  for (const item of items) {
    for (const part of flatten([item])) {
      if (part.slug !== '' && seen.has(part.slug)) {
        const title = part.type === 'step' ? part.title : part.question
        reading.report(
          offsets.get(item) ?? 0,
          `the title ${JSON.stringify(title)} a second time`,
          'a title of its own for each step',
        )
      }
      seen.add(part.slug)
    }
  }
}
