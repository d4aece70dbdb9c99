/** Runbooks played as script, as bash and as zsh: same commands, same arguments, same stop, whichever call fails. */
import { readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readSource } from '../../src/runbook/read.ts'
import { openLab, SHELLS } from './support/lab.ts'
import { playScript, playShell, playTerminal } from './support/play.ts'

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

async function readCase(name: string) {
  const load = (each: string) => {
    const file = `test/runbook/corpus/${each}.ts`
    return { file, source: readFileSync(new URL(`corpus/${each}.ts`, import.meta.url), 'utf8') }
  }
  const { source, file } = load(name)
  const url = new URL(`corpus/${name}.ts`, import.meta.url).href
  return { url, document: await readSource(source, file, { load }) }
}

describe.each(cases)('%s %o', (name, params) => {
  test('is the same in every rendition, whichever call fails', { timeout: 120_000 }, async () => {
    const lab = openLab()
    onTestFinished(() => lab.remove())
    const { url, document } = await readCase(name)

    lab.reset()
    const whole = await playScript(lab, url, params)
    expect(whole.calls.length).toBeGreaterThan(0)
    const first = cases.find(([each]) => each === name)?.[1] === params
    const failing = first ? whole.calls.map((_, index) => index + 1) : []
    for (const failAt of [undefined, ...failing]) {
      lab.reset(failAt)
      const script = await playScript(lab, url, params)
      for (const shell of SHELLS) {
        lab.reset(failAt)
        expect(await playShell(lab, shell, document, params), `${shell}, call ${failAt} fails`).toEqual(
          script,
        )
      }
    }
  })
})

describe.each(SHELLS)('pasted into %s on a terminal', (shell) => {
  test.each([
    ['commands', 'bracketed', 0],
    ['conditions', 'raw', 1],
    ['loops', 'raw', 0],
    ['outer', 'bracketed', 0],
  ] as const)('%s (%s) is the same as the script', { timeout: 120_000 }, async (name, paste, which) => {
    const lab = openLab()
    onTestFinished(() => lab.remove())
    const params = cases.filter(([each]) => each === name)[which]?.[1] ?? {}
    const { url, document } = await readCase(name)
    lab.reset()
    const script = await playScript(lab, url, params)
    lab.reset()
    const pasted = await playTerminal(lab, shell, paste, document, params)
    expect(pasted).toEqual(script)
  })
})
