/** The runbook that the guide writes, played in every rendition with a `docker` that only records. */
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readSource } from '../../src/runbook/read.ts'
import { openLab, SHELLS } from './support/lab.ts'
import { playScript, playShell } from './support/play.ts'

const file = new URL('../guide/restart-service.ts', import.meta.url)

test('the guide’s runbook is the same in every rendition, whichever command fails', async () => {
  const lab = openLab()
  onTestFinished(() => lab.remove())
  copyFileSync(join(lab.dir, 'probe'), join(lab.dir, 'docker'))
  const document = await readSource(readFileSync(file, 'utf8'), 'runbooks/restart-service.ts')
  const params = { SERVICE: 'pooler' }
  lab.reset()
  const whole = await playScript(lab, file.href, params)
  expect(whole.calls.map((call) => call.slice(0, 2).join(' '))).toEqual([
    'compose logs',
    'compose restart',
    'compose up',
    'compose exec',
  ])
  expect(whole.calls[1]?.at(-1)).toBe('pooler')
  // The last one is tried again, so its first failure is none.
  for (const failAt of [undefined, 1, 2, 3, 4]) {
    lab.reset(failAt)
    const script = await playScript(lab, file.href, params)
    expect(script.failed === undefined).toBe(failAt === undefined || failAt === 4)
    for (const shell of SHELLS) {
      lab.reset(failAt)
      expect(await playShell(lab, shell, document, params), `${shell}, call ${failAt} fails`).toEqual(script)
    }
  }
})
