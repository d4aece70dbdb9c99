import { $, runbook, step } from '#runbook'

/**
 * Renew the certificate
 *
 * Gets another certificate for the site from the authority that `ACME_DIRECTORY` names, tests it, and has the proxy
 * serve it, without refusing a single connection.
 *
 * **Use it** when the certificate has expired or soon will, when there is none, or when its key may be in wrong hands.
 * **You need not** renew by hand otherwise: the proxy does that itself, in the last third of the certificate’s life. But
 * after some failures it tries again only hours later, so play this when you have removed the cause.
 *
 * **Impact.** None: the former certificate is served until the new one has stood every test. Public authorities limit how
 * often a name gets one (a few in a week), so do not play it again and again.
 *
 * **Before you start.** The authority asks this server back: the site’s name must lead here, and port 80 or 443 must be
 * reachable from outside. The server’s clock must be right.
 *
 * **It worked** when “Compare what is served” names a new end. Then look with a browser. **If not**, nothing has changed:
 * the step that stopped says what the authority answered, which is a name that leads elsewhere, a closed port, a limit
 * that is used up, or an authority that is down. Then set `ACME_DIRECTORY` to another one, and start the proxy again.
 */
runbook({
  category: 'Disaster recovery',
  destructive: false,
  objective: { rto: '30m' },
})

/** Who issued it, for which names, and until when: as the proxy serves it. */
await step('Look at the certificate', () => $`docker compose exec -T toolbox served-certificate`)

const SERIAL = await step('Note its serial number', async () =>
  (await $`docker compose exec -T toolbox served-certificate --serial`).text(),
)

/** Laid ready beside the one that is served, once names, dates, key and authority have been verified. */
await step('Get another certificate', () => $`docker compose exec -T proxy proxy-renew --obtain`)

/** A second Caddy serves for the moment in which the first reads the new certificate. */
await step('Put it in place', () => $`docker compose exec -T proxy proxy-renew --install`)

/** Asked at the proxy, over the network: another serial number, valid now, and for the site’s name. */
await step(
  'Compare what is served',
  () => $`docker compose exec -T toolbox served-certificate --renewed ${SERIAL}`,
)
