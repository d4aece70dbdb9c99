import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { REDACTED, redactor } from '../../src/run/redact.ts'

const SECRET = "p4ss'wörd&+/=x"

/** Everything a stream lets through, chunk by chunk. */
function through(secrets: string[], chunks: string[]): string {
  const stream = redactor(secrets).stream()
  return chunks.map((chunk) => stream.write(chunk)).join('') + stream.end()
}

describe('a secret is taken out', () => {
  test.each([
    ['as it is', SECRET],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in a form', encodeURIComponent(`${SECRET}`).replaceAll('%20', '+')],
    ['in a URL in lower case', encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
    ['in base64', Buffer.from(SECRET).toString('base64')],
    ['in base64url', Buffer.from(SECRET).toString('base64url')],
    ['in hex', Buffer.from(SECRET).toString('hex')],
    ['in JSON', JSON.stringify(SECRET)],
    ['quoted for a shell', SECRET.replaceAll("'", "'\\''")],
  ])('%s', (_, form) => {
    const shown = redactor([SECRET]).text(`before ${form} after`)
    expect(shown).toContain(REDACTED)
    expect(shown).not.toContain(form)
    expect(shown).toMatch(/^before .* after$/)
  })

  test.each([1, 2, 3, 4, 5, 6])('in base64 behind %j other bytes', (before) => {
    const encoded = Buffer.from(`${'u'.repeat(before)}${SECRET}tail`).toString('base64')
    const shown = redactor([SECRET]).text(encoded)
    expect(shown).toContain(REDACTED)
    // What is left shows no more than the bits that its neighbours share.
    expect(Buffer.from(shown.replace(REDACTED, ''), 'base64').toString('latin1')).not.toContain('4ss')
  })

  test('each line of a key', () => {
    const key = `-----BEGIN KEY-----\n${'A'.repeat(64)}\n${'B'.repeat(64)}\n-----END KEY-----\n`
    expect(redactor([key]).text(`x ${'B'.repeat(64)} y`)).toBe(`x ${REDACTED} y`)
  })

  test('each line of a key, in base64', () => {
    const lines = ['A'.repeat(64), 'BC'.repeat(32)]
    const shown = redactor([lines.join('\n')]).text(Buffer.from(`x${lines[1]}y`).toString('base64'))
    expect(Buffer.from(shown, 'base64').toString('latin1')).not.toContain('BCBC')
  })

  test.each([64, 76])('in base64 and hex that is broken after %i characters, at any place', (columns) => {
    const key = `sk-${'0123456789abcdefghij'.repeat(8)}`
    for (const before of [0, 1, 2, 30]) {
      for (const encoding of ['base64', 'hex'] as const) {
        const encoded = Buffer.from(`${'u'.repeat(before)}${key}`).toString(encoding)
        const broken = encoded.replace(new RegExp(`.{${columns}}`, 'g'), '$&\n')
        const shown = redactor([key]).text(broken)
        expect(shown.length).toBeLessThan(before * 2 + REDACTED.length + 8)
        expect(through([key], [...broken])).toBe(shown)
      }
    }
  })

  test('inside data', () => {
    expect(redactor([SECRET]).data({ a: [`x${SECRET}`], b: 1, c: null })).toEqual({
      a: [`x${REDACTED}`],
      b: 1,
      c: null,
    })
  })

  test('whole, if the beginning of it is a secret, too', () => {
    expect(through(['hunter', 'hunter2-and-more'], ['hunter', '2-and-', 'more', ' hunter ', 'x'])).toBe(
      `${REDACTED} ${REDACTED} x`,
    )
  })

  test('if another secret seems to begin inside it', () => {
    expect(through(['xaab', 'abzz'], ['xaab', 'c', 'xaab', 'zz'])).toBe(`${REDACTED}c${REDACTED}`)
  })

  test('of the size of a large key, in a stream of 1 MB, within 2 s of the processor', () => {
    const key = Array.from({ length: 60 }, (_, n) => `line ${n} ${'k'.repeat(50)}`).join('\n')
    const stream = redactor([key]).stream()
    const before = process.cpuUsage()
    const chunk = `${'output of a restore, line after line\n'.repeat(1800)}`
    let length = 0
    for (let n = 0; n < 16; n++) length += stream.write(chunk).length
    expect(length).toBeGreaterThan(1e6 - 100)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1e6).toBeLessThan(2)
  })

  test('however it is cut into chunks', () => {
    const line = `one ${SECRET} two ${Buffer.from(SECRET).toString('base64')} three`
    fc.assert(
      fc.property(fc.array(fc.nat(line.length), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), line.length]
        const chunks = places.slice(1).map((end, index) => line.slice(places[index], end))
        expect(through([SECRET], chunks)).toBe(`one ${REDACTED} two ${REDACTED} three`)
      }),
    )
  })
})

describe('nothing else is', () => {
  test('text without a secret comes out as it went in, whatever it holds', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (chunks) => {
        fc.pre(!chunks.join('').includes('hunter2hunter2'))
        expect(through(['hunter2hunter2'], chunks)).toBe(chunks.join(''))
      }),
    )
  })

  test('a secret too short to be told from chance is left alone', () => {
    expect(redactor(['ab']).text('abab')).toBe('abab')
  })

  test('the beginning of a secret that does not go on is not lost', () => {
    expect(through(['hunter2hunter2'], ['hunter', '2hun', 'ter3'])).toBe('hunter2hunter3')
  })
})
