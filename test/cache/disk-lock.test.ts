import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startChild } from '../support/child.ts'
import { diskTest } from './disk-bed.ts'
import { foundOne, headOf, put } from './store-bed.ts'

const child = fileURLToPath(new URL('disk-crash-child.ts', import.meta.url))

diskTest('a folder that another process has is refused by its name, and free when that is dead', async (bed) => {
  const other = startChild(child, [bed.path])
  try {
    await other.says(/stored/)

    await assert.rejects(bed.open(), (error: Error) => {
      assert.ok(
        error.message.includes(bed.path) && error.message.includes(`process ${other.process.pid}`),
        error.message,
      )
      return true
    })
    assert.ok(existsSync(`${bed.path}/lock`))
  } finally {
    await other.stop('SIGKILL')
  }

  const store = await bed.open()
  await put(store, headOf('http://a.test/'), 'mine')
  await foundOne(store, 'http://a.test/')
})

diskTest('one process cannot open a folder twice, and can again when it has closed it', async (bed) => {
  const store = await bed.open()
  await assert.rejects(bed.open(), /in use/)
  await store.close()
  assert.equal(existsSync(`${bed.path}/lock`), false)

  await bed.open()
})

diskTest('a lock of a pid that another process has now is stale, and so is one half written', async (bed) => {
  for (const stale of [`${process.pid} 12345\n`, '4194000 77\n', '', '12']) {
    writeFileSync(`${bed.path}/lock`, stale)

    const store = await bed.open()

    assert.match(readFileSync(`${bed.path}/lock`, 'latin1'), new RegExp(`^${process.pid} \\d+\\n$`))
    await store.close()
  }
})
