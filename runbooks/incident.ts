import { $, choice, moment, runbook, step, text } from '#runbook'

/**
 * Keep users and colleagues told of an incident
 *
 * Opens an incident, goes on with it, and closes it. Each time it writes down what is said, tells those whom [the table of
 * severities](/recovery/incidents/) names, and says when the next message is due. When it is over, it drafts the post-mortem
 * from the journals.
 *
 * **Use it** as soon as users notice something, before the first repair; then at every due message, and when the cause is
 * known. **You need not** for what hinders nobody.
 *
 * **Impact.** None on the system. Messages go out, and cannot be taken back.
 *
 * **Before you start.** Put the channels into the environment’s file ([how](/running/notifications/#incidents)). Whom no channel
 * reaches, the runbook names, with the text, for a person to tell. While another runbook is played, its lock is held; then
 * say it without one, and in words of the same order:
 *
 * ```sh
 * docker compose exec -T -e WHO=ada toolbox incident-log identified same '' '' 'The cause is …. We are restoring ….'
 * env | sed -n '/^NOTIFY_/p' | docker compose exec -T toolbox incident-notify
 * ```
 *
 * **It worked** when the second step names everybody as told. **If not**, what was said is kept: resume tries those again who
 * were not told, and nobody is told twice.
 */
const { STATE, SEVERITY, WHAT, SINCE, MESSAGE } = runbook({
  category: 'Operations',
  destructive: false,
  params: {
    STATE: choice('What is known of it: nothing yet, the cause, or that it is over.', [
      'investigating',
      'identified',
      'resolved',
    ]),
    SEVERITY: choice('How bad it is; the worse one when in doubt.', ['P0', 'P1', 'P2', 'P3', 'same'], 'same'),
    WHAT: text('What users notice, in their words: Nobody can sign in. Empty: as before.', ''),
    SINCE: moment('Since when. Empty: as before; at first: since now.', ''),
    MESSAGE: text(
      'What else to say. Once the cause is known: the cause, what is being done, what may be missing. At the end: what is lost, or that nothing is.',
      '',
    ),
  },
})

/** On the system’s own engine, beside the journals. A severity that is none, or an end without a beginning, is refused. */
await step(
  'Write it down',
  () => $`docker compose exec -T toolbox incident-log ${STATE} ${SEVERITY} ${WHAT} ${SINCE} ${MESSAGE}`,
)

/** Addresses go from the environment’s file through the standard input, and are kept nowhere. */
await step(
  'Tell whoever has to be told',
  () => $`env | sed -n '/^NOTIFY_/p' | docker compose exec -T toolbox incident-notify`,
)

/** To read it later: `docker compose exec -T toolbox incident-draft > post-mortem.md` */
await step('Draft the post-mortem', async () => {
  if (STATE === 'resolved') {
    await $`docker compose exec -T toolbox incident-draft`
  }
})
