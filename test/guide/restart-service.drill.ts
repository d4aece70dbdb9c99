import { drill, twin } from './stack.ts'

drill('restart-service', {
  scenario: 'The cache has stopped',
  disaster: ({ stack }) => stack.compose(['stop', 'cache']),
  params: () => ({ SERVICE: 'cache' }),
  limits: { rto: 300, rpo: 0 },
})

/** Something else is broken: the runbook must say so, not wait for ever. */
twin('restart-service', {
  twin: 'The store does not answer',
  break: ({ stack }) => stack.compose(['stop', 'store']),
  mend: ({ stack }) => stack.compose(['up', '-d', '--wait', '--no-deps', '--no-recreate', 'store']),
  message: /curl/,
})
