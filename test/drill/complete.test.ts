import { expect, test } from 'vitest'
import { complete, left } from '../../src/drill/complete.ts'
import { plays } from '../../src/drill/plan.ts'
import type { Drill, System } from '../../src/drill/types.ts'
import type { Evidence } from '../../src/evidence/schema.ts'

const drill: Drill = {
  runbook: 'try',
  system: {} as System<object>,
  scenarios: [{ scenario: 'one', async disaster() {} }],
  twins: ['a', 'b'].map((twin) => ({ twin, async break() {}, message: /./ })),
  survivors: [],
}
const play = (rendition: 'script' | 'bash' | 'zsh', result: 'passed' | 'failed', rto = 1) => ({
  ...{ scenario: 'one', rendition, result, rto, rpo: null, discarded: null },
  ...{ rows: null, objects: null, databaseBytes: null, steps: [] },
})
const twin = (scenario: string, result: 'passed' | 'failed') => ({ scenario, result, message: 'no' })
const evidence = (parts: Partial<Evidence>): Evidence => ({
  ...{ schema: 1, runbook: 'try', fingerprint: 'f', result: 'failed', commit: null, finished: '', seal: '' },
  ...{ machine: { cpus: 2, memoryBytes: 1, platform: 'linux' }, versions: {}, images: {} },
  ...{ plays: [], twins: [], run: '', journal: '', ...parts },
})
const last = evidence({
  run: 'r1',
  plays: [play('script', 'passed'), play('bash', 'failed')],
  twins: [twin('a', 'passed'), twin('b', 'failed'), twin('gone', 'failed')],
})

test('what failed and what was not played is left, and nothing else', () => {
  const { requests, twins } = left(drill, last)
  expect(requests.map(({ rendition }) => rendition)).toEqual(['bash', 'zsh'])
  expect(twins.map(({ twin }) => twin)).toEqual(['b'])
})

test('what was played since takes its place; what passed before stays as it was measured', () => {
  const fresh = evidence({
    plays: [play('bash', 'passed', 7), play('zsh', 'passed', 8)],
    twins: [twin('b', 'passed')],
  })
  const whole = complete(drill, last, fresh)
  expect(whole.plays.map(({ rendition, rto }) => [rendition, rto])).toEqual([
    ['script', 1],
    ['bash', 7],
    ['zsh', 8],
  ])
  expect(whole.twins.map(({ scenario }) => scenario)).toEqual(['a', 'b'])
  expect([whole.result, whole.run]).toEqual(['passed', 'r1'])
})

const bad: [string, Partial<Evidence>][] = [
  [
    'a play fails again',
    { plays: [play('bash', 'failed'), play('zsh', 'passed')], twins: [twin('b', 'passed')] },
  ],
  ['a play is still missing', { plays: [play('bash', 'passed')], twins: [twin('b', 'passed')] }],
  [
    'a twin fails again',
    { plays: [play('bash', 'passed'), play('zsh', 'passed')], twins: [twin('b', 'failed')] },
  ],
]

test.each(bad)('it is not proven if %s', (_, parts) => {
  expect(complete(drill, last, evidence(parts)).result).toBe('failed')
})

test('of a drill that was proven nothing is left', () => {
  const proven = evidence({
    plays: plays(drill).map(({ rendition }) => play(rendition, 'passed')),
    twins: ['a', 'b'].map((name) => twin(name, 'passed')),
  })
  expect(left(drill, proven)).toEqual({ requests: [], twins: [] })
})
