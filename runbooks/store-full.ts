import { $, integer, runbook, step } from '#runbook'

/**
 * Make room in the store
 *
 * Finds what takes the room in the object store, and removes what nobody sees any more: former versions of what was
 * deleted or overwritten, and uploads that did not end. The oldest go first, and no more of them than is needed.
 *
 * **Use it** when uploads fail or the archive stops with “QuotaExceeded”, or better, when the alert says that the store is
 * nearly full. **It cannot help** when what is there is all needed, or locked: then it says so, and the store must
 * be made larger. **Nor** when the store is somebody else’s (`ASSETS_ENDPOINT`, `BACKUPS_ENDPOINT`).
 *
 * **Impact.** None for users: every file stays as it is, every backup too. What goes is the way back: a file that was
 * deleted or overwritten before the moment that “Make room” tells can be [brought back](/runbooks/recover-objects/)
 * no more, unless the second store has its copy. There is no undo. With `KEEP_HOURS=0` uploads under way end, too.
 *
 * **Before you start.** Ask whether something was deleted by mistake, and bring it back first. If the store does not answer
 * at all, [start it](/runbooks/store-down/). While it is full, the write-ahead log stays on the database’s own disk.
 *
 * **It worked** when “See that the log is archived” succeeds. **If not**, see what takes the room: a smaller `KEEP_HOURS`
 * lets more go, a smaller `ROOM` asks for less.
 */
const { ROOM, KEEP_HOURS } = runbook({
  category: 'Disaster recovery',
  destructive: true,
  objective: { rto: '30m', rpo: '15m' },
  params: {
    ROOM: integer('How many percent of the quota are to be free in the end, from 1 to 90.', '30'),
    KEEP_HOURS: integer('What was deleted or overwritten in so many hours stays.', '168'),
  },
})

/** And how much would go, by `KEEP_HOURS`. Nothing is changed yet. */
await step('See what takes the room', () => $`docker compose exec -T store store-room --report`)

/** Uploads work again when this step has ended. */
await step('Make room', () => $`docker compose exec -T store store-room ${ROOM} ${KEEP_HOURS}`)

/** What the database kept back while the store took nothing. */
await step('See that the log is archived', () => $`docker compose exec -T db archive-now 600`)

/** Rows without their file, and files without their row. */
await step('Compare rows and files', () => $`docker compose run --rm --no-deps -T app reconcile`)

await step('See what takes the room now', () => $`docker compose exec -T store store-room --report`)
