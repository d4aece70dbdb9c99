/** How far the end of one text is the beginning of another: Knuth, Morris and Pratt's way, a step a character. */

export interface Form {
  text: string
  /** Its `prefixTable`. */
  table: readonly number[]
}

/** For each place of the text: the length of its longest beginning that also ends there, the whole excepted. */
export function prefixTable(text: string): number[] {
  const table = [0]
  for (let at = 1, length = 0; at < text.length; at++) {
    while (length > 0 && text[at] !== text[length]) length = table[length - 1] ?? 0
    if (text[at] === text[length]) length++
    table.push(length)
  }
  return table
}

/** Length of the longest end of `text` that is a beginning of the form, the whole form excepted. */
export function overlap(text: string, { text: form, table }: Form): number {
  let length = 0
  for (let at = Math.max(0, text.length - form.length + 1); at < text.length; at++) {
    while (length > 0 && text[at] !== form[length]) length = table[length - 1] ?? 0
    if (text[at] === form[length]) length++
  }
  return length
}
