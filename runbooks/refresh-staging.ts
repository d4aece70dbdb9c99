import { $, fail, ok, retry, runbook, step, text } from '#runbook'

/**
 * Refresh staging
 *
 * Gives staging the data of production without the people in it. A dump is loaded beside the live database, in a container
 * without network; every name, address, number and text that people have written is replaced there, and then looked for in
 * what is left. Only if none is found, the result goes to staging.
 *
 * **Use it** on production, when staging’s data no longer resembles what users have: as many rows, as long, as skewed.
 * **Do not use it** to look into a user’s case: nobody is recognisable afterwards.
 *
 * **Impact.** None for production’s users: the dump is one that was taken already, and is only read. Staging loses all that
 * it had, rows, files and sessions; it stops answering for seconds. Covers become drawings. Nobody can sign in there any
 * more, since nobody has a password: `docker compose --env-file environments/staging.env run --rm --no-deps -T app seed
 * --books 0` adds the demo user, whose password is public.
 *
 * **Before you start.** Staging runs on the same engine, as another Compose project. The scratch volume needs room for a
 * second copy of the database. What each column says about people stands in `stack/app/personal-data.tsv`; a column that
 * nobody has declared stops the run. For fresher data, [export the database](/runbooks/export/) first and name that.
 *
 * **It worked** when “Replace staging’s data” says that every row and every file is that of the copy. **If not**, the step
 * that stopped says why. Until that step staging has what it had. What was loaded beside is removed either way.
 */
const { STAGING, DUMP } = runbook({
  category: 'Data',
  destructive: true,
  onFailure: 'undo',
  params: {
    STAGING: text('Staging’s Compose project, on the same engine.', 'staging'),
    DUMP: text('Which logical dump: its address, or a folder for the newest there.', 'store:backups/dumps'),
  },
})

/** By what it remembers of itself: its volume, its container and its database. Nothing has been changed yet. */
await step(
  'See that it may be overwritten',
  () => $`docker compose --project-name ${STAGING} exec -T toolbox refuse-unless-disposable staging`,
)

await step('See that it is another environment', async () => {
  if (
    !(await ok(
      $`docker compose --project-name ${STAGING} exec -T toolbox cat /var/lib/drillbook/environment | docker compose exec -T toolbox grep -vxFf /var/lib/drillbook/environment`,
    ))
  ) {
    fail('The project is this environment itself, not its staging. Nothing was changed.')
  }
})

/** What each column of the application’s tables says about people, and what becomes of it. */
const RULES = await step('Read the rules', async () =>
  (await $`grep -v '^#' stack/app/personal-data.tsv`).text(),
)

/**
 * The dump is decrypted, loaded and compared with its record in a container without network, secrets and live data. The
 * key of the pseudonyms is made there and kept nowhere. Who was in the source is looked for in every column and every file
 * of the result; a find, or a column without a rule, ends it, and nothing is kept.
 */
await step(
  'Anonymise a copy',
  () =>
    $`docker compose exec -T toolbox read-dump ${DUMP} | docker compose run --rm --no-deps -T scratch anonymise-copy ${RULES}`,
  { undo: () => $`docker compose exec -T db remove-scratch` },
)

/** Rows in one transaction, and files before them. From here on there is no way back but staging’s own backups. */
await step(
  'Replace staging’s data',
  () =>
    $`docker compose run --rm --no-deps -T scratch tar --create --file=- --directory=/var/lib/scratch/dump/anonymised . | docker compose --project-name ${STAGING} exec -T toolbox replace-with-copy`,
)

await step('Remove the copy', () => $`docker compose exec -T db remove-scratch`)

/** By its own container, and not by its service: a deployment may run another one beside. */
const APP = await step('Find its application', async () =>
  (
    await $`docker ps --quiet --filter label=com.docker.compose.project=${STAGING} --filter label=com.docker.compose.service=app --filter label=com.docker.compose.oneoff=False | head -n 1`
  ).text(),
)

/** Staging may serve a later version than production, whose columns the copy does not have yet. */
await step('Migrate it', () => $`docker exec ${APP} node /app/app.mjs migrate`)

/** Users of staging are served again. */
await step('See that it serves', async () => {
  await retry(
    60,
    '1s',
    () =>
      $`docker compose --project-name ${STAGING} exec -T toolbox curl -fsS -o /dev/null 'http://app:3000/api/books?limit=1'`,
  )
})
