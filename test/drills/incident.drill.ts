import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { received, removeReceiver, startReceiver, stopReceiver } from './receiver.ts'
import { drill, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

const incidents = '/var/lib/drillbook/incidents'
const what = 'Nobody can sign in'

/**
 * As if it had been so many seconds earlier: nobody waits in a drill. Earlier plays of this stack fall into such a time, so
 * that it is longer than they can have been.
 */
const shift = ({ exec }: Tools, seconds: number) =>
  exec(
    'toolbox',
    'sh',
    '-c',
    `cd ${incidents} && for file in *.jsonl; do
       jq -c '.at |= (fromdate - ${seconds} | todate) | if .since then .since |= (fromdate - ${seconds} | todate) else . end' "$file" >new && mv new "$file"
     done`,
  )
const read = ({ exec }: Tools, files: string) => exec('toolbox', 'sh', '-c', `cat ${incidents}/${files}`)
const forget = ({ exec }: Tools) => exec('toolbox', 'rm', '-rf', incidents)

async function untilReady({ http }: Tools): Promise<void> {
  for (let left = 60; (await http('/readyz').catch(() => ({ status: 0 }))).status !== 200; left--) {
    if (left === 0) throw new Error('The application is not ready again.')
    await sleep(500)
  }
}

/** Another runbook, as the operator plays it meanwhile. */
async function backUp({ stack }: Scene): Promise<string> {
  const main = join(stack.root, 'src/cli/main.ts')
  const played = ['backup', `--on=${stack.name}`, `--yes=${stack.name}`, '--TYPE=diff', '--json']
  const { stdout } = await execa(process.execPath, [main, ...played], { cwd: stack.root, stdin: 'ignore' })
  return (JSON.parse(stdout.split('\n')[0] ?? '{}') as { run: string }).run
}

drill('incident', {
  scenario: 'The cache stops, users are told, and it is over',
  async prepare(scene) {
    await forget(scene)
    await startReceiver(scene)
  },
  async disaster(scene) {
    await scene.stack.compose(['stop', 'cache'])
    await scene.play({ STATE: 'investigating', SEVERITY: 'P1', WHAT: what })
    await shift(scene, 3 * 3600)
    await scene.play({ STATE: 'identified', SEVERITY: 'P0', MESSAGE: 'The cache has stopped. We start it' })
    await scene.stack.compose(['start', 'cache'])
    await untilReady(scene)
    scene.notes.run = await backUp(scene)
  },
  params: () => ({ STATE: 'resolved', MESSAGE: 'Nothing is lost' }),
  limits: { rpo: 0 },
  async verify(scene) {
    await messagesArrived(scene)
    await draftIsRight(scene)
    const { exec, notes } = scene
    for (const secret of [notes.secret, scene.stack.entries.CANARY_TOKEN])
      if (await exec('toolbox', 'sh', '-c', `grep -rlF '${secret}' /var/lib/drillbook || true`))
        throw new Error('A secret is kept on the target.')
    await removeReceiver(scene)
    await forget(scene)
  },
  mutants: true,
})

/** At P1 the lead and users are told, at P0 the owner, too; each once, in the order in which it happened. */
async function messagesArrived(scene: Scene): Promise<void> {
  const all = await received(scene)
  const words = all.map(({ to, body }) => {
    const text = to === 'mail' ? decoded(body) : (JSON.parse(body) as { text: string }).text
    return `${to} ${/(Investigating|Identified|Resolved)\./.exec(text)?.[1]}`
  })
  const expected = [
    ...['lead Investigating', 'users Investigating'],
    ...['lead Identified', 'mail Identified', 'users Identified'],
    ...['lead Resolved', 'mail Resolved', 'users Resolved'],
  ]
  if (words.join() !== expected.join()) throw new Error(`Arrived: ${words}`)
  const last = JSON.parse(all.at(-1)?.body ?? '{}')
  if (last.severity !== 'P0' || last.environment !== scene.stack.name || last.to !== 'users')
    throw new Error(`Users got: ${all.at(-1)?.body}`)
  const mail = all.find(({ to }) => to === 'mail')?.body ?? ''
  if (
    !/^To: owner@example\.org\r$/m.test(mail) ||
    !decoded(mail).includes('The cache has stopped. We start it.')
  )
    throw new Error(`The owner got: ${mail}`)
}

/** The text of a mail. */
const decoded = (mail: string) => Buffer.from(mail.split('\r\n\r\n')[1] ?? '', 'base64').toString('utf8')

/** Severity at its worst, three hours until the cause was known, who was told, the run with its steps. */
async function draftIsRight(scene: Scene & Tools): Promise<void> {
  const draft = await read(scene, '*.md')
  const wanted = [
    /^# Post-mortem: Nobody can sign in\.$/m,
    /^\| Severity \| P0 \|$/m,
    /^\| Cause known \| .*: 3 h 0\d min after it began \|$/m,
    /^\| Resolved \| .*, by .*: \*\*3 h 0\d min\*\* after it began \|$/m,
    /^- \*\d+ (h|min) \d\d (min|s) without an entry\*$/m,
    /\*\*investigating\*\*, P1, by .*\n {4}- told: lead, users$/m,
    /\*\*identified\*\*, P0, by .*\n {4}- told: lead, owner, users$/m,
    /^- \d\d:\d\d:\d\d `backup` begun by /m,
    /^ {4}- \d\d:\d\d:\d\d .*: done after \d+ s$/m,
    new RegExp(`^\\| Take a backup \\| .* \\| done \\| \`pnpm runbook report ${scene.notes.run} `, 'm'),
    /^## What is changed$/m,
  ]
  for (const pattern of wanted)
    if (!pattern.test(draft)) throw new Error(`The draft lacks ${pattern}: ${draft}`)
  if (/`incident` begun/.test(draft)) throw new Error('The draft counts its own runs.')
}

drill('incident', {
  scenario: 'It is opened, and no channel is set up',
  async prepare(scene) {
    await forget(scene)
  },
  async disaster() {},
  params: () => ({ STATE: 'investigating', SEVERITY: 'P0', WHAT: what, SINCE: '2026-11-21T13:45:00+01:00' }),
  limits: { rto: 0, rpo: 0 },
  async verify(scene) {
    const lines = (await read(scene, '*.jsonl'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
    const [entry, ...told] = lines
    if (entry.severity !== 'P0' || entry.since !== '2026-11-21T12:45:00Z' || entry.what !== `${what}.`)
      throw new Error(`Written down: ${JSON.stringify(entry)}`)
    if (told.map(({ to, by }) => `${to} ${by}`).join() !== 'lead hand,owner hand,users hand')
      throw new Error(`To be told by a person: ${JSON.stringify(told)}`)
    await forget(scene)
  },
  mutants: true,
})

twin('incident', {
  twin: 'Whoever is to be told cannot be reached',
  async break(scene) {
    await forget(scene)
    await startReceiver(scene)
    await stopReceiver(scene)
  },
  /** What was said is kept, with who was not told. */
  async mend(scene) {
    const kept = await read(scene, '*.jsonl')
    await removeReceiver(scene)
    await forget(scene)
    const failed = kept.match(/"to":"(lead|users)","by":"webhook 1","result":"failed"/g) ?? []
    if (!kept.includes(`"what":"${what}."`) || failed.length !== 2) throw new Error(`Kept: ${kept}`)
    if (kept.includes(scene.notes.secret ?? '')) throw new Error('An address is kept on the target.')
  },
  params: () => ({ STATE: 'investigating', SEVERITY: 'P1', WHAT: what }),
  message: /Not told: lead \(webhook 1\): no (connection|answer).*; users \(webhook 1\)/,
})

/** Nothing was written and nothing sent. */
async function nothingHappened(scene: Scene & Tools): Promise<void> {
  const arrived = await received(scene)
  const left = await scene.exec('toolbox', 'sh', '-c', `ls ${incidents} 2>/dev/null || true`)
  await removeReceiver(scene)
  if (left || arrived.length > 0) throw new Error(`Written: ${left}. Sent: ${JSON.stringify(arrived)}`)
}
const ready = async (scene: Scene & Tools) => {
  await forget(scene)
  await startReceiver(scene)
}

twin('incident', {
  twin: 'There is no incident that could be over',
  break: ready,
  mend: nothingHappened,
  params: () => ({ STATE: 'resolved', MESSAGE: 'Nothing is lost' }),
  message: /There is no open incident to resolve\. Nothing was written or sent\./,
})

twin('incident', {
  twin: 'Nobody says how bad it is',
  break: ready,
  mend: nothingHappened,
  params: () => ({ STATE: 'investigating', WHAT: what }),
  message: /To open one, say how bad it is \(SEVERITY\)/,
})

twin('incident', {
  twin: 'A severity that is none',
  break: ready,
  mend: nothingHappened,
  params: () => ({ STATE: 'investigating', SEVERITY: 'P9', WHAT: what }),
  message: /SEVERITY cannot be "P9"/,
})
