/**
 * The run on a terminal: finished steps stay as lines, below them the running one with its time, its command and
 * the end of its output, and what is still to come. log-update redraws only what changed.
 */
import { createLogUpdate } from 'log-update'
import type { Event, EventOf, Output } from '../../run/journal-schema.ts'
import { clip, duration, paint, width, wrap } from '../text.ts'
import type { Display, Usual } from './display.ts'
import { lines } from './lines.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const TAIL = 5
const REDRAW = 100

interface Running {
  title: string
  slug: string
  since: number
  undo: boolean
  command: string
  tail: string[]
}

export function liveDisplay(stream: NodeJS.WriteStream, usual: Usual): Display {
  const color = paint(stream)
  const log = createLogUpdate(stream)
  const output = lines()
  let waiting: { slug: string; title: string }[] = []
  let running: Running | undefined
  let frame = 0
  let aside = false
  let dirty = true

  const persist = (line: string) => {
    log.clear()
    stream.write(`${line}\n`)
    dirty = true
  }

  const draw = () => {
    if (aside || !running) return
    const columns = width(stream)
    const seconds = (performance.now() - running.since) / 1000
    const expected = running.undo ? undefined : usual.get(running.slug)
    const time = `${duration(seconds)}${expected ? ` · usually ${duration(expected)}` : ''}`
    const late = expected !== undefined && seconds > 2 * expected + 5
    const mark = color('cyan', FRAMES[frame++ % FRAMES.length] ?? '')
    const title = clip(`${running.undo ? 'Going back: ' : ''}${running.title}`, columns - time.length - 5)
    const room = Math.max(0, Math.min(TAIL, (stream.rows ?? 24) - 6))
    const rest = output.rest
    const tail = [...running.tail, ...(rest ? [rest] : [])].slice(-room)
    const next = waiting.filter(({ slug }) => slug !== running?.slug)
    log(
      [
        `${mark} ${color('bold', title)}  ${color(late ? 'yellow' : 'dim', time)}`,
        ...(running.command ? [color('dim', `  $ ${clip(running.command, columns - 5)}`)] : []),
        ...tail.map((line) => color('dim', `  │ ${clip(line, columns - 5)}`)),
        ...(next.length > 0 && !running.undo
          ? [
              color(
                'dim',
                `  ${clip(`${next.length} to come: ${next.map(({ title }) => title).join(', ')}`, columns - 3)}`,
              ),
            ]
          : []),
      ].join('\n'),
    )
    dirty = false
  }
  const timer = setInterval(draw, REDRAW)
  timer.unref()

  const begin = (slug: string, title: string, undo: boolean) => {
    running = { title, slug, since: performance.now(), undo, command: '', tail: [] }
    output.end()
    draw()
  }
  const end = (mark: string, detail: string) => {
    if (!running) return
    persist(`${mark} ${running.undo ? 'Went back: ' : ''}${running.title}  ${color('dim', detail)}`)
    waiting = waiting.filter(({ slug }) => slug !== running?.slug)
    running = undefined
  }
  /** What failed stays on the screen: the next thing may be a question about it. */
  const fail = ({ result, seconds, error = '' }: EventOf<'step-end' | 'undo-step-end'>) => {
    const { command = '', tail = [] } = running ?? {}
    const columns = width(stream)
    end(color('red', '✗'), `${result} after ${duration(seconds)}`)
    if (command) persist(`  $ ${clip(command, columns - 5)}`)
    for (const line of tail) persist(color('dim', `  │ ${clip(line, columns - 5)}`))
    persist(wrap(error, columns - 2, '  '))
  }
  const add = (all: string[]) => {
    if (running && all.length > 0) running.tail = [...running.tail, ...all].slice(-TAIL)
  }

  const listen = (event: Event | Output) => {
    switch (event.event) {
      case 'run-start':
        waiting = event.plan.map(({ slug, title }) => ({ slug, title }))
        break
      case 'step-start':
        begin(event.step, event.title, false)
        break
      case 'undo-step-start':
        begin(event.step, event.title, true)
        break
      case 'command-start':
        if (running) running.command = event.command
        break
      case 'output':
        add(output.write(event.text))
        break
      case 'command-end':
        add(output.end())
        break
      case 'step-end':
      case 'undo-step-end':
        if (event.result === 'done') end(color('green', '✓'), duration(event.seconds))
        else fail(event)
        break
      case 'step-skip':
        end(color('green', '✓'), event.reason === 'unless' ? 'had already happened' : 'marked as done')
        break
      case 'confirm':
        waiting = waiting.filter(({ slug }) => slug !== event.step)
        persist(
          `${event.answer === 'yes' ? color('green', '✓') : color('red', '✗')} ${event.question}  ${color('dim', event.answer)}`,
        )
        break
      case 'note':
        persist(event.text)
        break
      case 'run-end':
        log.clear()
        break
    }
    if (dirty) draw()
  }

  return {
    listen,
    notice: (text) => persist(color('yellow', text)),
    async aside(question) {
      aside = true
      log.clear()
      try {
        return await question()
      } finally {
        aside = false
        dirty = true
      }
    },
    close() {
      clearInterval(timer)
      log.clear()
      log.done()
    },
  }
}
