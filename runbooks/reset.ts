import { $, include, integer, retry, runbook, step } from '#runbook'

/**
 * Reset an environment
 *
 * Throws away the data of a sandbox or a development environment and starts again with fresh demo data: rows, files with
 * all their versions, sessions. The stack itself is not built again, so that it takes seconds.
 *
 * **Use it** when an environment for trying things out is in a state that nobody understands. **Do not use it** to
 * repair: nothing is brought back. Refused in production and staging, by what the system itself remembers: the volume
 * `state`, the container and the database must all say that they are of another kind.
 *
 * **Impact.** Users see the maintenance page from “Stop the application” until “Start the application”, and must sign in
 * again. Rows can still be had from the backups, by [a restore](/runbooks/restore/) to a moment before; files cannot.
 * What is not the application’s stays: backups, roles, secrets, other schemas.
 *
 * **It worked** when the application answers and the new backup is listed. **If not**, resume it, or play it again: each
 * step does what an earlier try has left.
 */
const { BOOKS } = runbook({
  category: 'Data',
  destructive: true,
  params: { BOOKS: integer('How many books the demo data has: 0 to 9999999.', '200') },
})

/** Nothing has been changed yet. */
await step('See that it may be thrown away', () => $`docker compose exec -T toolbox refuse-unless-disposable`)

await step('Stop the application', () => $`docker compose stop app`, {
  undo: () => $`docker compose up -d --no-deps --no-recreate app`,
})

/** From here on there is no way back. Also drops what restores have left beside the tables. */
await step('Throw away the rows', () => $`docker compose exec -T toolbox reset-data rows`)

/** Every version, so that nothing of before can be brought back, either. */
await step('Throw away the files', () => $`docker compose exec -T toolbox reset-data files`)

/** Everybody is signed out. */
await step('Throw away the sessions', () => $`docker compose exec -T toolbox reset-data sessions`)

await step('Create the tables', () => $`docker compose run --rm --no-deps -T migrate`)

await step('Put in the demo data', () => $`docker compose run --rm --no-deps -T app seed --books ${BOOKS}`)

/** Users are served again when this step has ended. */
await step('Start the application', async () => {
  await $`docker compose up -d --no-deps --no-recreate app`
  await retry(
    120,
    '0.5s',
    () => $`docker compose exec -T toolbox curl -fsS -o /dev/null http://app:3000/readyz`,
  )
})

await step('Compare rows and files', () => $`docker compose run --rm --no-deps -T app reconcile`)

/** From here on it can be restored as it is now. */
await include('backup', { TYPE: 'full' })
