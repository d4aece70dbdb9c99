/** What the terminal showed while a runbook was pasted, as an asciicast (version 2): a text file that players read. */
import { size } from './terminal.ts'

/** Longer pauses are shortened to this, in seconds: nobody watches a database replay its log. */
const longestPause = 1
/** Frames that come closer together than this become one. */
const shortestFrame = 0.05

export function asciicast(recording: readonly [number, string][], title: string): string {
  const header = { version: 2, width: size.cols, height: 50, title, env: { TERM: 'xterm-256color' } }
  const frames: [number, 'o', string][] = []
  let at = 0
  let before = 0
  for (const [seconds, data] of recording) {
    const pause = seconds - before
    before = seconds
    const last = frames.at(-1)
    if (last && pause < shortestFrame) {
      last[2] += data
      continue
    }
    at += Math.min(pause, longestPause)
    frames.push([Math.round(at * 1000) / 1000, 'o', data])
  }
  return `${[header, ...frames].map((line) => JSON.stringify(line)).join('\n')}\n`
}
