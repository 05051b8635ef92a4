import type { Disk } from './disk.ts'
import { DiskEntry } from './disk-entry.ts'
import { fileBytes, headerBytes, roundedBytes } from './file-format.ts'
import { isPart, partFolder } from './file-name.ts'
import { type Found, scanFolders } from './scan.ts'

/** Finds what an earlier process left: fills the index, and removes what is unfinished, broken or past its time. */
export async function recover(disk: Disk): Promise<void> {
  await clearParts(disk)
  const { found, broken, orphans } = await scanFolders(disk.path, disk)
  for (const path of broken) {
    disk.faults.report('files that could not be used were removed', undefined)
    disk.trash.unlink(path)
  }
  for (const path of orphans) disk.trash.unlink(path)
  // In the order in which they were stored: of two of one variant the newer stays.
  found.sort((a, b) => a.serial - b.serial)
  disk.serial = (found.at(-1)?.serial ?? 0) + 1
  for (const one of found) enter(disk, one)
}

function enter(disk: Disk, { name, serial, size, headBytes, head, json, sideBytes }: Found): void {
  const side = sideBytes === 0 ? 0 : roundedBytes(headerBytes + sideBytes)
  const weight = roundedBytes(fileBytes(headBytes, size)) + side
  const entry = new DiskEntry(disk, {
    url: head.url,
    name,
    serial,
    size,
    headBytes,
    json,
    keepUntil: head.keepUntil,
    weight,
  })
  entry.hasSide = sideBytes > 0
  disk.index.add(entry)
  if (entry.keepUntil <= disk.clock.wall()) disk.index.remove(entry)
}

/** What was being written when the process ended. */
async function clearParts({ path, io, trash }: Disk): Promise<void> {
  const folder = partFolder(path)
  await new Promise<void>((resolve, reject) => {
    io.mkdir(folder, { recursive: true, mode: 0o700 }, (error) => (error === null ? resolve() : reject(error)))
  })
  const names = await new Promise<string[]>((resolve, reject) => {
    io.readdir(folder, (error, names) => (error === null ? resolve(names) : reject(error)))
  })
  const parts = names.filter(isPart)
  await Promise.all(parts.map((name) => new Promise<void>((resolve) => trash.unlink(`${folder}/${name}`, resolve))))
}
