import { writeFileSync } from 'node:fs'
import { describeMachine } from '../peers/machine.ts'
import type { Outcome, Run } from './failover-scenario.ts'

/** Writes docs/balancing-failover.md. */
export function writeReport(run: Run, outcomes: readonly Outcome[]): void {
  writeFileSync(new URL('../../docs/balancing-failover.md', import.meta.url), page(run, outcomes))
}

function page({ rate, seconds }: Run, outcomes: readonly Outcome[]): string {
  return `# Balancing, when origins fail

Written by \`npm run bench:failover -- --write\`; do not edit by hand. Real processes on one machine: three origins, the proxy,
and a client that sends ${rate.toLocaleString('en')} requests a second whatever becomes of them (GET and HEAD of 100 bytes to 16 KB). Latencies are
counted from when a request was due. Each scenario takes about ${seconds} s; pools have their defaults, and slow start fits into the run.

${outcomes.map(section).join('\n\n')}

## Where

All processes share it, and it may have had other things to do:

${describeMachine()
  .map((line) => `- ${line}`)
  .join('\n')}
`
}

function section({ title, findings, notes }: Outcome): string {
  const rows = findings.map(({ claim, found, met }) => `| ${claim} | ${found} | ${met ? 'held' : '**not held**'} |`)
  const beside = notes.map((note) => `\n${note[0]?.toUpperCase()}${note.slice(1)}.`)
  return [
    `## ${title[0]?.toUpperCase()}${title.slice(1)}\n`,
    '| promise | found | |',
    '| --- | --- | --- |',
    ...rows,
    ...beside,
  ].join('\n')
}
