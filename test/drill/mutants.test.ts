import { describe, expect, test } from 'vitest'
import { mutantsOf, without } from '../../src/drill/mutants.ts'
import { readSource } from '../../src/runbook/read.ts'

const source = `import { $, ok, retry, runbook, step } from '#runbook'

/**
 * Mend it
 *
 * Mends what is broken.
 */
const { PART } = runbook({ category: 'Test', destructive: false, params: {} })

await step('Stop', () => $\`docker compose stop app\`, { undo: () => $\`docker compose start app\` })

await step('Mend', async () => {
  if (await ok($\`docker compose exec -T db test -e broken\`)) {
    await $\`docker compose exec -T db mend\`
  }
  await retry(3, '1s', () => $\`docker compose exec -T db mended\`)
})
`.replace('const { PART } = ', '')

describe('the mutants of a runbook', async () => {
  const document = await readSource(source, 'runbooks/mend.ts', { load: async () => undefined })
  const mutants = mutantsOf(document, () => source)

  test('are one for each command, and say which only go back', () => {
    expect(mutants.map(({ command, undo }) => [command, undo])).toEqual([
      ['docker compose stop app', false],
      ['docker compose start app', true],
      ['docker compose exec -T db test -e broken', false],
      ['docker compose exec -T db mend', false],
      ['docker compose exec -T db mended', false],
    ])
  })

  test('are runbooks that the language allows, with one command that does nothing', async () => {
    for (const mutant of mutants) {
      const text = without(source, mutant)
      expect(text).not.toContain(`\`${mutant.command}\``)
      expect(text.length).toBe(source.length - mutant.command.length + 'true'.length)
      await expect(
        readSource(text, 'runbooks/mend.ts', { load: async () => undefined }),
      ).resolves.toMatchObject({
        name: 'mend',
      })
    }
  })
})
