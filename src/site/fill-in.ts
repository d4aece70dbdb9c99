/**
 * Fills in the commands of a runbook's page from its form, with the code that wrote them. A field that is left empty
 * counts as not given; then the page is as it was.
 */
import { ENVIRONMENT_NAME } from '../run/environment-name.ts'
import { enterText } from '../runbook/enter.ts'
import { validateParam } from '../runbook/params.ts'
import { commandText } from './command-line.ts'
import type { FormParam } from './parameter-form.ts'

type Control = HTMLInputElement | HTMLSelectElement

/** Values may also come with the address: `?RESTORE_TO=…`. */
export function fillIn(page: Document, address: URL): void {
  const form = page.querySelector<HTMLFormElement>('form.fill')
  if (!form) return
  const { runbook = '', params: json = '[]' } = form.dataset
  const params: FormParam[] = JSON.parse(json)
  const shown = [
    { write: enterText, show: writer(page.querySelector('[data-block="enter"]')) },
    { write: commandText, show: writer(page.querySelector('[data-command]')) },
  ]

  const controls = [...form.querySelectorAll<Control>('[name]')]
  const update = () => {
    const given: Record<string, string> = {}
    let good = true
    for (const control of controls) {
      const value = read(control)
      if (value !== '') given[control.name] = value
      const found = value === '' ? undefined : problem(control.name, value, params)
      tell(control, found)
      if (found) good = false
    }
    for (const { write, show } of shown) show(write(runbook, params, given), good)
  }
  for (const control of controls) {
    const value = address.searchParams.get(control.name)
    if (value !== null) setValue(control, value)
  }
  form.addEventListener('input', update)
  // Only afterwards are the fields empty.
  form.addEventListener('reset', () => setTimeout(update))
  form.addEventListener('submit', (event) => event.preventDefault())
  update()
}

function read(control: Control): string {
  return control instanceof HTMLInputElement && control.type === 'checkbox' && !control.checked
    ? ''
    : control.value
}

function setValue(control: Control, value: string): void {
  if (control instanceof HTMLSelectElement) {
    if ([...control.options].some((option) => option.value === value)) control.value = value
  } else if (control.type === 'checkbox') control.checked = value === 'true'
  else control.value = value
}

function problem(name: string, value: string, params: readonly FormParam[]): string | undefined {
  const param = params.find((each) => each.name === name)
  if (param) return validateParam({ ...param, description: '' }, value)
  return ENVIRONMENT_NAME.test(value)
    ? undefined
    : 'ON must be lower-case letters, digits and dashes. Example: production'
}

function tell(control: Control, found = ''): void {
  control.setAttribute('aria-invalid', String(found !== ''))
  const place = control.form?.querySelector(`#problem-${control.name}`)
  // What is set again is read out again.
  if (place && place.textContent !== found) place.textContent = found
}

/** Shows a text in a block of Expressive Code, line by line; a line that is as it was gets its colours back. */
function writer(figure: Element | null): (text: string, good: boolean) => void {
  const originals = [...(figure?.querySelectorAll('.ec-line .code') ?? [])].map((code) => ({
    code,
    children: [...code.childNodes],
    text: code.textContent.replace(/\n$/, ''),
  }))
  const button = figure?.querySelector<HTMLButtonElement>('.copy button')
  return (text, good) => {
    const written = text.split('\n')
    for (const [index, { code, children, text: original }] of originals.entries()) {
      const line = written[index] ?? ''
      code.replaceChildren(...(line === original ? children : colored(line, children)))
    }
    if (!button) return
    // Expressive Code writes newlines like this, and reads the attribute when it copies.
    button.dataset['code'] = text.replaceAll('\n', '\u007f')
    button.disabled = !good
  }
}

/** Words that stand there still keep their colours; what follows has that of the word in whose place it begins. */
function colored(line: string, children: readonly ChildNode[]): Node[] {
  const nodes: Node[] = []
  const end = children.at(-1)?.textContent?.endsWith('\n') ? '\n' : ''
  let rest = line
  for (const child of children) {
    const node = child.cloneNode(true)
    const text = child.textContent ?? ''
    nodes.push(node)
    if (rest.startsWith(text)) {
      rest = rest.slice(text.length)
      continue
    }
    node.textContent = rest
    rest = ''
    break
  }
  return [...nodes, new Text(rest + end)]
}
