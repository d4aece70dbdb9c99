import { $, integer, ok, retry, runbook, step } from '#runbook'

/**
 * Make room on a full disk
 *
 * Finds what takes the room on the volume of the database, removes what is there a second time, and brings the
 * database up again. What has been acknowledged is not lost: a full disk stops PostgreSQL, it does not damage it.
 *
 * **Use it** when the database stops or refuses rows with “No space left on device”, or better, before it comes to that.
 * **It cannot help** when all that lies there is needed: then it removes nothing, says what stays and why, and the
 * volume must be enlarged. **Never** delete anything in `pg_wal` by hand: that is how a full disk becomes a lost database.
 *
 * **Impact.** None for users while the database answers: it is told to remove its log itself. If it does not come up, it is
 * stopped while room is made.
 * What goes, in this order and no more of it than is needed: unfinished restores; write-ahead log, after the repository
 * has taken it byte for byte; clusters that earlier restores have kept, if a full backup is newer. After the last of
 * these there is no way back but the backups.
 *
 * **Before you start.** Where volumes share one disk with everything else, and not a byte of it is free, nothing can
 * be started there: first free some megabytes outside of the stack, such as unused images or the journal of the
 * system. Do not stop the store: what is to be removed is compared with it.
 *
 * **It worked** when “See that it takes writes” and “See that the log is archived” succeed. **If not**, the step that
 * stopped says what it left and why. If the archive does not take the log, that is what filled the disk: mend it, then
 * play this again.
 */
const { ROOM } = runbook({
  category: 'Disaster recovery',
  destructive: true,
  objective: { rto: '30m', rpo: '15m' },
  params: {
    ROOM: integer('How many percent of the volume are to be free in the end, from 1 to 90.', '10'),
  },
})

/** Needs no database that runs. Nothing is changed yet. */
await step(
  'See what takes the room',
  () => $`docker compose run --rm --no-deps -T db-tools relieve-disk --report`,
)

/** It would be started again and again meanwhile. One that answers goes on serving. */
await step(
  'Stop a database that does not come up',
  async () => {
    if (!(await ok($`docker compose exec -T db pg_isready -q`))) {
      await $`docker compose stop db`
    }
  },
  { undo: () => $`docker compose up -d --no-deps --no-recreate db` },
)

/** Only what is there a second time. What stays is named with the reason. */
await step('Make room', () => $`docker compose run --rm --no-deps -T db-tools relieve-disk ${ROOM}`)

/** After a crash it first replays its log. `pg_isready` is green before that has ended. */
await step('Start the database', async () => {
  await $`docker compose up -d --no-deps --no-recreate db`
  await retry(600, '0.5s', () => $`docker compose exec -T db recovery-ended`)
})

/** A row, and a checkpoint: that writes everything there is, and removes log that is archived. */
await step('See that it takes writes', async () => {
  await $`docker compose exec -T toolbox psql -qv ON_ERROR_STOP=1 -c 'update operations.heartbeat set at = clock_timestamp()'`
  await $`docker compose exec -T toolbox psql -qv ON_ERROR_STOP=1 -c checkpoint`
})

/** Users are served again when this step has ended. */
await step('See that the application answers', () =>
  retry(120, '0.5s', () => $`docker compose exec -T toolbox curl -fsS -o /dev/null http://app:3000/readyz`),
)

/** Log that nobody takes would fill the disk again. */
await step('See that the log is archived', () => $`docker compose exec -T db archive-now 600`)

await step(
  'See what takes the room now',
  () => $`docker compose run --rm --no-deps -T db-tools relieve-disk --report`,
)
