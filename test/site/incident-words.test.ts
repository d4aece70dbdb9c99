/** The page on incidents shows the words that the programs use. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { messages, severities } from '../../docs/recovery/incident-words.ts'

const words = readFileSync(join(import.meta.dirname, '../../stack/images/toolbox/bin/incident-words'), 'utf8')

test('every severity, with who is told how often', () => {
  expect(severities(words).map(({ name, told }) => `${name} ${told}`)).toEqual([
    'P0 lead, owner, users: every 30 minutes',
    'P1 lead, users: every 2 hours',
    'P2 the team: when it is over',
    'P3 whoever reported it: when it is over',
  ])
})

test('the message of every state', () => {
  expect(messages(words).map(({ name }) => name)).toEqual(['Investigating.', 'Identified.', 'Resolved.'])
  expect(messages(words)[0]?.text).toBe(
    'Since [since]: [what] [message] We are looking for the cause. We write again at [next].',
  )
})

test('words that are missing fail the build', () => {
  expect(() => severities('')).toThrow('incident-words has no MATRIX.')
})
