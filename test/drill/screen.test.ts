import { describe, expect, test } from 'vitest'
import { normalise } from '../../src/drill/normalise.ts'
import { render } from '../../src/drill/screen.ts'

describe('what a terminal shows', () => {
  test.each([
    ['plain lines', 'one\r\ntwo\r\n', 'one\ntwo'],
    ['a line that is written over', 'working…\rdone    \r\n', 'done'],
    ['colours and titles', '\x1b]0;title\x07\x1b[31mred\x1b[0m', 'red'],
    [
      'progress that goes up',
      '[+] 0/1\r\n - db Stopping\r\n\x1b[2A\x1b[0G[+] 1/1\r\n - db Stopped \r\n',
      '[+] 1/1\n - db Stopped',
    ],
    ['erasing to the end of the line', 'a long line\r\x1b[Kshort', 'short'],
    ['erasing the rest of the screen', 'a\r\nb\r\nc\x1b[1A\x1b[0J', 'a\nb'],
  ])('%s', (_, output, shown) => {
    expect(render(output)).toBe(shown)
  })
})

test('evidence of two equal drills is equal', () => {
  const run = (name: string, at: string, id: string) =>
    normalise(
      `Container ${name}-db-1 Stopped after 1.${id.slice(0, 1).charCodeAt(0)}s\nRecovered up to ${at}.123456+00, at 0/5${id.slice(0, 6).toUpperCase()}\n`,
      name,
    )
  expect(run('drill-aa11', '2026-11-21 12:00:00', 'abcdef')).toBe(
    run('drill-bb22', '2026-11-22 01:02:03', 'fedcba'),
  )
  expect(run('drill-aa11', '2026-11-21 12:00:00', 'abcdef')).toBe(
    'Container sandbox-db-1 Stopped after N s\nRecovered up to YYYY-MM-DD HH:MM:SS, at LSN',
  )
})
