/** A runbook's page as Markdown. Pure: everything it says comes in as data. */
import type { Evidence, Play } from '../evidence/schema.ts'
import type { Confirm, Document, Item, Step } from '../runbook/document.ts'
import type { Block } from '../runbook/shell.ts'
import { commandText } from './command-line.ts'
import { measured } from './measured.ts'
import { parameterForm } from './parameter-form.ts'
import { type Proof, proofBar } from './proof.ts'
import { day, duration, fence, html, markdown } from './words.ts'

export interface PageInput {
  document: Document
  blocks: Block[]
  proof: Proof
  /** Absent if there is none, or none that can be believed. */
  evidence: Evidence | undefined
}

export function runbookPage({ document, blocks, proof, evidence }: PageInput): string {
  const undos = blocks.filter(({ kind }) => kind === 'undo')
  return [
    proofBar(proof, document.objective),
    document.prose,
    facts(document),
    parameters(document),
    command(document),
    byHand(document, blocks, evidence),
    undos.length > 0 && goBack(undos),
    evidence && measured(evidence),
    `## Source {#source}\n\nThe page above is made from this script.`,
    fence(document.source, `text title=${JSON.stringify(document.file)}`),
  ]
    .filter(Boolean)
    .join('\n\n')
}

function facts({ destructive, onFailure }: Document): string {
  const consent = destructive
    ? '**It can lose data or interrupt service.** On a real environment the script asks you to type the environment’s name first.'
    : '**It does not interrupt service.**'
  const failure =
    onFailure === 'undo'
      ? 'If a step fails, the script goes back by itself.'
      : 'If a step fails, the script stops and asks whether to go back.'
  return `${consent} ${failure}`
}

function command({ name, params }: Document): string {
  return [
    '## In one command {#run}',
    'In the checkout. Alone, it is a rehearsal: it starts the sandbox on this machine, brings about the first scenario of the drill there, and plays the runbook. Nothing else can be harmed.',
    fence(`pnpm runbook ${name}`, 'sh'),
    'On a real environment, after the plan has been looked at:',
    fence(commandText(name, params), 'sh command'),
  ].join('\n\n')
}

/** Where there are scripts, the page shows the form in place of the table. */
function parameters(document: Document): string {
  const rows = document.params.map(({ name, kind, description, choices, default: preset }) => {
    const values = choices ? choices.map((choice) => `\`${choice}\``).join(' ') : kind
    const fallback = preset === undefined ? '**must be given**' : preset === '' ? 'empty' : `\`${preset}\``
    return `| \`${name}\` | ${values} | ${fallback} | ${markdown(description)} |`
  })
  return [
    '## Parameters {#parameters}',
    parameterForm(document),
    '<div class="unfilled">',
    [
      '| Name | Value | If not given | Meaning |',
      '| --- | --- | --- | --- |',
      '| `ON` | text | `sandbox` | The environment\\: the name of its file in `environments/`\\. |',
      ...rows,
    ].join('\n'),
    '</div>',
  ].join('\n\n')
}

function byHand(document: Document, blocks: Block[], evidence: Evidence | undefined): string {
  const play = evidence?.plays.find(({ rendition, result }) => rendition === 'script' && result === 'passed')
  const inOrder = blocks.filter(({ kind }) => kind !== 'undo')
  const headings = itemHeadings(document.items)
  return [
    '## By hand, step by step {#steps}',
    [
      'Paste the blocks one after the other into **one** bash or zsh, in the checkout. A block stops by itself at the first',
      'command that fails; then do not go on. Grey lines are only there so that a block can be pasted; copying takes the whole block.',
    ].join('\n'),
    [
      ':::note[What pasting does not do]',
      'Consent, the journal and resuming belong to the script. The aliases and functions of your own shell still apply.',
      'The first block takes the lock on the environment; another operator is refused until the last block has run.',
      ':::',
    ].join('\n'),
    ...inOrder.map((block) => blockSection(block, headings, play, evidence)),
  ].join('\n\n')
}

