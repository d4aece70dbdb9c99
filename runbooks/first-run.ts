import { $, choice, include, retry, runbook, step, text } from '#runbook'

/**
 * Start a new system
 *
 * From an empty engine and this checkout to a system that users may come to: started, migrated, served over TLS, with a
 * first backup and a first dump that have been restored and compared, and the checklist answered.
 *
 * **Use it** once, for a new environment. **Do not use it** where there was a system before: a lost one must be
 * [restored](/runbooks/restore/), not begun again. A database that finds backups of itself in the repository refuses to
 * begin anew.
 *
 * **Impact.** None: nobody uses it yet. Other environments on the same engine go on; they need other ports.
 *
 * **Before you start.** Write the [environment’s file](/deploy/environments/), build the images on its engine, and start the
 * toolbox alone, which holds the lock and the journal of every run:
 * `docker compose --env-file environments/NAME.env up -d --wait toolbox`. It begins with the secrets, which are made there
 * once. The site’s name must lead to the server, and ports 80 and 443 must be reachable, or no public authority
 * gives a certificate.
 *
 * **It worked** when the checklist ends without a no. What a person has to look at is listed and stops nothing. **If
 * not**, the step that stopped says why; put that right and resume the run: what is done already is not done again. In
 * production, the checklist wants more than one machine has. Write down in `ACCEPTED` what you can live without for now.
 *
 * **Then** [pack the recovery kit](/runbooks/backup-config/), and keep it off the server.
 */
const { CHECKLIST, ACCEPTED } = runbook({
  category: 'Deployment',
  destructive: false,
  params: {
    CHECKLIST: choice(
      'Which checklist is answered at the end.',
      ['all', 'pre-deploy', 'deploy', 'post-deploy', 'production'],
      'production',
    ),
    ACCEPTED: text(
      'Items whose no is known and accepted for now. “backup-proven” counts runs of “Verify a backup”; this run verifies it itself. The recovery kit comes after it.',
      'backup-proven recovery-kit',
    ),
  },
})

/** The database creates its cluster, and its place in the repository. */
await step('Start what keeps data', () => $`docker compose up -d --wait db store cache pooler`)

await step('Create the tables', () => $`docker compose run --rm --no-deps -T migrate`)

/** From here on the application answers. */
await step('Start the application', () => $`docker compose up -d --wait app proxy`)

/** Asked at the proxy, over the network: valid now, and for the site’s name. An authority may take a minute. */
await step('See that it is served over TLS', async () => {
  await retry(90, '1s', () => $`docker compose exec -T toolbox served-certificate --renewed none`)
})

/** The scheduler takes none while this run holds the lock. */
await include('backup', { TYPE: 'full' })

/** It is healthy only where there is a full backup. */
await step('Start the scheduler', () => $`docker compose up -d --wait`)

/** What the scheduler does every week. */
await step('Take the first dump', () => $`docker compose exec -T scheduler export-dump store:backups/dumps`)

/** The first backup and the first dump, restored beside, and every row compared. */
await include('verify-backup')

await include('readiness', { CHECKLIST, ACCEPTED })
