import { $, choice, moment, runbook, step, text } from '#runbook'

/**
 * Bring files back
 *
 * Brings the application’s files back that were deleted since a moment, or overwritten: one, many, or all of an
 * emptied bucket. The bucket keeps what was deleted or overwritten for 30 days.
 *
 * **Use it** when covers are missing or wrong, or after a restore of the database whose comparison lists rows without
 * files. **It cannot help** when the store itself is lost, or when versions were removed for good: only the owner of
 * the bucket may do that, not the application.
 *
 * **Impact.** Users go on being served. Only what was lost after the moment is touched: what was deleted before it
 * stays deleted, and what is new since stays. A deleted file comes back at once and needs no room.
 *
 * **Before you start.** Choose the moment: shortly before the first file was lost. Overwritten files are set back
 * only if you say so (`changed`), since users overwrite files on purpose, too.
 *
 * **It worked** when “Compare with the moment” says that all are as they were, and “Compare rows and files” lists no
 * rows without objects. **If not**, go back: what was brought back is deleted again, what was set back is as it was.
 */
const { MOMENT, PREFIX, WHICH } = runbook({
  category: 'Disaster recovery',
  destructive: true,
  objective: { rto: '30m', rpo: '1h' },
  params: {
    MOMENT: moment('The files as they were at this moment.'),
    PREFIX: text('Only files whose names begin with this: covers/. Empty: all.', ''),
    WHICH: choice(
      'Only what was deleted, or also set back what was overwritten.',
      ['deleted', 'changed'],
      'deleted',
    ),
  },
})

/** Compares every version in the bucket with the moment, and tells what it would do. Nothing is changed yet. */
await step(
  'Find what was lost',
  () => $`docker compose exec -T toolbox lost-objects ${MOMENT} ${PREFIX} ${WHICH}`,
)

/** Users have their files again when this step has ended. May be played again at any time. */
await step('Bring them back', () => $`docker compose exec -T toolbox recover-objects`, {
  undo: () => $`docker compose exec -T toolbox recover-objects --back`,
})

/** Reads every byte of every file that was brought back. */
await step('Compare with the moment', () => $`docker compose exec -T toolbox recover-objects --check`)

/** Rows without their file, and files without their row. */
await step('Compare rows and files', () => $`docker compose run --rm --no-deps -T app reconcile`)
