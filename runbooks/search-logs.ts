import { $, choice, integer, moment, runbook, step, text } from '#runbook'

/**
 * Search the logs
 *
 * Shows what the services have said: by time, service, level, text, or the id of one request. Kept are thirty days.
 *
 * **Use it** when an alert says that errors are logged, when users report a fault, or for a question about last week. **For the
 * last minutes of one container** `docker compose logs` is quicker, and needs no monitoring.
 *
 * **The id of a request** is in its answer, as `X-Request-Id`. With it you get what the proxy said, what the application did,
 * and the statements that the database complained of.
 *
 * **Impact.** None. It reads. Lines may name people’s addresses, and what is shown is kept in the journal of the run.
 *
 * **Before you start.** The profile `monitoring` must be on. Choose a short time first: a day of a busy site is millions of lines.
 *
 * **It worked** when the last step shows lines, or says that nothing matches. **If not**, the first step says whether anything
 * is kept; `docker compose ps --all logs log-exporter` says whether it is being collected.
 */
const { MINUTES, BEFORE, SERVICE, LEVEL, REQUEST, TEXT, NEWEST } = runbook({
  category: 'Operations',
  destructive: false,
  params: {
    MINUTES: integer('How many minutes of logs.', '60'),
    BEFORE: moment('The end of these minutes. Empty: now.', ''),
    SERVICE: text('Only of this service: app, proxy, db. Empty: of all.', ''),
    LEVEL: choice('Only what is as bad as this, or worse.', ['any', 'warning', 'error'], 'any'),
    REQUEST: text('Only of the request with this id.', ''),
    TEXT: text('Only lines with this text in them.', ''),
    NEWEST: integer('How many lines to show: the newest.', '100'),
  },
})

/** From when on, and of whom. Warns when nothing has come for a quarter of an hour. */
await step('See what is kept', () => $`docker compose exec -T log-exporter logs-kept`)

/** Of each service and level. A service with many errors is where to look. */
await step(
  'Count the lines',
  () =>
    $`docker compose exec -T log-exporter logs-search --count ${MINUTES} ${BEFORE} ${SERVICE} ${LEVEL} ${REQUEST} ${TEXT} ${NEWEST}`,
)

/** Oldest first. What else a line says stands behind it, as JSON. */
await step(
  'Show the newest lines',
  () =>
    $`docker compose exec -T log-exporter logs-search ${MINUTES} ${BEFORE} ${SERVICE} ${LEVEL} ${REQUEST} ${TEXT} ${NEWEST}`,
)
