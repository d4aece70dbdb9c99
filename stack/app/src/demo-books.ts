import { createHash } from 'node:crypto'
import { createRandom, drawCover } from './cover-art.ts'

export type DemoBook = {
  id: string
  title: string
  author: string
  year: number
  createdAt: string
  cover: Buffer
}

const firsts = [
  'Ada',
  'Bruno',
  'Clara',
  'Daniel',
  'Edith',
  'Farid',
  'Greta',
  'Hugo',
  'Ines',
  'Jonas',
  'Kerstin',
  'Luca',
  'Mirjam',
  'Noor',
  'Otto',
  'Paula',
]
const lasts = [
  'Abend',
  'Berg',
  'Castell',
  'Dorn',
  'Eichner',
  'Falk',
  'Garcia',
  'Hartmann',
  'Ivanova',
  'Jansen',
  'Keller',
  'Lindqvist',
  'Moreau',
  'Novak',
  'Okafor',
  'Petersen',
  'Rossi',
  'Silva',
  'Tanaka',
  'Weiss',
]
const adjectives = [
  'Quiet',
  'Distant',
  'Second',
  'Hidden',
  'Northern',
  'Unwritten',
  'Patient',
  'Broken',
  'Winter',
  'Paper',
  'Silver',
  'Forgotten',
  'Slow',
  'Last',
  'Borrowed',
  'Open',
]
const nouns = [
  'Harbour',
  'Garden',
  'Letter',
  'Orchard',
  'Mountain',
  'Station',
  'Archive',
  'River',
  'House',
  'Map',
  'Window',
  'Island',
  'Bridge',
  'Lighthouse',
  'Library',
  'Road',
]

/** Book `number` of the demo shelf. The same on every machine and every run; titles repeat only after 256, numbered. */
export function demoBook(number: number): DemoBook {
  // 37 and 256 have no common divisor: every pair of words comes once before any comes again.
  const pair = (number * 37) % (adjectives.length * nouns.length)
  const volume = Math.floor(number / (adjectives.length * nouns.length)) + 1
  const name = `The ${adjectives[pair % adjectives.length]} ${nouns[Math.floor(pair / adjectives.length)]}`
  const title = volume === 1 ? name : `${name}, Volume ${volume}`
  const random = createRandom(number)
  const author = `${firsts[Math.floor(random() * firsts.length)]} ${lasts[Math.floor(random() * lasts.length)]}`
  const year = 1880 + Math.floor(random() * 140)
  return {
    id: demoId(`book ${number}`),
    title,
    author,
    year,
    createdAt: new Date(Date.UTC(2024, 0, 1) + number * 60_000).toISOString(),
    cover: Buffer.from(drawCover(title, author, number)),
  }
}

/** A UUID (version 8: made by the application) out of a name. */
export function demoId(name: string): string {
  const hex = createHash('sha256').update(`drillbook demo ${name}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
