import { $, choice, runbook, step, text } from '#runbook'

/**
 * Migrate the schema
 *
 * Applies what a version of the application wants changed in the database: first in a way that the version before can
 * live with, and, when that one is gone, the rest.
 *
 * **Use it** with `expand` before a new version, to see what it changes; with `contract` when no version that needs the
 * old columns is served or kept any more; with `undo` when the newest migration was a mistake and says how it is taken
 * back. **You need not** to start a version: `docker compose up` expands by itself.
 *
 * **Impact.** None that users see: a migration that waits for a lock gives up after a second, lets the others pass,
 * and tries again for a minute. One that rewrites a large table holds its lock as long as that takes: see the statements.
 * What `contract` and `undo` take away is gone.
 *
 * **Before you start.** Let the environment name the image whose migrations you mean (`APP_IMAGE` in its file), and read
 * the statements that the first step shows. For `contract` and `undo` production wants a second person who has read
 * them, too.
 *
 * **It worked** when the last step lists the migration. **If not**, nothing of it was done: each is a transaction of its
 * own. To have rows back that were taken away, [restore](/runbooks/restore/) to the moment that “Note the moment before”
 * has told, or [bring them back](/runbooks/restore-rows/) beside.
 */
const { WHAT, AGREED_BY } = runbook({
  category: 'Deployment',
  destructive: true,
  params: {
    WHAT: choice(
      'Add what is new; also take away what is not needed any more; or take the newest back.',
      ['expand', 'contract', 'undo'],
      'expand',
    ),
    AGREED_BY: text('Who, besides you, has read the statements and agrees.', ''),
  },
})

/**
 * Shows the statements, tries them on a copy of the schema, and shows what becomes different. The copy has no rows: this
 * tells whether they fit, and not how long they take.
 */
await step(
  'Rehearse the statements',
  () =>
    $`docker compose run --rm --no-deps -T migrate migrate ${WHAT} --sql | docker compose run --rm --no-deps -T db-tools rehearse-migration`,
)

/** Production wants two people for what takes something away. */
await step(
  'See who agrees',
  () => $`docker compose exec -T toolbox second-person-agrees ${WHAT} ${AGREED_BY}`,
)

/** Where a restore goes back to. */
await step('Note the moment before', async () => {
  await $`docker compose exec -T toolbox psql -XAtqc 'select now()'`
  await $`docker compose exec -T db archive-now`
})

/** Each in a transaction of its own, and one person at a time. */
await step('Migrate', () => $`docker compose run --rm --no-deps -T migrate migrate ${WHAT}`)

await step(
  'See what has run',
  () =>
    $`docker compose exec -T toolbox psql -XAtqc 'select run_on, name from migrations order by id desc limit 5'`,
)
