/** A process that answers on its standard output, one request after the other, for as long as it lives. */
import { spawn } from 'node:child_process'

export interface Lines {
  /** Sends text and resolves to what is printed before the line `end`. Rejects when the process ends first. */
  ask(text: string): Promise<string>
  close(): Promise<void>
}

/**
 * Starts a command whose answers end with a line `end`, which the request itself has to bring about: for psql,
 * `\echo END`. One request at a time; a further one waits.
 */
export function openLines(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string>; end: string },
): Lines {
  const child = spawn(command, args, { cwd: options.cwd, env: options.env, stdio: 'pipe' })
  const end = `${options.end}\n`
  let printed = ''
  let complaint = ''
  let closed = false
  let answer: { resolve(text: string): void; reject(error: Error): void } | undefined
  let queue: Promise<unknown> = Promise.resolve()

  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    printed += data
    const at = printed === end || printed.startsWith(end) ? 0 : printed.indexOf(`\n${end}`) + 1
    if (at === 0 && !printed.startsWith(end)) return
    const text = printed.slice(0, at)
    printed = printed.slice(at + end.length)
    answer?.resolve(text.replace(/\n$/, ''))
    answer = undefined
  })
  child.stderr.setEncoding('utf8').on('data', (data: string) => {
    complaint = (complaint + data).slice(-2000)
  })
  child.stdin.on('error', () => {})
  const ended = new Promise<void>((resolve) => {
    const finish = (why: string) => {
      closed = true
      answer?.reject(new Error(complaint.trim() || why))
      answer = undefined
      resolve()
    }
    child.on('error', (error) => finish(error.message))
    child.on('close', (status) => finish(`${command} ended with status ${status}`))
  })

  return {
    ask(text) {
      const next = queue.then(
        () =>
          new Promise<string>((resolve, reject) => {
            if (closed) return reject(new Error(complaint.trim() || `${command} has ended`))
            answer = { resolve, reject }
            child.stdin.write(text)
          }),
      )
      queue = next.catch(() => {})
      return next
    },
    async close() {
      child.stdin.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), 1000)
      await ended
      clearTimeout(timer)
    },
  }
}
