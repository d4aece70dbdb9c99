/** `pnpm drill NAME`: proves a runbook and writes its evidence. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fingerprint } from '../evidence/fingerprint.ts'
import type { Evidence } from '../evidence/schema.ts'
import { readEvidence, writeEvidence } from '../evidence/store.ts'
import { listRunbooks } from '../runbook/library.ts'
import { leaksInSite } from './canary.ts'
import { complete, left } from './complete.ts'
import { plays } from './plan.ts'
import type { Stage } from './play.ts'
import { runProgram, say } from './program.ts'
import { evidenceOf, isProven, type Proof, prove, stageOf } from './prove.ts'
import { asciicast } from './recording.ts'
import { loadDrill } from './rehearse.ts'
import { buildSite, ensureSite } from './site.ts'
import { removeAtExit, scrubOwnEnvironment, sweep } from './stack.ts'
import { table } from './table.ts'
import type { Rendition } from './types.ts'
import { usage } from './usage.ts'

const root = process.cwd()

async function main(): Promise<number> {
  const { values, positionals, problem } = readArguments()
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  const names = values.all ? await listRunbooks(root) : positionals
  if (problem || names.length === 0) {
    process.stderr.write(`${problem ?? 'Name a runbook.'}\n\n${usage}`)
    return 2
  }
  scrubOwnEnvironment()
  removeAtExit(root)
  await sweep(root)
  let status = 0
  for (const name of names) {
    const drill = await loadDrill(root, name)
    const proven = values.mutants
      ? await (await import('./mutants.ts')).tryMutants(root, drill, {
          only: values.only,
          twins: !values['no-twins'],
          say,
        })
      : await drillOne(name, { ...values, rendition: values.rendition as Rendition | undefined })
    if (!proven) status = 1
  }
  return status
}

interface Options {
  failed?: boolean | undefined
  scenario?: string | undefined
  rendition?: Rendition | undefined
  'no-twins'?: boolean | undefined
}

async function drillOne(name: string, options: Options): Promise<boolean> {
  const { scenario, rendition } = options
  const drill = await loadDrill(root, name)
  const stage = await stageOf(root, name)
  if (rendition !== 'script') {
    say('The blocks that are pasted are taken from the built site.')
    await ensureSite(root)
  }
  const whole = !scenario && !rendition && !options['no-twins']
  const last = options.failed ? lastEvidence(stage) : undefined
  const wanted = last
    ? left(drill, last)
    : { requests: plays(drill, { scenario, rendition }), twins: whole ? drill.twins : [] }
  const began = performance.now()
  const proof = await prove(drill, stage, wanted, (result) => {
    const how =
      'rendition' in result ? `, ${[result.phase, result.rendition].filter(Boolean).join(', ')}` : ''
    const why = 'rendition' in result ? result.reason : result.message
    say(result.result === 'passed' ? `✓ ${result.scenario}${how}` : `✗ ${result.scenario}${how}\n    ${why}`)
  })
  const results = proof.results
  say(
    `\n${table(
      results.map(({ play }) => play),
      proof.twins,
    )}\n`,
  )
  if (whole) {
    const fresh = await evidenceOf(stage, proof)
    const written = writeEvidence(root, last ? complete(drill, last, fresh) : fresh)
    if (last)
      say(`With the rest of the last drill: ${written.plays.length} plays, ${written.twins.length} twins`)
    const recorded = results.find(
      ({ play, played }) => play.result === 'passed' && play.rendition === 'bash' && played?.recording,
    )
    if (recorded?.played?.recording) {
      const cast = asciicast(recorded.played.recording, `${stage.document.title}: ${recorded.play.scenario}`)
      writeFileSync(join(root, 'evidence', `${name}.cast`), cast.replaceAll(/drill-[0-9a-f]{6}/g, 'sandbox'))
    }
  }
  const found = whole ? await secretsInSite(name, proof) : []
  for (const leak of found) say(`✗ ${leak}. Nothing of this drill may be published: its evidence is removed.`)
  const proven =
    found.length === 0 &&
    (last ? [...proof.results.map(({ play }) => play), ...proof.twins].every(passed) : isProven(proof))
  const minutes = ((performance.now() - began) / 60_000).toFixed(1)
  say(
    `${name}: ${proven ? 'proven' : 'not proven'} in ${minutes} min${whole && found.length === 0 ? `; evidence/${name}.json written` : ''}`,
  )
  return proven
}

/** Builds the site with the new evidence, and looks through both for secrets of the stacks. */
async function secretsInSite(name: string, { results }: Proof): Promise<string[]> {
  await buildSite(root)
  const found = leaksInSite(root, name, [
    ...new Map(results.map(({ secrets }) => [JSON.stringify(secrets), secrets])).values(),
  ])
  if (found.length > 0)
    for (const ending of ['json', 'cast'])
      rmSync(join(root, 'evidence', `${name}.${ending}`), { force: true })
  return found
}

const passed = ({ result }: { result: string }) => result === 'passed'

/** Throws if there is none that is about what is in the checkout now. */
function lastEvidence({ document }: Stage): Evidence {
  const reading = readEvidence(root, document.name)
  if (reading.kind === 'evidence' && reading.evidence.fingerprint === fingerprint(root, document))
    return reading.evidence
  throw new Error(
    `evidence/${document.name}.json is not about what is in this checkout. Drill all of it: pnpm drill ${document.name}`,
  )
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        all: { type: 'boolean' },
        failed: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        mutants: { type: 'boolean' },
        'no-twins': { type: 'boolean' },
        only: { type: 'string' },
        rendition: { type: 'string' },
        scenario: { type: 'string' },
      },
    })
    const { rendition } = values
    const known = rendition === undefined || ['script', 'bash', 'zsh'].includes(rendition)
    return { values, positionals, problem: known ? undefined : `There is no rendition “${rendition}”.` }
  } catch (error) {
    return {
      values: {} as Options & { help?: boolean; all?: boolean; mutants?: boolean; only?: string },
      positionals: [],
      problem: (error as Error).message,
    }
  }
}

await runProgram(main)
