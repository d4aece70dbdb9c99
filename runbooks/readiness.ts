import { $, choice, runbook, step, text } from '#runbook'

/**
 * Check the readiness
 *
 * Answers every item of a checklist against an environment: before, during and after a deployment, or for production as
 * a whole. Each answer is **yes**, **no**, or **a person**, where a command cannot see it; then it says how to look.
 *
 * **Use it** before and after every deployment, before an environment goes into production, and once a quarter. **It is
 * not** monitoring: it says how things are in this minute.
 *
 * **Impact.** None. It reads, and asks a few pages as a user would.
 *
 * **In a sandbox** and in a development environment, what only production needs – a second repository, a certificate of
 * a public authority – is answered, too, but does not count. Which kind an environment is, it knows itself.
 *
 * **What was looked at by a person** is named in `CONFIRMED`, and an answer of no that is known and borne for now in
 * `ACCEPTED`; both are shown as what they are. To keep them, write `PARAM_ACCEPTED='…'` into the environment’s file.
 *
 * **It worked** when the report ends without a no. **If not**, it names what to do for each; then play it again.
 */
const { CHECKLIST, FORMAT, CONFIRMED, ACCEPTED } = runbook({
  category: 'Operations',
  destructive: false,
  params: {
    CHECKLIST: choice(
      'Which checklist.',
      ['all', 'pre-deploy', 'deploy', 'post-deploy', 'production'],
      'production',
    ),
    FORMAT: choice('For people, or for programs.', ['table', 'json'], 'table'),
    CONFIRMED: text('Items that a person has looked at and found to be so: firewall ssh-keys.', ''),
    ACCEPTED: text('Items whose no is known and accepted for now: second-store.', ''),
  },
})

/** The toolbox cannot ask the engine. So it is told how the stack is described, and what runs. */
await step('Tell the toolbox what runs', async () => {
  await $`docker compose config --format json | docker compose exec -T toolbox readiness-facts config`
  await $`docker compose ps --all --format json | docker compose exec -T toolbox readiness-facts containers`
  await $`docker compose images --format json | docker compose exec -T toolbox readiness-facts images`
})

/** Only names and times. No value is read. */
await step(
  'Tell it how old the secrets are',
  () =>
    $`docker compose run --rm --no-deps -T secrets secret-ages | docker compose exec -T toolbox readiness-facts secrets`,
)

/** Stops if any answer is no that is asked here and was not accepted. */
await step(
  'Answer the checklist',
  () => $`docker compose exec -T toolbox readiness-report ${CHECKLIST} ${FORMAT} ${CONFIRMED} ${ACCEPTED}`,
)