interface Heading {
  item: Step | Confirm
  /** The included runbook whose first step this is. */
  begins?: { name: string; title: string; prose: string; steps: number }
}

/** Every step and confirmation by its slug, with includes resolved. */
function itemHeadings(items: Item[]): Map<string, Heading> {
  const headings = new Map<string, Heading>()
  for (const item of items) {
    if (item.type !== 'include') {
      headings.set(item.slug, { item })
      continue
    }
    const { name, title, prose } = item
    const inner = [...itemHeadings(item.items)]
    inner.forEach(([slug, heading], index) => {
      headings.set(
        slug,
        index === 0 ? { ...heading, begins: { name, title, prose, steps: inner.length } } : heading,
      )
    })
  }
  return headings
}

function blockSection(
  block: Block,
  headings: Map<string, Heading>,
  play: Play | undefined,
  evidence: Evidence | undefined,
): string {
  if (block.kind === 'enter') {
    // A secret is asked for in a block of its own: what is pasted behind the question would be the answer.
    if (block.title !== 'Enter')
      return [`${markdown(block.title)} Type it, then press Enter:`, figure(block)].join('\n\n')
    const what =
      'Loads the environment, sets the parameters, checks the target and takes the lock. Fill in the [parameters](#parameters) first, or edit the values here.'
    return ['### Enter {#enter}', what, figure(block)].join('\n\n')
  }
  if (block.kind === 'leave') return ['### Leave {#leave}', 'Releases the lock.', figure(block)].join('\n\n')
  const heading = block.step === undefined ? undefined : headings.get(block.step)
  if (!heading) throw new Error(`The block '${block.title}' belongs to no step of the document.`)
  const { item, begins } = heading
  if (item.type === 'confirm') {
    const box = `<p class="confirm not-content" id="${item.slug}"><label><input type="checkbox"> ${html(item.question)}</label></p>`
    return [item.prose, box].filter(Boolean).join('\n\n')
  }
  const measuredStep = play?.steps.find(({ slug }) => slug === item.slug)
  return [
    begins && included(begins),
    `### ${markdown(item.title)} {#${item.slug} .step}`,
    item.prose,
    figure(block),
    measuredStep && evidence && output(measuredStep, evidence.finished),
  ]
    .filter(Boolean)
    .join('\n\n')
}

function included({ name, title, prose, steps }: NonNullable<Heading['begins']>): string {
  const which = steps === 1 ? 'The next step is that' : `The next ${steps} steps are those`
  return [`${which} of [${markdown(title)}](/runbooks/${name}/).`, prose].filter(Boolean).join(' ')
}

function figure({ kind, step, title, text, dim }: Block): string {
  const meta = [
    `block="${kind}"`,
    step && `step="${step}"`,
    dim.length > 0 && `dim="${dim.join(',')}"`,
    `label=${JSON.stringify(title.replaceAll('"', '”'))}`,
    'frame="none"',
  ]
  return fence(text, `sh ${meta.filter(Boolean).join(' ')}`)
}

function output({ seconds, output: text }: Play['steps'][number], finished: string): string {
  const took = `in the drill of ${day(finished)}, ${duration(seconds)}`
  if (text.trim() === '') return `<p class="took">No output ${took}</p>`
  return [
    `<details class="output" data-pagefind-ignore><summary>Output ${took}</summary>`,
    fence(text, 'ansi frame="none"'),
    '</details>',
  ].join('\n\n')
}

function goBack(undos: Block[]): string {
  return [
    '## To go back {#to-go-back}',
    [
      'If a step failed: paste the blocks of the steps that **had finished**, in the order in which they stand here, then',
      '[Leave](#leave). Skip the blocks of steps that had not been reached.',
    ].join('\n'),
    ...undos.flatMap((block) => [`### Undo: ${markdown(block.title)} {#undo-${block.step}}`, figure(block)]),
  ].join('\n\n')
}
