/** `pnpm runbook NAME …`: plays a runbook, shows its plan, or rehearses it. */
import { loadEnvironment, SANDBOX } from '../run/environment.ts'
import { plan } from '../run/plan.ts'
import { redactor } from '../run/redact.ts'
import { type Outcome, startRun } from '../run/run.ts'
import { secretsOf } from '../run/secrets.ts'
import type { Document } from '../runbook/document.ts'
import { readArgs } from './args.ts'
import { usualSeconds } from './evidence.ts'
import { knownValues, refuseBadValues } from './params.ts'
import { type PlanView, planCommands, planTitles } from './plan-view.ts'
import { findRoot, findRunbook } from './project.ts'
import { askParam, isInteractive } from './prompts.ts'
import { refuseArgs } from './refuse.ts'
import { obtainConsent, onStage, type Setting } from './stage.ts'

export async function play(argv: readonly string[]): Promise<number> {
  const root = findRoot()
  const document = await findRunbook(root, argv.find((word) => !word.startsWith('-')) ?? argv[0] ?? '')
  const args = readArgs(argv, {
    flags: ['dry-run', 'json', 'resume'],
    values: ['on'],
    optional: ['yes'],
    params: document.params,
    words: 1,
  })
  refuseArgs(args, `pnpm runbook ${document.name} --help`)
  if (args.flags.has('resume')) {
    const { resumeLast } = await import('./resume.ts')
    return resumeLast(
      document.name,
      argv.filter((word) => word !== '--resume' && word !== document.name),
    )
  }
  const rehearsal = args.values.on === undefined && Object.keys(args.params).length === 0
  const environment = loadEnvironment(root, args.values.on ?? SANDBOX)
  const options = { yes: args.optional.yes ?? false, json: args.flags.has('json') }
  const dry = args.flags.has('dry-run')
  if (rehearsal && !dry) return rehearse(root, document, { environment, ...options })

  const known = knownValues(document, args.params, environment)
  refuseBadValues(document, { values: known.values, missing: [] })
  if (isInteractive() && !dry && !options.json) {
    for (const param of known.missing.splice(0)) known.values[param.name] = await askParam(param)
  }
  refuseBadValues(document, known)
  const setting: Setting = { root, document, environment, params: known.values, ...options }
  if (dry) {
    process.stdout.write(planCommands(view(setting), process.stdout))
    return 0
  }
  return (await playSetting(setting)).exit
}

/** Shows the plan, asks, plays. */
async function playSetting(setting: Setting): Promise<Outcome> {
  if (!setting.json) {
    const usual = await usualSeconds(setting.root, setting.document.name)
    process.stdout.write(`${planTitles({ ...view(setting), usual }, process.stdout)}\n`)
  }
  await obtainConsent(setting, 'Play')
  return onStage(setting, undefined, startRun)
}

/** Without anything secret, also where a value that is none happens to hold one. */
function view({ root, document, environment, params }: Setting): PlanView {
  const secrets = new Set(document.params.filter(({ kind }) => kind === 'secret').map(({ name }) => name))
  const clean = redactor([...secretsOf(root, environment), ...[...secrets].map((name) => params[name] ?? '')])
  return { title: document.title, environment, params: clean.data(params), secrets, plan: plan(document) }
}

/** Causes the runbook's disaster in the sandbox, and plays it there. */
async function rehearse(
  root: string,
  document: Document,
  rest: Pick<Setting, 'environment' | 'yes' | 'json'>,
): Promise<number> {
  const say = (text: string) => void (rest.json ? process.stderr : process.stdout).write(`${text}\n`)
  const { rehearsable, rehearse } = await import('../drill/rehearse.ts')
  await rehearsable(root, document.name)
  const { sandboxUp } = await import('../run/sandbox.ts')
  await sandboxUp(root, rest.environment, say)
  return rehearse(root, document.name, {
    say,
    play(given) {
      const known = knownValues(document, given, rest.environment)
      refuseBadValues(document, known)
      return playSetting({ root, document, params: known.values, ...rest })
    },
  })
}
