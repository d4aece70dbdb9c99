/** Where there is no terminal: every line once, in order, without moving the cursor. */
import type { Event, Output } from '../../run/journal-schema.ts'
import { duration, paint } from '../text.ts'
import type { Display, Usual } from './display.ts'
import { lines } from './lines.ts'

export function plainDisplay(stream: NodeJS.WriteStream, usual: Usual): Display {
  const color = paint(stream)
  const say = (text: string) => void stream.write(`${text}\n`)
  const output = lines()
  let total = 0
  let numbers = new Map<string, number>()
  let shown = ''
  const number = (step: string) => `${numbers.get(step) ?? '?'}/${total}`
  const print = (all: string[]) => {
    for (const line of all) say(`  ${color('dim', '│')} ${line}`)
  }
  const listen = (event: Event | Output) => {
    switch (event.event) {
      case 'run-start':
        total = event.plan.length
        numbers = new Map(event.plan.map(({ slug }, index) => [slug, index + 1]))
        break
      case 'step-start': {
        const expected = usual.get(event.step)
        say(
          `${color('bold', `[${number(event.step)}] ${event.title}`)}${expected ? color('dim', `  usually ${duration(expected)}`) : ''}`,
        )
        shown = ''
        break
      }
      case 'undo-step-start':
        say(color('bold', `[undo] ${event.title}`))
        shown = ''
        break
      case 'command-start':
        // The attempts of a retry look alike; one line is enough.
        if (event.command !== shown) say(`  ${color('cyan', '$')} ${event.command}`)
        shown = event.command
        break
      case 'output':
        print(output.write(event.text))
        break
      case 'command-end':
        print(output.end())
        break
      case 'step-end':
      case 'undo-step-end':
        if (event.result === 'done') say(`  ${color('green', 'done')} in ${duration(event.seconds)}`)
        else say(`  ${color('red', event.result)} after ${duration(event.seconds)}: ${event.error ?? ''}`)
        break
      case 'step-skip':
        say(
          `  ${color('green', 'skipped')}: ${event.reason === 'unless' ? 'it has already happened' : 'marked as done'}`,
        )
        break
      case 'confirm':
        say(
          `[${number(event.step)}] ${event.question}  ${event.answer}${event.by === 'flag' ? ' (--yes)' : ''}`,
        )
        break
      case 'note':
        say(event.text)
        break
    }
  }
  return { listen, notice: say, aside: (question) => question(), close: () => {} }
}
