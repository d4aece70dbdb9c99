/** The form on a runbook's page that fills in its commands: see `fill-in.ts`. Pure. */
import type { Document, Param } from '../runbook/document.ts'
import { html, withCode } from './words.ts'

/** What the form needs to know of a param. */
export type FormParam = Omit<Param, 'position' | 'description'>

/** On one line, as Markdown wants HTML. Where there are no scripts the page hides it: it could do nothing. */
export function parameterForm({ name, params }: Document): string {
  const asked = params.filter(({ kind }) => kind !== 'secret')
  const known: FormParam[] = asked.map(({ position: _, description: __, ...param }) => param)
  const what = `What you type stays on this page. It goes into the commands under <a href="#run">In one command</a> and into the block <a href="#enter">Enter</a>.`
  return [
    `<form class="fill not-content" data-pagefind-ignore autocomplete="off" data-runbook="${html(name)}" data-params="${html(JSON.stringify(known))}" aria-label="Parameters">`,
    `<p>${what}</p>`,
    environment,
    ...asked.map((param) => field(param.name, param.description, fallback(param), control(param))),
    '<button type="reset">As it was</button>',
    '</form>',
  ].join('')
}

const environment = field(
  'ON',
  'The environment: the name of its file in `environments/`.',
  'If not given: `production` in one command, `sandbox` by hand.',
  input('ON'),
)

/** With somewhere to say what is wrong; that is read out when it appears. */
function field(name: string, description: string, ifNotGiven: string, element: string): string {
  return [
    `<div class="field"><label for="param-${name}"><code>${name}</code></label>`,
    element,
    `<small id="about-${name}">${withCode(description)} ${withCode(ifNotGiven)}</small>`,
    `<p id="problem-${name}" role="status"></p></div>`,
  ].join('')
}

function fallback({ kind, default: preset }: Param): string {
  if (kind === 'flag' || kind === 'choice' || preset === '') return ''
  return preset === undefined ? 'Must be given.' : `If not given: \`${preset}\`.`
}

function control({ name, kind, choices = [], default: preset }: Param): string {
  if (kind === 'flag') return `<input type="checkbox" value="true" ${attributes(name)}>`
  if (kind !== 'choice') return input(name)
  const first = preset === undefined ? 'must be given' : `not given: ${preset}`
  const options = choices.map((choice) => `<option>${html(choice)}</option>`)
  return `<select ${attributes(name)}><option value="">${html(first)}</option>${options.join('')}</select>`
}

function input(name: string): string {
  return `<input spellcheck="false" autocapitalize="off" ${attributes(name)}>`
}

function attributes(name: string): string {
  return `id="param-${name}" name="${name}" aria-describedby="about-${name} problem-${name}"`
}
