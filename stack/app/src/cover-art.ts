/** Draws covers for the demo data: the same number always gives the same bytes. */
export function drawCover(title: string, author: string, seed: number): string {
  const random = createRandom(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const [back, front, ink] = pick(palettes)
  const lines = wrap(title, 13)
  const text = lines
    .map(
      (line, i) =>
        `<text x="20" y="${52 + i * 28}" font-size="25" font-weight="700">${escapeXml(line)}</text>`,
    )
    .join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 300"><rect width="200" height="300" fill="${back}"/><g fill="${front}" stroke="${front}">${pick(patterns)(random)}</g><g fill="${ink}" font-family="Georgia,serif">${text}<text x="20" y="280" font-size="13">${escapeXml(author)}</text></g><rect width="9" height="300" fill="#000" opacity=".14"/></svg>\n`
}

/** mulberry32: small, and the same on every machine. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

// Background, drawing, text: each text has a contrast of at least 4.5 on both others' mix.
const palettes = [
  ['#1f3a4d', '#35607c', '#f6ecd9'],
  ['#6b2737', '#8f3e50', '#fbeee0'],
  ['#2f4a36', '#47694f', '#f3efdd'],
  ['#efe3cc', '#dfcba5', '#3a2b20'],
  ['#3c3353', '#574a77', '#f2ebfa'],
  ['#f2d5c4', '#e6b79e', '#4a1f16'],
  ['#d7e4e4', '#b5cfce', '#163436'],
  ['#4a3426', '#694c38', '#f8ecd8'],
] as const

const patterns: ((random: () => number) => string)[] = [
  (random) =>
    each(
      5,
      (i) =>
        `<circle cx="${whole(random, 40, 170)}" cy="${whole(random, 160, 240)}" r="${14 + i * 9}" fill="none" stroke-width="3"/>`,
    ),
  (random) => {
    const drop = whole(random, 8, 18)
    return each(
      7,
      (i) => `<path d="M0 ${150 + i * 16}q50 -${drop} 100 0t100 0" fill="none" stroke-width="4"/>`,
    )
  },
  (random) =>
    each(
      4,
      (i) =>
        `<path d="M-20 262L${whole(random, 20, 180)} ${140 + i * 18}L220 262Z" stroke="none" opacity="${(0.45 + i * 0.15).toFixed(2)}"/>`,
    ),
  (random) => {
    const x = whole(random, 70, 140)
    return `<circle cx="${x}" cy="200" r="46" stroke="none"/>${each(12, (i) => `<path d="M${x} 200l${Math.round(Math.cos((i * Math.PI) / 6) * 66)} ${Math.round(Math.sin((i * Math.PI) / 6) * 66)}" stroke-width="2"/>`)}`
  },
  (random) =>
    each(
      9,
      () =>
        `<rect x="${whole(random, 18, 165)}" y="${whole(random, 140, 235)}" width="22" height="22" stroke="none" opacity=".8"/>`,
    ),
  (random) =>
    each(
      8,
      (i) =>
        `<rect x="${20 + i * 20}" y="${whole(random, 150, 215)}" width="14" height="${whole(random, 20, 46)}" stroke="none"/>`,
    ),
]

const whole = (random: () => number, from: number, to: number) => Math.floor(from + random() * (to - from))
const each = (n: number, draw: (i: number) => string) => Array.from({ length: n }, (_, i) => draw(i)).join('')

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && `${last} ${word}`.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

const escapeXml = (text: string) => text.replace(/[<>&"']/g, (c) => `&#${c.charCodeAt(0)};`)
