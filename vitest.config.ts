import { defineConfig } from 'vitest/config'

/** One project a kind of test, from the quickest to the slowest. Containers are started by `stack` and `drill` alone. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{runbook,run,cli,drill,evidence,scripts}/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      { test: { name: 'app', include: ['test/app/**/*.test.ts'], testTimeout: 15_000 } },
      {
        test: {
          name: 'site',
          include: ['test/site/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'stack',
          include: ['test/stack/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'drill',
          include: ['test/drills/**/*.{drill,test}.ts'],
          env: { DRILL_TESTS: 'yes' },
          testTimeout: 600_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
        },
      },
    ],
  },
})
