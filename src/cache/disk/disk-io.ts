import fs from 'node:fs'

/** The calls to the file system that the store makes while it runs: what a test may make fail. */
export type DiskIo = Pick<
  typeof fs,
  'open' | 'close' | 'read' | 'writev' | 'writeFile' | 'rename' | 'unlink' | 'mkdir' | 'readdir'
>

export const systemIo: DiskIo = fs
