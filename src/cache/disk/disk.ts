import type { Clock } from '../../contract/clock.ts'
import type { DiskEntry, EntryHome } from './disk-entry.ts'
import type { DiskIndex } from './disk-index.ts'
import type { DiskIo } from './disk-io.ts'
import type { Faults } from './faults.ts'
import type { OpenFiles } from './open-files.ts'
import type { Outstanding } from './outstanding.ts'
import type { Trash } from './trash.ts'

/** What the parts of one store share. */
export interface Disk extends EntryHome {
  readonly path: string
  readonly io: DiskIo
  readonly clock: Clock
  readonly faults: Faults
  readonly files: OpenFiles
  readonly index: DiskIndex
  readonly trash: Trash
  /** Everything that has a file or is about to have one. */
  readonly outstanding: Outstanding
  readonly maxEntryBytes: number
  /** Bytes of content that wait for the disk, of all writers. */
  waiting: number
  /** Serial of the next file. */
  serial: number
  /** The disk did not answer: nothing is begun before this time of `clock.now()`. */
  pausedUntil: number
  /** A file is missing or not what it should be: the entry leaves, the fault is told. */
  broken(entry: DiskEntry, error: Error): void
}
