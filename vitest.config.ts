import { defineConfig } from 'vitest/config'
import { crashSeedOf } from './src/drill/sample.ts'

/**
 * Those that a busy machine would make fail: two hundred requests a second, clocks that go ten times as fast, thousands
 * of requests of which the cache must answer each within 1.5 s while all its users are told new passwords.
 */
const alone = [
  'test/drills/deploy.drill.ts',
  'test/drills/rotate-secrets.drill.ts',
  'test/drills/alerts/alerts.test.ts',
]

/** Those whose stacks are not like the others. After them, so that no stack that is left to the next lies idle beside. */
const ofTheirOwn = [
  'disk-full',
  'downgrade-postgres',
  'first-run',
  'promote',
  'rebuild',
  'refresh-staging',
  'rollback',
  'store-full',
  'upgrade-postgres',
].map((name) => `test/drills/${name}.drill.ts`)

const drills = {
  env: { DRILL_TESTS: 'yes' },
  globalSetup: 'src/drill/vitest-setup.ts',
  testTimeout: 600_000,
  hookTimeout: 300_000,
}

/**
 * One project a kind of test, from the quickest to the slowest, and one after the other: the stacks of two kinds at once
 * would measure each other. Containers are started by `stack`, `drill` and `crash` alone.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{runbook,run,cli,drill,evidence,scripts}/**/*.test.ts'],
          sequence: { groupOrder: 1 },
          testTimeout: 30_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'app',
          include: ['test/app/**/*.test.ts'],
          sequence: { groupOrder: 2 },
          testTimeout: 15_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'site',
          include: ['test/site/**/*.test.ts'],
          sequence: { groupOrder: 3 },
          testTimeout: 60_000,
          hookTimeout: 180_000,
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: 'stack',
          include: ['test/stack/**/*.test.ts'],
          sequence: { groupOrder: 4 },
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...drills,
          name: 'drill',
          include: ['test/drills/**/*.{drill,test}.ts'],
          exclude: [...ofTheirOwn, ...alone],
          sequence: { groupOrder: 5 },
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...drills,
          name: 'drill-own',
          include: ofTheirOwn,
          sequence: { groupOrder: 6 },
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...drills,
          name: 'drill-alone',
          include: alone,
          sequence: { groupOrder: 7 },
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          sequence: { groupOrder: 8 },
          // Which points and which faults a test run takes. `pnpm test:crash` and CRASH=all take every one.
          env: { CRASH_SEED: crashSeedOf('.') },
          testTimeout: 900_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
        },
      },
    ],
  },
})
