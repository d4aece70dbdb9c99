/**
 * Plays the shell rendition the way a reader does: opens a terminal in the project, copies the blocks of the page
 * one after the other, puts the values into the first, pastes each and waits for the prompt.
 */
import { scrub } from '../run/environment.ts'
import { normalise } from './normalise.ts'
import { fillIn, type PageBlock } from './page.ts'
import type { Played } from './played.ts'
import { round } from './script.ts'
import { openTerminal, type Paste, type Pasted, type ShellName } from './terminal.ts'

export interface ShellRequest {
  /** The checkout: where the reader's shell stands. */
  root: string
  shell: ShellName
  paste: Paste
  blocks: PageBlock[]
  /** Name of the environment, which the first block calls `ON`. */
  on: string
  params: Record<string, string>
  titles: ReadonlyMap<string, string>
  timeoutSeconds?: number
}

/** Stops at the first block that fails, pastes the blocks that go back over the finished steps, and leaves. */
export async function playShell(request: ShellRequest): Promise<Played> {
  const { shell, blocks, on, timeoutSeconds = 300 } = request
  const terminal = await openTerminal(shell, { directory: request.root, env: shellEnv() })
  const steps: Played['steps'] = []
  const finished: string[] = []
  let message = ''
  const paste = (text: string) => terminal.paste(text, { paste: request.paste, timeoutSeconds })
  try {
    for (const block of blocks) {
      if (block.kind !== 'enter' && block.kind !== 'step') continue
      const text = block.kind === 'enter' ? fillIn(block.text, { ON: on, ...request.params }) : block.text
      const result = await paste(text)
      if (block.step) steps.push(stepOf(block.step, result, request))
      if (result.status !== 0) {
        message = result.output
        break
      }
      if (block.step) finished.push(block.step)
    }
    if (message !== '') {
      for (const step of finished.toReversed()) {
        for (const undo of blocks.filter((block) => block.kind === 'undo' && block.step === step)) {
          const result = await paste(undo.text)
          if (result.status !== 0) message += `\nGoing back over “${step}” failed:\n${result.output}`
        }
      }
    }
    for (const leave of blocks.filter(({ kind }) => kind === 'leave')) {
      const result = await paste(leave.text)
      if (result.status !== 0 && message === '') message = result.output || 'The last block failed.'
    }
  } finally {
    await terminal.close()
  }
  return { done: message === '', steps, message, recording: terminal.recording() }
}

function stepOf(slug: string, result: Pasted, { titles, on }: ShellRequest): Played['steps'][number] {
  const output = normalise(result.output, on)
  return { title: titles.get(slug) ?? slug, slug, seconds: round(result.seconds), output }
}

/** What a reader's login gives; nothing that redirects, since not every reader's shell is scrubbed for the drill. */
function shellEnv(): Record<string, string> {
  const { NO_COLOR: _, CI: __, ...env } = scrub(process.env)
  return env
}
