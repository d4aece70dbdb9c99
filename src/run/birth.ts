/**
 * When a process was born. Its number alone does not tell it from another one: a machine that starts again, or a
 * container that is made anew, gives the same numbers to others.
 */
import { readFileSync } from 'node:fs'

/** `BOOT/TICKS` of a process of this machine; undefined if there is no such process, or no /proc that tells. */
export function birth(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    // `12 (name) S parent …`, the name may hold anything; the 22nd field is its start, in ticks since the boot.
    const ticks = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/.*\) /s)[1]?.split(' ')[19]
    return ticks === undefined ? undefined : `${boot}/${ticks}`
  } catch {
    return undefined
  }
}

/** True if the number now belongs to another process than the one that was born then. False if that is not known. */
export function reused(pid: number, born: string | undefined): boolean {
  const now = birth(pid)
  return born !== undefined && now !== undefined && now !== born
}

/** What a journal says of a process. */
export function identity(pid: number): { pid: number; born?: string } {
  const born = birth(pid)
  return born === undefined ? { pid } : { pid, born }
}
