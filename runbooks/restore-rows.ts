import { $, choice, moment, runbook, step, text } from '#runbook'

/**
 * Bring rows back
 *
 * Brings the rows of one table back as they were at a moment, while the application goes on serving: into a schema
 * beside the live tables, or, if you wish, into the table itself.
 *
 * **Use it** when some rows were deleted or changed by mistake and everything else is as it should be. **Do not use
 * it** when most of the database is wrong, or a table is gone: [restore the database](/runbooks/restore/). Rows of
 * several tables that belong together are brought back one table at a time, the table that others refer to first.
 *
 * **Impact.** None for users until “Put them into the table”; that step writes the rows in one transaction, with
 * the table's own triggers and constraints. The database is restored into a scratch volume beside the live one,
 * which needs room for a second copy of it, and some of the machine.
 *
 * **Before you start.** Choose the moment: the last one at which the rows were right. Choose the condition so that
 * it finds these rows and no others, and leave them beside first if you are not sure: then look at them with
 * `docker compose exec -T toolbox psql`, and play the runbook again.
 *
 * **It worked** when the step “Put them into the table” tells as many rows as you miss. **If not**, go back: what
 * was inserted is removed and what was set back is as it was before, but for rows that users have changed since. A
 * row that another table must have first is refused with the name of the constraint, and then none is put.
 */
const { TABLE, CONDITION, MOMENT, PUT } = runbook({
  category: 'Data',
  destructive: true,
  objective: { rto: '30m', rpo: '15m' },
  params: {
    TABLE: text('The table, perhaps with its schema: books or public.books.'),
    CONDITION: text("Which rows, as an SQL condition: author = 'Anonymous'. Empty: all of them.", ''),
    MOMENT: moment('The rows as they were at this moment.'),
    PUT: choice(
      'Leave the rows beside the live table, insert the missing ones, or also set back the changed ones.',
      ['beside', 'missing', 'changed'],
      'beside',
    ),
  },
})

/**
 * Refuses a moment that the repository cannot serve, and names what it can. What it prints is the timeline that
 * leads to the moment. Nothing has been changed yet.
 */
const TIMELINE = await step('Find the way to the moment', async () =>
  (await $`docker compose exec -T db recovery-window ${MOMENT}`).text(),
)

/** In the one form that both PostgreSQL and pgBackRest read. */
const TARGET = await step('Write the moment in UTC', async () =>
  (await $`docker compose exec -T db moment-in-utc ${MOMENT}`).text(),
)

/** The moment may be so recent that its log has not left the server yet. */
await step('Archive the last changes', () => $`docker compose exec -T db archive-now`)

/** Into the scratch volume, with the key that can only read the repository. */
await step(
  'Restore the files beside',
  async () => {
    await $`docker compose exec -T db prepare-scratch`
    await $`docker compose run --rm --no-deps -T db-tools alone-in-scratch pgbackrest restore --pg1-path=/var/lib/scratch/cluster --type=time --target=${TARGET} --target-timeline=${TIMELINE}`
  },
  { undo: () => $`docker compose exec -T db remove-scratch` },
)

/** Recovers the copy up to the moment, with archiving off, and reads the rows from it. */
await step(
  'Read the rows as they were',
  () => $`docker compose run --rm --no-deps -T db-tools rows-at ${TABLE} ${CONDITION}`,
)

/** Into a new schema of the live database; what is printed is its name. The live table is not touched. */
const ROWS = await step(
  'Load them beside the table',
  async () => (await $`docker compose exec -T db load-rows`).text(),
  { undo: () => $`docker compose exec -T db load-rows --drop ${ROWS}` },
)

/** All or none. The schema keeps what was there before, so that this can be undone later, too. */
await step(
  'Put them into the table',
  async () => {
    if (PUT === 'beside') {
      await $`printf 'The rows are in the schema %s. The table is as it was.\\n' ${ROWS}`
    } else {
      await $`docker compose exec -T db put-rows ${PUT} ${ROWS}`
    }
  },
  { undo: () => $`docker compose exec -T db put-rows --back ${ROWS}` },
)

/** A row that is back may name a file that is gone. */
await step('Compare rows and files', () => $`docker compose run --rm --no-deps -T app reconcile`)

/** The copy and what was read from it. The schema in the live database stays until somebody drops it. */
await step('Remove the copy', () => $`docker compose exec -T db remove-scratch`)
