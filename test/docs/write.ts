import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/imports.ts'
import { referencePages } from './reference.ts'

for (const [path, text] of referencePages()) {
  writeFileSync(join(root, path), text)
  console.log(path)
}
