import { drill, twin } from './stack.ts'

drill('restart', {
  scenario: 'The application has stopped',
  disaster: ({ stack }) => stack.compose(['stop', 'app']),
})

/** A drill must be able to fail: here the application cannot become ready, and the runbook has to say so. */
twin('restart', {
  twin: 'The cache is away',
  break: ({ stack }) => stack.compose(['stop', 'cache']),
  mend: ({ stack }) => stack.compose(['start', 'cache']),
  message: /exit code|attempts/i,
})
