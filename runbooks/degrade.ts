import { $, choice, runbook, step } from '#runbook'

/**
 * Go without a third party
 *
 * Switches off a feature that needs somebody else’s service, so that users are told in plain words and everything else
 * serves; or switches it on again.
 *
 * **Use it** when a third party is down, slow or wrong for longer than a few minutes; when it must not be asked for another
 * reason: it costs too much, it has been broken into, it announces work; and when it is well again. **You need not** for a
 * short outage: the application waits 0.8 s at most, after three failures it stops asking, and asks again every ten seconds.
 * **It is not** for [the store](/runbooks/store-down/), [the cache](/runbooks/cache-lost/) or the database: those are ours,
 * and users cannot go without.
 *
 * **Impact.** Off: in place of a book’s description users read “Descriptions are not available at the moment.” Signing in,
 * reading, saving and covers serve as always, and nothing is restarted. The application stays ready; `/readyz` names what is
 * `degraded`, and the metric `app_feature_degraded` is 1. Nothing is lost: descriptions are not kept here.
 *
 * **Before you start.** Off: tell people on the status page. On: nothing; it stops, and the feature stays off, if the third
 * party does not answer five times in a row.
 *
 * **It worked** when the last step says what users get. **If not**, go back: the feature is as it was. It lasts until it is
 * switched again, over restarts of everything; if the cache begins empty, the feature is on.
 */
const { FEATURE, STATE } = runbook({
  category: 'Operations',
  destructive: true,
  objective: { rto: '15m' },
  params: {
    FEATURE: choice('What users are to go without, or get again.', ['descriptions'], 'descriptions'),
    STATE: choice('Go without it (off), or have it again (on).', ['off', 'on']),
  },
})

/** From where the application asks it, and as patiently. Stops, with the feature still off, if it is to be had again too early. */
await step('Ask the third party', async () => {
  if (STATE === 'on') {
    await $`docker compose exec -T toolbox third-party must-answer ${FEATURE}`
  } else {
    await $`docker compose exec -T toolbox third-party look ${FEATURE}`
  }
})

/** The address by which users know the proxy, so that it can be asked as they do. */
const SITE = await step('Read the address', async () =>
  (await $`docker compose exec -T proxy printenv SITE_ADDRESS`).text(),
)

/** A key in the cache, which the application reads once a second. */
await step('Switch the feature', () => $`docker compose exec -T toolbox feature-switch ${STATE} ${FEATURE}`, {
  undo: async () => {
    if (STATE === 'on') {
      await $`docker compose exec -T toolbox feature-switch off ${FEATURE}`
    } else {
      await $`docker compose exec -T toolbox feature-switch on ${FEATURE}`
    }
  },
})

await step(
  'Wait for the application',
  () => $`docker compose exec -T toolbox feature-switch noticed ${STATE} ${FEATURE}`,
)

/** From outside of the proxy, as they do: reading, signing in, saving, and the feature. */
await step(
  'See what users get',
  () => $`docker compose exec -T toolbox feature-switch shown ${STATE} ${FEATURE} ${SITE}`,
)
