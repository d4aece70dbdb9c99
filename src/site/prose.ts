/** What overviews take from a runbook's prose. Pure. */

/** The first sentence of the paragraph that begins with `**WORD.**`, without that word; undefined if there is none. */
export function sentenceAbout(prose: string, word: string): string | undefined {
  const begin = `**${word}.**`
  const paragraph = prose.split(/\n\s*\n/).find((each) => each.startsWith(begin))
  return paragraph && /^.*?[.!?](?=\s|$)/.exec(plain(paragraph.slice(begin.length)))?.[0]
}

/** The first paragraph. */
export function opening(prose: string): string {
  return plain(prose.split(/\n\s*\n/)[0] ?? '')
}

/** Without emphasis, code marks and the targets of links, on one line. */
function plain(markdown: string): string {
  return (
    markdown
      .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
      // The underscore of a name is part of it.
      .replace(/[*`]|(?<!\w)_|_(?!\w)/g, '')
      .replace(/\s+/g, ' ')
      .trim()
  )
}
