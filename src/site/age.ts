/**
 * The age of evidence is computed when a page is viewed, so that a site whose weekly drill died silently turns
 * amber, then red. Without JavaScript the page shows the date.
 */

/** A drill is due every week; a day of grace for the runner. */
export const lateAfterDays = 8
/** Two drills in a row did not happen. */
export const overdueAfterDays = 15

export type Age = 'fresh' | 'late' | 'overdue'

export function ageOf(moment: Date, now: Date): { age: Age; words: string } {
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

/** Marks every date of evidence on the page, and the proof bar or table row around it. */
export function showAges(page: ParentNode, now: Date): void {
  for (const time of page.querySelectorAll<HTMLTimeElement>('time[data-age]')) {
    const { age, words } = ageOf(new Date(time.dateTime), now)
    time.dataset['age'] = age
    time.append(`, ${words}`)
  }
}
