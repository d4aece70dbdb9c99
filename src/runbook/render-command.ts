import type { Command } from './document.ts'

/** A command as the reader's shell gets it: every interpolation is a variable in double quotes. */
export function renderCommand(command: Command): string {
  return command.pieces.map((piece) => (piece.type === 'text' ? piece.text : `"$${piece.name}"`)).join('')
}
