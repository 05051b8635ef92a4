import { readdirSync, readFileSync } from 'node:fs'

/** What a process and its descendants have cost so far, from the operating system. */
export interface ProcessCost {
  /** User and system time on a processor, in nanoseconds. */
  readonly cpuNanoseconds: number
  /** Resident memory in bytes. Pages shared between workers count in each. */
  readonly rssBytes: number
}

/** Linux only. /proc/PID/schedstat counts nanoseconds where /proc/PID/stat counts ticks of 10 ms. */
export function processCost(pid: number): ProcessCost {
  let cpuNanoseconds = 0
  let rssBytes = 0
  for (const id of [pid, ...descendants(pid)]) {
    for (const task of readdirSync(`/proc/${id}/task`)) cpuNanoseconds += runTime(`/proc/${id}/task/${task}/schedstat`)
    rssBytes += Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/status`, 'latin1'))?.[1] ?? 0) * 1024
  }
  return { cpuNanoseconds, rssBytes }
}

/** Time for which a processor was not idle since boot, whoever used it, in nanoseconds; counted in ticks of 10 ms. */
export function busyNanoseconds(core: number): number {
  const line = readFileSync('/proc/stat', 'latin1')
    .split('\n')
    .find((text) => text.startsWith(`cpu${core} `))
  const [user = 0, nice = 0, system = 0, _idle, _iowait, irq = 0, softirq = 0, steal = 0] =
    line?.split(' ').slice(1).map(Number) ?? []
  return (user + nice + system + irq + softirq + steal) * 1e7
}

/** Open descriptors of one process: its sockets, and a few more that do not change. */
export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

function descendants(pid: number): number[] {
  const found: number[] = []
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const id = Number(name)
    if (Number.isInteger(id)) parents.set(id, parentOf(id))
  }
  const known = new Set([pid])
  for (let grew = true; grew; ) {
    grew = false
    for (const [id, parent] of parents) {
      if (!known.has(parent) || known.has(id)) continue
      known.add(id)
      found.push(id)
      grew = true
    }
  }
  return found
}

function parentOf(pid: number): number {
  const stat = readIfThere(`/proc/${pid}/stat`)
  // The second field is the command in parentheses and may hold spaces: the fields are counted from its end.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
}

function runTime(path: string): number {
  return Number(readIfThere(path).split(' ')[0] ?? 0)
}

/** Threads and processes end between the listing and the reading; what ended counts nothing. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
