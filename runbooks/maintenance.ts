import { $, integer, runbook, step, text } from '#runbook'

/**
 * Maintain the database
 *
 * Cleans up dead rows, brings the planner’s statistics up to date, rebuilds indexes, and drops what restores have left
 * behind, while users read and write. Tells sizes before and after.
 *
 * **Use it** once a month, after much was deleted or loaded, after a restore or an upgrade, or when queries have become
 * slower and the report shows dead rows or large indexes. **You need not** clean up daily: the database does that itself.
 *
 * **Impact.** Nobody waits for it, but reading and writing every index is load: choose a quiet hour. The disk needs
 * room for the largest index once more.
 *
 * **Before you start.** See to it that no migration and no long report is running: a rebuild waits for every
 * transaction that is older than itself, and is given up after 15 seconds.
 *
 * **It worked** when the last report shows few dead rows, fresh statistics and no invalid index. **If not**, nothing
 * is broken: what was done stays done, and the runbook can be played again. The step that stopped names the
 * transactions that it waited for.
 */
const { TABLE, KEEP_DAYS } = runbook({
  category: 'Data',
  destructive: true,
  params: {
    TABLE: text('Rebuild only the indexes of this table. Empty: of all.', ''),
    KEEP_DAYS: integer('Schemas with restored rows that are older than so many days are dropped.', '30'),
  },
})

await step('Report before', () => $`docker compose exec -T toolbox maintenance-report`)

/** Rows that were [brought back](/runbooks/restore-rows/) beside the live tables, and forgotten. */
await step('Drop old restored rows', () => $`docker compose exec -T toolbox purge-restored ${KEEP_DAYS}`)

/** A table that a migration has locked is left out. */
await step(
  'Clean up and analyse',
  () => $`docker compose exec -T toolbox vacuumdb --quiet --analyze --skip-locked --jobs=2 --dbname=app`,
)

/** One after the other, beside the old one, which is used until the new one is ready. */
await step('Rebuild the indexes', () => $`docker compose exec -T toolbox rebuild-indexes ${TABLE}`)

await step('Report after', () => $`docker compose exec -T toolbox maintenance-report`)
