/** Disasters that no runbook helps against yet, under the name that their runbook will have. */
export const open = [
  {
    what: 'The region is lost',
    runbook: 'fail-over',
    meanwhile: 'As the server is lost, in another region: “Rebuild the system on an empty machine”.',
  },
]

/** Objectives of the plan that no drill measures. */
export const unmeasured = [
  {
    what: 'Uploaded files, when the store is lost',
    objective: 'At most lost 1 h',
    why: 'A copy is made every hour. The drill holds that all of it comes back, and not the hour.',
  },
  {
    what: 'Sessions',
    objective: 'At most lost 5 min',
    why: '“Bring the cache back” damages its files and keeps what stands before the damage, but does not time it.',
  },
]
