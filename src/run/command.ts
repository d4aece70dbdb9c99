/** Runs one command of a step: recorded before and after, its output redacted and shown as it comes. */
import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'
import type { ProcessOutput } from 'zx'
import { execute } from '../runbook/execute.ts'
import type { CommandCall } from '../runbook/player.ts'
import { identity } from './birth.ts'
import type { Interruption } from './interruption.ts'
import type { Purpose } from './journal-schema.ts'
import type { Recorder } from './recorder.ts'
import type { Redactor } from './redact.ts'

export interface CommandContext {
  root: string
  env: Record<string, string>
  recorder: Recorder
  redactor: Redactor
  interruption: Interruption
}

/** How much of a command's output the journal keeps, in characters: some 200 lines. */
const TAIL = 16_384

/**
 * Resolves to what it printed, or rejects with zx's ProcessOutput if it failed. `onStart` is told its process
 * group.
 */
export async function runCommand(
  call: CommandCall,
  { step, purpose }: { step: string; purpose: Purpose },
  context: CommandContext,
  onStart: (group: number) => void = () => {},
): Promise<ProcessOutput> {
  const { root, env, recorder, redactor, interruption } = context
  const command = call.display
  await recorder.emit({ event: 'command-start', step, command, purpose })
  interruption.check()
  const began = performance.now()
  const running = execute(call, { cwd: root, env })
  const release = running.pid ? interruption.guard(running.pid) : () => {}
  let running_: Promise<void> = Promise.resolve()
  if (running.pid) {
    onStart(running.pid)
    running_ = recorder.emit({ event: 'command-running', step, ...identity(running.pid) })
    running_.catch(() => {})
  }
  let tail = ''
  let length = 0
  const print = (text: string) => {
    length += text.length
    tail = (tail + text).slice(-TAIL)
    recorder.output(step, text)
  }
  const streams = [running.child?.stdout, running.child?.stderr].map((stream) => {
    const decoder = new StringDecoder('utf8')
    const clean = redactor.stream()
    stream?.on('data', (chunk: Buffer) => print(clean.write(decoder.write(chunk))))
    return () => print(clean.write(decoder.end()) + clean.end())
  })
  const { output, failed } = await running.then(
    (output) => ({ output, failed: false }),
    (output: ProcessOutput) => ({ output, failed: true }),
  )
  release()
  for (const end of streams) end()
  await running_
  const truncated = length > tail.length
  await recorder.emit({
    event: 'command-end',
    step,
    command,
    purpose,
    exit: output.signal ? null : (output.exitCode ?? null),
    signal: output.signal ?? null,
    seconds: since(began),
    output: stripVTControlCharacters(truncated ? tail.slice(tail.indexOf('\n') + 1) : tail),
    truncated,
  })
  if (failed) throw output
  return output
}

/** Seconds since a time of `performance.now()`, to the millisecond. */
export function since(began: number): number {
  return Math.round(performance.now() - began) / 1000
}
