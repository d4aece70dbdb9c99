import { $, choice, runbook, step } from '#runbook'

/**
 * Turn maintenance mode on or off
 *
 * Shows users the maintenance page instead of the application, or the application again.
 *
 * **Use it** before something that users must not see or write into: a move, a change by hand, an incident that is not
 * understood yet. **You need not** for [a restore](/runbooks/restore/): it stops the application itself, and users get the
 * same page. Nor for backups or [maintenance of the database](/runbooks/maintenance/), which disturb nobody.
 *
 * **Impact.** On: every page and every request of users is answered with 503, `Retry-After` and the maintenance page, which
 * nobody may keep. Search engines and clients come again. Whoever is signed in stays so. `/livez`, `/readyz` and `/version`
 * are answered as always, and so is everything inside the stack: operators, backups, the scheduler. It lasts until it is
 * turned off, over restarts of the proxy, the application or the host, and needs no application that runs.
 *
 * **Before you start.** On: tell people for how long. Off: nothing; it stops, and users keep the page, if the application
 * is not ready.
 *
 * **It worked** when the last step says what users get. **If not**, go back: users get what they had before.
 */
const { STATE } = runbook({
  category: 'Operations',
  destructive: true,
  params: {
    STATE: choice('Show the maintenance page (on), or the application again (off).', ['on', 'off']),
  },
})

/** Users must not get errors in place of the page. Not asked when it is turned on: the page needs no application. */
await step('See whether users could be served', async () => {
  if (STATE === 'off') {
    await $`docker compose exec -T toolbox application-ready`
  }
})

/** The address by which users know the proxy, so that it can be asked as they do. */
const SITE = await step('Read the address', async () =>
  (await $`docker compose exec -T proxy printenv SITE_ADDRESS`).text(),
)

/** A file in the proxy’s volume; the next request finds it there, or not any more. */
await step(
  'Turn it on or off',
  async () => {
    if (STATE === 'on') {
      await $`docker compose exec -T proxy touch /var/lib/caddy/maintenance`
    } else {
      await $`docker compose exec -T proxy rm -f /var/lib/caddy/maintenance`
    }
  },
  {
    undo: async () => {
      if (STATE === 'on') {
        await $`docker compose exec -T proxy rm -f /var/lib/caddy/maintenance`
      } else {
        await $`docker compose exec -T proxy touch /var/lib/caddy/maintenance`
      }
    },
  },
)

/** Who had asked before gets an answer. After this step no user writes any more. */
await step('Wait for what is under way', async () => {
  if (STATE === 'on') {
    await $`docker compose exec -T toolbox requests-ended 60`
  }
})

/** From outside of the proxy, as they do. */
await step('See what users get', () => $`docker compose exec -T toolbox maintenance-shown ${STATE} ${SITE}`)
