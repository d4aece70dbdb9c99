/** A thread of its own for the parser of shell: told commands, it says whether each is one. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Command } from '../runbook/document.ts'
import { checkGrammar } from '../runbook/grammar.ts'
import { startReading } from '../runbook/reading.ts'

/** So many are well within what the parser can hold. */
const atOnce = 500

async function areOneEach(commands: readonly Command[]): Promise<boolean> {
  for (let from = 0; from < commands.length; from += atOnce) {
    const reading = { ...startReading('', '', new Map()), commands: commands.slice(from, from + atOnce) }
    await checkGrammar(reading)
    if (reading.problems.length > 0) return false
  }
  return true
}

parentPort?.postMessage(await areOneEach(workerData as Command[]))
