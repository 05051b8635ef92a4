import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const child = fileURLToPath(new URL('memory-leak-child.ts', import.meta.url))
const maxBytes = 128 * 2 ** 20

interface Seen {
  readonly entries: number
  readonly grown: number
  readonly left: { readonly entries: number; readonly bytes: number }
  readonly heap: number
  readonly buffers: number
}

for (const size of [4096, 16_384]) {
  test(`100,000 objects of ${size} bytes larger than the store: the process grows by 1.2 of it at most, and all comes back`, async () => {
    const args = ['--expose-gc', child, `${maxBytes}`, `${size}`, '100000']
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 180_000 })
    const seen = JSON.parse(stdout) as Seen

    assert.ok(seen.entries > (maxBytes / (size + 3000)) * 0.9, `${seen.entries} entries`)
    assert.ok(seen.grown <= 1.2 * maxBytes, `grew by ${(seen.grown / maxBytes).toFixed(2)} of the bound`)
    assert.equal(seen.left.entries, 0)
    assert.equal(seen.left.bytes, 0)
    assert.ok(seen.heap < 4_000_000, `${seen.heap} bytes of heap are left`)
    assert.ok(seen.buffers < 1_000_000, `${seen.buffers} bytes of buffers are left`)
  })
}
