/** What is written down of an incident, and the draft that is made of it. That messages arrive, the drill proves. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { toolbox } from './containers.ts'

let box: Awaited<ReturnType<typeof toolbox>>
beforeAll(async () => {
  box = await toolbox('incident-test')
})
afterAll(() => box?.[Symbol.asyncDispose]())
beforeEach(() => box.exec('sh', '-c', 'rm -rf /var/lib/drillbook/incidents /var/lib/drillbook/runs'))

const state = '/var/lib/drillbook'
const log = (...args: string[]) => box.exec('env', 'WHO=ada', 'incident-log', ...args)
const opened = () => log('investigating', 'P1', 'Nobody can sign in', '', '')
const entries = async () =>
  (await box.exec('sh', '-c', `cat ${state}/incidents/*.jsonl 2>/dev/null`)).out
    .split('\n')
    .filter((line) => line.includes('"entry"')).length

test('each state has its words, and what stands for nothing is left out', async () => {
  const first = await log('investigating', 'P0', 'Nobody can {next} sign in', '2026-11-26T07:00:00+01:00', '')
  expect(first.out.replace(/20\d\d-\d\d-\d\d \d\d:\d\d UTC/g, 'THEN').replace(/^inc-\w+/, 'ID')).toBe(
    'ID, P0: Investigating. Since THEN: Nobody can {next} sign in. We are looking for the cause. We write again at THEN.\nThe next message is due at THEN.',
  )
  const open = JSON.parse((await log('--open')).out)
  expect(open).toMatchObject({
    since: '2026-11-26T06:00:00Z',
    told: ['lead', 'owner', 'users'],
    every: 30,
    who: 'ada',
  })
  expect(Date.parse(open.next) - Date.parse(open.at)).toBe(30 * 60_000)
  expect((await log('identified', 'P1', '', '', 'The cache is away')).out).toContain(
    'The cache is away. We write',
  )
  expect((await log('resolved', 'same', '', '', 'Nothing is lost')).out).toMatch(
    /P1: Resolved\. From 2026-11-26 06:00 UTC to .* Nothing is lost\. By 20\d\d-\d\d-\d\d we write/,
  )
  expect((await log('--open')).out).toBe('')
})

describe('is refused, and nothing is written:', () => {
  test.each([
    ['a severity that is none', ['investigating', 'P9', 'x', '', ''], /no severity «P9».*P0: nobody can/s],
    ['a state that is none', ['over', 'P1', 'x', '', ''], /no state «over»/],
    ['an end without a beginning', ['resolved', 'same', '', '', 'x'], /no open incident to resolve/],
    ['an incident of which nobody says how bad it is', ['investigating', 'same', 'x', '', ''], /SEVERITY/],
    ['a cause that is not said', ['identified', 'P1', 'x', '', ''], /MESSAGE is missing/],
    ['a beginning in the future', ['investigating', 'P1', 'x', '2099-01-01T00:00:00Z', ''], /in the future/],
  ])('%s', async (_, args, message) => {
    const { code, err } = await log(...args)
    expect(code).toBe(1)
    expect(err).toMatch(message)
    expect(await entries()).toBe(0)
  })
})

test('a step that is begun again writes nothing a second time, and a line that a crash has torn is passed over', async () => {
  await opened()
  expect((await opened()).out).toMatch(/^It was written down already/)
  await box.exec('sh', '-c', `printf '{"event":"entry","sta' >>"$(ls ${state}/incidents/*.jsonl)"`)
  expect((await log('identified', 'same', '', '', 'The cache is away')).code).toBe(0)
  expect(JSON.parse((await log('--open')).out)).toMatchObject({ state: 'identified', severity: 'P1' })
  await log('resolved', 'same', '', '', 'Nothing is lost')
  expect((await log('resolved', 'same', '', '', 'Nothing is lost')).out).toMatch(/already/)
  expect((await log('resolved', 'same', '', '', 'Something is lost')).err).toMatch(/inc-\S+, was resolved at/)
})

test('without a channel a person has to tell them, and the text is printed', async () => {
  await opened()
  const { code, out } = await box.feed('NOTIFY_WEBHOOK=\n', 'incident-notify')
  expect(code).toBe(0)
  expect(out).toMatch(
    /No channel is set up for: lead users\. A person must tell them:\n\n {2}Investigating\./,
  )
})

test('of what is not urgent nobody else is told before it is over', async () => {
  await log('investigating', 'P2', 'It is slow', '', '')
  expect((await box.feed('', 'incident-notify')).out).toBe('With P2 nobody else is told before it is over.')
  await log('resolved', 'same', '', '', 'Nothing is lost')
  expect((await box.feed('', 'incident-notify')).out).toContain('No channel is set up for: team.')
})

test('who was not told is named, without the address, and what was said is kept', async () => {
  await opened()
  const address = 'https://203.0.113.1/s3cr3t'
  const { code, out, err } = await box.feed(`NOTIFY_LEAD_WEBHOOK=${address}\n`, 'incident-notify')
  expect(code).toBe(1)
  expect(err).toMatch(/^incident-notify: Not told: lead \(webhook 1\): no connection/)
  const kept = (await log('--show')).out
  expect(kept).toMatch(/→ lead: NOT told \(webhook 1\)/)
  expect(out + err + kept).not.toContain('s3cr3t')
})

test('the draft has the entries, the runs that were played meanwhile, and the times between', async () => {
  const line = (data: object) => JSON.stringify(data)
  const at = (minute: string) => `2026-11-26T${minute}.000Z`
  const entry = (minute: string, name: string, more: object = {}) =>
    line({
      ...{ v: 1, event: 'entry', at: `2026-11-26T${minute}Z`, key: minute, state: name, severity: 'P1' },
      ...{
        what: 'Nobody can sign in.',
        since: '2026-11-26T06:50:00Z',
        who: 'ada@laptop',
        text: `${name}, <b>`,
      },
      ...more,
    })
  const run = (id: string, runbook: string, begun: string, ended: string) =>
    [
      {
        v: 1,
        event: 'run-start',
        at: at(begun),
        run: id,
        runbook,
        title: `Play ${runbook}`,
        who: 'ben@desk',
      },
      { v: 1, event: 'step-start', at: at(begun), step: 'mend', title: 'Mend it' },
      { v: 1, event: 'command-end', at: at(begun), output: 'noise' },
      {
        v: 1,
        event: 'step-end',
        at: at(ended),
        step: 'mend',
        result: 'failed',
        seconds: 61,
        error: 'No room.',
      },
      { v: 1, event: 'run-end', at: at(ended), result: 'failed', exit: 1, seconds: 61 },
    ].map(line)
  const files = {
    'incidents/inc-20261126T070000Z.jsonl': [
      entry('07:00:00', 'investigating'),
      line({
        v: 1,
        event: 'told',
        key: '07:00:00',
        to: 'lead',
        by: 'webhook 1',
        result: 'failed',
        error: 'HTTP 503',
      }),
      line({ v: 1, event: 'told', key: '07:00:00', to: 'users', by: 'hand', result: 'due' }),
      entry('07:20:00', 'identified', { severity: 'P0' }),
      entry('07:30:00', 'resolved'),
    ],
    'runs/20261126T070500Z-mend-1a2b.jsonl': run(
      '20261126T070500Z-mend-1a2b',
      'mend',
      '07:05:00',
      '07:06:01',
    ),
    'runs/20261126T070600Z-incident-1a2b.jsonl': run(
      '20261126T070600Z-incident-1a2b',
      'incident',
      '07:06:00',
      '07:06:01',
    ),
    'runs/20261126T080000Z-later-1a2b.jsonl': run(
      '20261126T080000Z-later-1a2b',
      'later',
      '08:00:00',
      '08:01:00',
    ),
    'runs/20261126T060000Z-before-1a2b.jsonl': run(
      '20261126T060000Z-before-1a2b',
      'before',
      '06:00:00',
      '06:01:00',
    ),
    'guard.jsonl': [
      line({ event: 'taken', at: '2026-11-26T07:10:00Z', run: 'shell-1', runbook: 'restore', who: 'cy@lap' }),
      line({
        event: 'released',
        at: '2026-11-26T07:11:00Z',
        run: 'shell-1',
        runbook: 'restore',
        who: 'cy@lap',
      }),
    ],
  }
  for (const [file, lines] of Object.entries(files))
    await box.feed(
      `${lines.join('\n')}\n`,
      'sh',
      '-c',
      `mkdir -p ${state}/incidents ${state}/runs; cat >${state}/${file}`,
    )
  const draft = await box.exec('incident-draft')
  await box.exec('rm', '-f', `${state}/guard.jsonl`)
  expect(draft.err).toBe('')
  expect(draft.out).toMatchInlineSnapshot(`
    "# Post-mortem: Nobody can sign in.

    A draft from the journals of incident-test. Times are UTC.

    | | |
    | --- | --- |
    | Incident | inc-20261126T070000Z, incident-test |
    | Severity | P1, at its worst P0 |
    | Began | 2026-11-26 06:50:00 |
    | Opened | 2026-11-26 07:00:00, by ada@laptop: 10 min 00 s after it began |
    | Cause known | 2026-11-26 07:20:00: 30 min 00 s after it began |
    | Resolved | 2026-11-26 07:30:00, by ada@laptop: **40 min 00 s** after it began |
    | Who wrote | ada@laptop |

    ## Timeline

    - *10 min 00 s without an entry*
    - 07:00:00 **investigating**, P1, by ada@laptop: investigating, \\<b\\>
        - to be told by a person: users; **not told**: lead
    - *5 min 00 s without an entry*
    - 07:05:00 \`mend\` begun by ben@desk
        - 07:06:01 Mend it: **failed** after 1 min 01 s: No room.
    - 07:06:01 \`mend\` **failed**
    - *3 min 59 s without an entry*
    - 07:10:00 \`restore\` pasted from its page by cy@lap, until 07:11:00: its commands are in no journal
    - *9 min 00 s without an entry*
    - 07:20:00 **identified**, P0, by ada@laptop: identified, \\<b\\>
        - nobody was told
    - *10 min 00 s without an entry*
    - 07:30:00 **resolved**, P1, by ada@laptop: resolved, \\<b\\>
        - nobody was told

    ## Runs

    | Runbook | Begun | Took | Result | All of it |
    | --- | --- | --: | --- | --- |
    | Play mend | 07:05:00, by ben@desk | 1 min 01 s | failed | \`pnpm runbook report 20261126T070500Z-mend-1a2b --on incident-test\` |

    ## Summary

    … what happened, in two sentences, for somebody who was not there.

    ## What users noticed

    How many: … What is lost: …

    ## How it came about

    … the trigger, and what let it through.

    ## What helped, what did not

    Detection: … who noticed, and by what. Runbook: … which step was not as its page says.

    ## What is changed

    | What | Who | Until |
    | --- | --- | --- |
    | … the drill that would have found it | … | … |"
  `)
})

test('the words of every state and severity are there', () => {
  const words = readFileSync('stack/images/toolbox/bin/incident-words', 'utf8')
  const states = new Set([...words.matchAll(/^(\w+) \| /gm)].map(([, name]) => name))
  expect(states).toEqual(new Set(['P0', 'P1', 'P2', 'P3', 'investigating', 'identified', 'resolved']))
})
