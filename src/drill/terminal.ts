/**
 * A live shell on a pseudo-terminal, and a person at it who pastes.
 *
 * How it knows that the shell is ready again: the prompt carries the last exit status and a serial number that
 * the shell itself counts up. Waiting for silence instead would take a slow command for a finished one, and
 * typing a marker after the block would change what is tested: the characters a reader pastes, and no others.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { spawn } from '@lydell/node-pty'
import { render } from './screen.ts'

export type ShellName = 'bash' | 'zsh'

/** `bracketed` as terminals do today; `raw` as old ones, tmux's and web consoles do: character by character. */
export type Paste = 'bracketed' | 'raw'

export interface Pasted {
  /** What appeared between the pasted text and the next prompt, without control characters. */
  output: string
  /** The status of the last command, as the shell's own prompt shows it. */
  status: number
  seconds: number
}

export interface Terminal {
  /** Pastes a block and waits for the prompt. Rejects, with what was on the screen, if it does not come in time. */
  paste(text: string, options?: { paste?: Paste; timeoutSeconds?: number }): Promise<Pasted>
  /** Everything the terminal received so far: `[seconds since start, characters]`. */
  recording(): [number, string][]
  close(): Promise<void>
}

/** Wide and high, so that the line editor never wraps or scrolls what was pasted. */
export const size = { cols: 220, rows: 120 }

/** `«1 status serial»` stands for PS1, `«2»` for a continuation line. */
const prompt = /«1 (\d+) (\d+)» |«2 (\d+)» /g
const bare = { bash: '$((drill_prompt+=1))', zsh: '$((drill_prompt+=1))' }
const rc = {
  bash: `PS1='«1 $? ${bare.bash}» '\nPS2='«2 ${bare.bash}» '\nunset HISTFILE\n`,
  zsh: `setopt PROMPT_SUBST\nPS1='«1 %? ${bare.zsh}» '\nPS2='«2 ${bare.zsh}» '\nunset HISTFILE\n`,
}

/** Opens an interactive shell in `directory`. Only `env` is in its environment. */
export async function openTerminal(
  shell: ShellName,
  { directory, env }: { directory: string; env: Record<string, string> },
): Promise<Terminal> {
  const home = mkdtempSync(join(tmpdir(), 'drill-shell-'))
  writeFileSync(join(home, '.zshrc'), rc.zsh)
  writeFileSync(join(home, 'bashrc'), rc.bash)
  const args = { bash: ['--noprofile', '--rcfile', join(home, 'bashrc'), '-i'], zsh: ['-i'] }
  const pty = spawn(shell, args[shell], {
    name: 'xterm-256color',
    ...size,
    cwd: directory,
    // `compinit` and the system's zshrc have nothing to do with the runbook, but a reader has them: they stay.
    env: { ...env, TERM: 'xterm-256color', ...(shell === 'zsh' ? { ZDOTDIR: home } : {}) },
  })
  const started = performance.now()
  const frames: [number, string][] = []
  let screen = ''
  let ended: string | undefined
  let wake = () => {}
  pty.onData((data) => {
    frames.push([(performance.now() - started) / 1000, data])
    screen += data
    wake()
  })
  const exited = new Promise<void>((resolve) =>
    pty.onExit(({ exitCode, signal }) => {
      ended = `the shell ended (status ${exitCode}, signal ${signal ?? 0})`
      wake()
      resolve()
    }),
  )

  /** Waits until `count` prompts with new serial numbers have appeared after position `from` of the screen. */
  async function prompts(from: number, count: number, timeoutSeconds: number): Promise<RegExpMatchArray[]> {
    const deadline = performance.now() + timeoutSeconds * 1000
    for (;;) {
      const seen = promptsIn(screen.slice(from))
      if (seen.length >= count) return seen
      const left = deadline - performance.now()
      const why = ended ?? (left <= 0 ? `no prompt came within ${timeoutSeconds} s` : undefined)
      if (why) throw new Error(`${shell}: ${why}. On the screen:\n${tail(screen.slice(from))}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  await prompts(0, 1, 20)

  return {
    async paste(text, { paste = 'bracketed', timeoutSeconds = 120 } = {}) {
      const block = text.replace(/\n+$/, '')
      const from = screen.length
      const begin = performance.now()
      // The line editor shows one prompt for each line that it reads: a bracketed paste is one line.
      const lines = paste === 'raw' ? block.split('\n').length : 1
      await send(paste === 'raw' ? block.replaceAll('\n', '\r') : `\x1b[200~${block}\x1b[201~`)
      await send('\r')
      const seen = await prompts(from, lines, timeoutSeconds)
      const last = seen.at(-1)
      if (!last?.[1]) {
        pty.write('\x03')
        throw new Error(
          `${shell}: the block is not complete; the shell waits for more:\n${tail(screen.slice(from))}`,
        )
      }
      const output = afterPaste(screen.slice(from), block, paste)
      return { output, status: Number(last[1]), seconds: (performance.now() - begin) / 1000 }
    },
    recording: () => frames,
    async close() {
      if (!ended) pty.kill('SIGHUP')
      const timer = setTimeout(() => pty.kill('SIGKILL'), 2000)
      await exited
      clearTimeout(timer)
      rmSync(home, { recursive: true, force: true })
    },
  }

  /** In small portions, as a terminal does: the kernel holds no more than 4 KiB that nobody has read. */
  async function send(text: string): Promise<void> {
    for (let at = 0; at < text.length; at += 512) {
      pty.write(text.slice(at, at + 512))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

/** The prompts in the order they came. A line editor may draw one again: its serial number does not change. */
function promptsIn(screen: string): RegExpMatchArray[] {
  const seen = new Map<string, RegExpMatchArray>()
  for (const match of stripVTControlCharacters(screen).matchAll(prompt)) {
    const serial = match[2] ?? match[3] ?? ''
    if (!seen.has(serial)) seen.set(serial, match)
  }
  return [...seen.values()]
}

/**
 * What the commands printed. Both line editors switch bracketed paste off when they hand a line over and on again
 * with the next prompt: what stands between was not typed. Lines of a raw paste that the shell has not yet read
 * are echoed there by the kernel.
 */
function afterPaste(screen: string, block: string, paste: Paste): string {
  const echoed = new Set(paste === 'raw' ? block.split('\n').map((line) => line.trim()) : [])
  return screen
    .split('\x1b[?2004l')
    .slice(1)
    .map((part) => part.replace(unfinishedLine, '').split(/«[12] /, 1)[0] ?? '')
    .map(render)
    .filter((part) => part !== '')
    .join('\n')
    .split('\n')
    .filter((line) => !echoed.has(line.trim()))
    .join('\n')
    .trim()
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: zsh's mark for output without a final newline has them.
const unfinishedLine = /(?:\x1b\[\d*m)+[%#](?:\x1b\[\d*m)+ {20,}\r \r\r?(?:\x1b\[\d*m)*(?:\x1b\[J)?/g

function tail(screen: string): string {
  return stripVTControlCharacters(screen).split(/\r*\n/).slice(-40).join('\n')
}
