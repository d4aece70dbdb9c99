import { expect, test } from 'vitest'
import { consent } from '../../src/run/consent.ts'

const production = { name: 'production', disposable: false }
const sandbox = { name: 'sandbox', disposable: true }

// destructive, environment, --yes, terminal → what is needed
test.each([
  [true, sandbox, false, false, 'given'],
  [true, sandbox, false, true, 'given'],
  [true, sandbox, 'production', true, 'refused'],
  [true, production, false, false, 'refused'],
  [true, production, true, false, 'refused'],
  [true, production, 'production', false, 'given'],
  [true, production, 'staging', false, 'refused'],
  [true, production, '', false, 'refused'],
  [true, production, false, true, 'type'],
  [true, production, true, true, 'type'],
  [true, production, 'production', true, 'given'],
  [true, production, 'staging', true, 'refused'],
  [false, production, false, false, 'given'],
  [false, production, false, true, 'ask'],
  [false, production, true, true, 'given'],
  [false, production, 'production', true, 'given'],
  [false, production, 'staging', true, 'refused'],
] as const)(
  'destructive %j, %j, --yes %j, terminal %j: %s',
  (destructive, environment, yes, interactive, kind) => {
    expect(consent({ destructive, environment, yes, interactive }).kind).toBe(kind)
  },
)

test('a refusal says what would do', () => {
  expect(consent({ destructive: true, environment: production, yes: true, interactive: false })).toEqual({
    kind: 'refused',
    reason:
      'This can destroy data on production, and there is no terminal to ask on; --yes alone does not cover it.',
    hint: '--yes=production',
  })
})
