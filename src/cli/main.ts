#!/usr/bin/env node
const least = 24
if (Number.parseInt(process.versions.node, 10) < least) {
  process.stderr.write(`sallyport: needs Node.js ${least} or later; this is ${process.version}\n`)
  process.exit(1)
}
// Loaded only now: an old Node could not even read it.
const { run } = await import('./program.ts')
process.exit(await run(process.argv.slice(2)))
