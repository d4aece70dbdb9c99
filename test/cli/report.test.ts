/** The report of a run that failed, was killed, taken up by someone else, and undone: to be pasted as it is. */
import { expect, test } from 'vitest'
import { reportText } from '../../src/cli/report-text.ts'
import { times } from '../../src/cli/report-time.ts'
import type { Event } from '../../src/run/journal-schema.ts'
import { progress } from '../../src/run/progress.ts'

const start = Date.parse('2026-11-21T11:30:00Z')
/** An event so many seconds after the start. */
const at = (seconds: number, event: object) =>
  ({ v: 1, at: new Date(start + seconds * 1000).toISOString(), ...event }) as Event

const command = { command: "psql -c 'select `1|2`'", purpose: 'run', signal: null, truncated: false }
const events: Event[] = [
  at(0, {
    ...{ event: 'run-start', who: 'ada@laptop', host: 'laptop', pid: 1, engine: 'ssh://op@server' },
    ...{ run: '20261121T113000Z-restore-4f2a', runbook: 'restore', title: 'Restore *all*', commit: 'abc' },
    ...{ environment: 'production', params: { TO: 'a|b', PASSWORD: '[redacted]' }, secrets: ['PASSWORD'] },
    plan: ['one', 'two'].map((slug) => ({ type: 'step', slug, title: slug, digest: '' })),
  }),
  at(1, { event: 'step-start', step: 'one', title: 'One' }),
  at(1, { event: 'command-start', step: 'one', command: 'sleep 90', purpose: 'run' }),
  at(91, {
    event: 'command-end',
    step: 'one',
    ...command,
    command: 'sleep 90',
    exit: 0,
    seconds: 90,
    output: '',
  }),
  at(91, { event: 'step-end', step: 'one', result: 'done', seconds: 90 }),
  at(211, { event: 'step-start', step: 'two', title: 'Two' }),
  at(211, { event: 'command-start', step: 'two', command: command.command, purpose: 'run' }),
  // Killed here.
  at(811, { event: 'run-resume', who: 'ben@desk', host: 'desk', pid: 2, run: 'r', from: 'two' }),
  at(812, { event: 'step-start', step: 'two', title: 'Two' }),
  at(812, { event: 'command-start', step: 'two', command: command.command, purpose: 'run' }),
  at(814, {
    event: 'command-end',
    step: 'two',
    ...command,
    exit: 1,
    seconds: 2,
    output: 'ERROR: <b>\n```\n',
  }),
  at(814, { event: 'step-end', step: 'two', result: 'failed', seconds: 2, error: 'The command_ended.' }),
  at(815, { event: 'undo-start', by: 'operator', steps: ['one'] }),
  at(815, { event: 'undo-step-start', step: 'one', title: 'One' }),
  at(820, { event: 'undo-step-end', step: 'one', result: 'done', seconds: 5 }),
  at(820, { event: 'undo-end', result: 'done' }),
  at(821, { event: 'run-end', result: 'undone', exit: 1, seconds: 10, error: 'The command_ended.' }),
]

test('who, where, when, each command, gaps, and where the time went', () => {
  const state = progress(events)
  expect(state && reportText(events, state)).toMatchInlineSnapshot(`
    "# Restore \\*all\\* on production

    | | |
    |---|---|
    | Runbook | Restore \\*all\\* (\`restore\`) |
    | Environment | production, engine \`ssh://op@server\` |
    | Result | undone, exit code 1 |
    | Begun | 2026-11-21T11:30:00.000Z by ada@laptop |
    | Ended | 2026-11-21T11:43:41.000Z by ben@desk |
    | Params | \`TO\` = \`a\\|b\`, \`PASSWORD\` = \`[redacted]\` |
    | Steps | 1 of 2 finished |
    | Undone | 1 |
    | Commit | abc |
    | Run | \`20261121T113000Z-restore-4f2a\` |

    ## Time

    | Time | |
    |---|--:|
    | From beginning to end | 13 min 41 s |
    | — in steps | 1 min 32 s |
    | — going back | 5.0 s |
    | — between steps | 2 min 04 s |
    | — while nobody played it | 10 min 00 s |

    | Step | Result | Took |
    |---|---|--:|
    | One | done | 1 min 30 s |
    | Two | failed, 2 attempts | 2.0 s |
    | Going back: One | done | 5.0 s |

    ## Timeline (UTC)

    - 11:30:00 begun by ada@laptop
    - 11:30:01 **One**
        - 11:31:31 \`sleep 90\` — ok, 1 min 30 s
        - 11:31:31 done after 1 min 30 s
    - *2 min 00 s without an event*
    - 11:33:31 **Two**
        - 11:33:31 \`\`psql -c 'select \`1|2\`'\`\` — was running when the process died; nobody knows how it ended
    - *10 min 00 s while nobody played it*
    - 11:43:31 **taken up again** by ben@desk, at \`two\`
    - 11:43:32 **Two**
        - 11:43:34 \`\`psql -c 'select \`1|2\`'\`\` — exit code 1, 2.0 s

          \`\`\`\`text
          ERROR: <b>
          \`\`\`
          \`\`\`\`

        - 11:43:34 **failed after 2.0 s**: The command\\_ended.
    - 11:43:35 going back over one step, decided by the operator
    - 11:43:35 going back: **One**
        - 11:43:40 done after 5.0 s
    - 11:43:40 going back: done
    - 11:43:41 **undone**: The command\\_ended.
    "
  `)
})

test('the times add up to the whole, wherever the journal ends', () => {
  for (let length = 1; length <= events.length; length++) {
    const { total, steps, back, between, nobody } = times(events.slice(0, length))
    expect(steps + back + between + nobody).toBeCloseTo(total, 6)
  }
})

test('a clock that was set back makes no time negative', () => {
  const turned = events.map((event, index) => at(-index, { ...event, at: undefined }))
  const dated = turned.map((event, index) => ({ ...event, at: new Date(start - index * 1000).toISOString() }))
  for (const value of Object.values(times(dated as Event[]))) expect(value).toBeGreaterThanOrEqual(0)
  const state = progress(dated as Event[])
  expect(state && reportText(dated as Event[], state)).not.toMatch(/-\d+(\.\d+)? (s|min|h)\b/)
})
