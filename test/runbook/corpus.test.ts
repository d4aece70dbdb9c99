/** Runbooks played as script, as bash and as zsh: same commands, same arguments, same stop, whichever call fails. */
import { readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readSource } from '../../src/runbook/read.ts'
import { openLab, SHELLS } from './support/lab.ts'
import { playScript, playShell } from './support/play.ts'

/** The first case of each runbook lets every call fail in turn; the others are played as they are. */
const cases: [name: string, params: Record<string, string>][] = [
  ['commands', { WORD: 'two words' }],
  ['commands', { WORD: "$(touch x) 'quoted' !! \\ \n\t é😀" }],
  ['values', { START: 'line\n\n  two ! \n\n' }],
  ['values', { START: '' }],
  ['conditions', { MODE: 'fast', FORCE: 'true', NAME: "it's" }],
  ['conditions', { MODE: 'safe', FORCE: '', NAME: '' }],
  ['conditions', { MODE: 'never', FORCE: '', NAME: '(' }],
  ['conditions', { MODE: 'never', FORCE: '', NAME: '!' }],
  ['loops', {}],
  ['undo', { TARGET: 'x y' }],
  ['undo', { TARGET: '-n' }],
  ['outer', { NAME: "it's", LABEL: 'outer label' }],
]

describe.each(cases)('%s %o', (name, params) => {
  test('is the same in every rendition, whichever call fails', { timeout: 120_000 }, async () => {
    const lab = openLab()
    onTestFinished(() => lab.remove())
    const path = new URL(`corpus/${name}.ts`, import.meta.url)
    const load = (each: string) => {
      const file = `test/runbook/corpus/${each}.ts`
      return { file, source: readFileSync(new URL(`corpus/${each}.ts`, import.meta.url), 'utf8') }
    }
    const { source, file } = load(name)
    const document = await readSource(source, file, { load })

    lab.reset()
    const whole = await playScript(lab, path.href, params)
    expect(whole.calls.length).toBeGreaterThan(0)
    const first = cases.find(([each]) => each === name)?.[1] === params
    const failing = first ? whole.calls.map((_, index) => index + 1) : []
    for (const failAt of [undefined, ...failing]) {
      lab.reset(failAt)
      const script = await playScript(lab, path.href, params)
      for (const shell of SHELLS) {
        lab.reset(failAt)
        expect(await playShell(lab, shell, document, params), `${shell}, call ${failAt} fails`).toEqual(
          script,
        )
      }
    }
  })
})
