/** The figures of the last drill, as Markdown. Pure. */
import type { Evidence, Play } from '../evidence/schema.ts'
import { playSeconds, when } from './proof.ts'
import { count, duration, html, size } from './words.ts'

/** Tables as HTML, so that a wide one scrolls inside a box that the keyboard reaches. */
export function measured(evidence: Evidence): string {
  return [
    '## Measured {#measured}',
    `In the drill that ended on ${when(evidence.finished)}. Every scenario was brought about in containers, and the runbook was played as the script and as the blocks of this page, pasted into a live shell.`,
    table(
      'Scenarios',
      ['Scenario', 'Played as', 'Result', 'Time to recover', 'Data lost', 'Steps', 'Rows compared'],
      [...Map.groupBy(evidence.plays, ({ scenario }) => scenario)].flatMap(([scenario, plays]) =>
        plays.map((play, index) => [
          ...(index === 0 ? [spanning(scenario, plays.length)] : []),
          ...playRow(play),
        ]),
      ),
    ),
    evidence.twins.length > 0 &&
      'A drill that cannot fail proves nothing. With something broken, the runbook must stop and lose nothing:',
    evidence.twins.length > 0 &&
      table(
        'Broken on purpose',
        ['Broken on purpose', 'Result', 'What the operator saw'],
        evidence.twins.map(({ scenario, result, message }) => [
          html(scenario),
          result === 'passed' ? 'stopped, nothing lost' : '<strong>failed</strong>',
          `<code>${html(message)}</code>`,
        ]),
      ),
    about(evidence),
  ]
    .filter(Boolean)
    .join('\n\n')
}

/** The first cell of several rows. */
function spanning(scenario: string, rows: number): string {
  return `<th scope="rowgroup" rowspan="${rows}">${html(scenario)}</th>`
}

function playRow(play: Play): string[] {
  const { rendition, rto, rpo, discarded, rows } = play
  const wrong = rows && rows.missing + rows.unexpected > 0
  return [
    rendition === 'script' ? 'script' : `pasted into ${rendition}`,
    play.result === 'passed'
      ? ['passed', play.outlier && `two of three times; once ${html(play.outlier)}`].filter(Boolean).join(' ')
      : `<strong>failed</strong>: ${html(play.reason ?? 'no reason given')}`,
    rto === null ? '–' : duration(rto),
    rpo !== null ? duration(rpo) : discarded !== null ? `${duration(discarded)} discarded on purpose` : '–',
    duration(playSeconds(play)),
    rows === null
      ? '–'
      : `${count(rows.compared)}${wrong ? `, <strong>${count(rows.missing)} missing, ${count(rows.unexpected)} unexpected</strong>` : ', all right'}`,
  ]
}

function about({ machine, versions, commit, fingerprint, run }: Evidence): string {
  const parts = [
    `${machine.cpus} CPUs, ${size(machine.memoryBytes)} of memory, ${machine.platform}`,
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
    commit && `commit ${commit.slice(0, 10)}`,
    `fingerprint ${fingerprint.slice(0, 12)}`,
    `run ${run}`,
  ]
  return `<p class="took">${parts
    .filter(Boolean)
    .map((part) => html(String(part)))
    .join(' · ')}</p>`
}

function table(label: string, heads: string[], rows: string[][]): string {
  const row = (tag: string, cells: string[]) =>
    `<tr>${cells.map((cell) => (cell.startsWith('<th ') ? cell : `<${tag}>${cell}</${tag}>`)).join('')}</tr>`
  return [
    `<div class="wide" role="region" aria-label="${label}" tabindex="0"><table>`,
    `<thead>${row('th', heads)}</thead><tbody>${rows.map((cells) => row('td', cells)).join('')}</tbody>`,
    '</table></div>',
  ].join('')
}
