import { expect, test } from 'vitest'
import { plays } from '../../src/drill/plan.ts'
import { crashSeedOf, sample, seedOf } from '../../src/drill/sample.ts'
import type { Drill, System } from '../../src/drill/types.ts'

const drill: Drill = {
  runbook: 'try',
  system: {} as System<object>,
  scenarios: [
    { scenario: 'one', sample: 'always', async disaster() {} },
    { scenario: 'two', async disaster() {} },
    { scenario: 'three', async disaster() {} },
    { scenario: 'four', sample: 'never', async disaster() {} },
  ],
  twins: ['a', 'b', 'c'].map((twin) => ({ twin, async break() {}, message: /./ })),
  survivors: [],
}
const seeds = Array.from({ length: 200 }, (_, index) => `seed ${index}`)
const name = ({ scenario, rendition }: { scenario: { scenario: string }; rendition: string }) =>
  `${scenario.scenario} ${rendition}`

test('what is always in it is so in every rendition; one play and one twin more are drawn', () => {
  for (const seed of seeds) {
    const { requests, twins } = sample(drill, seed)
    const names = requests.map(name)
    expect(names.slice(0, 3)).toEqual(['one script', 'one bash', 'one zsh'])
    expect(names).toHaveLength(4)
    expect(new Set(names).size).toBe(4)
    expect(twins).toHaveLength(1)
  }
})

test('the same seed gives the same sample, and the seeds together give all but what is never in it', () => {
  const all = seeds.map((seed) => sample(drill, seed))
  expect(seeds.map((seed) => sample(drill, seed))).toEqual(all)
  expect(new Set(all.flatMap(({ requests }) => requests.map(name)))).toEqual(
    new Set(plays({ ...drill, scenarios: drill.scenarios.slice(0, 3) }).map(name)),
  )
  expect(new Set(all.flatMap(({ twins }) => twins.map(({ twin }) => twin)))).toEqual(new Set(['a', 'b', 'c']))
})

test('everything, when asked for', () => {
  const { requests, twins } = sample(drill, seedOf('.', { DRILL_SAMPLE: 'all' }))
  expect([requests.length, twins.length]).toEqual([12, 3])
})

test('a drill with one marked scenario and no twin has nothing to draw', () => {
  const { requests, twins } = sample({ ...drill, scenarios: drill.scenarios.slice(0, 1), twins: [] }, 'x')
  expect([requests.length, twins.length]).toEqual([3, 0])
})

test('the seed is the one that was given, else the commit', () => {
  expect(seedOf('.', { DRILL_SEED: 'again' })).toBe('again')
  expect(seedOf('.', {})).toMatch(/^[0-9a-f]{12}$/)
  expect(seedOf('/', {})).toBe('none')
})

test('the seed of the crashes is a number that the crash matrix takes, and the commit’s own', () => {
  expect(crashSeedOf('.', {})).toMatch(/^\d{1,9}$/)
  expect(crashSeedOf('.', {})).toBe(crashSeedOf('.', {}))
  expect(crashSeedOf('.', { CRASH_SEED: '5' })).toBe('5')
})
