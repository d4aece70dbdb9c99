/**
 * The age of evidence is computed when a page is viewed, so that a site whose weekly drill died silently turns
 * amber, then red. Without JavaScript the page shows the date.
 */

export type Age = 'fresh' | 'late' | 'overdue'

/** A drill is due every week; a day of grace for the runner. Then two drills in a row did not happen. */
export const limits = { lateAfterDays: 8, overdueAfterDays: 15 }

/**
 * Everything in one function, since it is written into the head of every page as it stands here: what is a module runs
 * after the page has been painted, and words that come then move what stands below.
 */
export function ages({ lateAfterDays, overdueAfterDays }: typeof limits) {
  function ageOf(moment: Date, now: Date): { age: Age; words: string } {
    const hours = Math.max(0, (now.getTime() - moment.getTime()) / 3_600_000)
    const days = Math.floor(hours / 24)
    const age = days >= overdueAfterDays ? 'overdue' : days >= lateAfterDays ? 'late' : 'fresh'
    const words =
      hours < 1 ? 'less than an hour ago' : days < 1 ? ago(Math.floor(hours), 'hour') : ago(days, 'day')
    return { age, words: age === 'fresh' ? words : `${words}: the weekly drill is overdue` }
  }

  function ago(count: number, unit: string): string {
    return `${count} ${unit}${count === 1 ? '' : 's'} ago`
  }

  /** Fills the empty element in every date of evidence that is there by now. */
  function show(page: Document): void {
    for (const place of page.querySelectorAll('time[data-age] > span:empty')) {
      const time = place.parentElement as HTMLTimeElement
      const { age, words } = ageOf(new Date(time.dateTime), new Date())
      time.dataset['age'] = age
      place.append(`, ${words}`)
    }
  }

  /** While the page is being read, before each time that it is painted. */
  function watch(page: Document): void {
    const observer = new MutationObserver(() => show(page))
    observer.observe(page, { childList: true, subtree: true })
    page.addEventListener('DOMContentLoaded', () => observer.disconnect())
  }

  return { ageOf, watch }
}

/** The script for the head of a page. */
export const agesScript = `(${ages})(${JSON.stringify(limits)}).watch(document)`
