import type { ErrorCode } from '../contract/errors.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { Lease, Upstream } from '../contract/pool.ts'
import type { Member } from './member.ts'

/** Who is told what became of a lease. */
export interface LeaseOwner {
  leaseAnswered(lease: MemberLease): void
  leaseOver(lease: MemberLease, error: ErrorCode | undefined): void
}

/** One exchange at one member. */
export class MemberLease implements Lease {
  readonly member: Member
  /** Clock reading from which the upstream is waited for: of the pick, later by the time that the content took to come. */
  began: number
  /** Of its breaker. */
  readonly ticket: number
  status = 0
  /** Milliseconds to the head of the answer; -1 while there is none. */
  latency = -1
  /** Who is to come back to this member; undefined where nobody is. */
  readonly exchange: Exchange | undefined
  readonly #owner: LeaseOwner
  #over = false
  #uploadAt = -1
  #uploading = false

  constructor(owner: LeaseOwner, member: Member, began: number, ticket: number, exchange?: Exchange) {
    this.#owner = owner
    this.member = member
    this.began = began
    this.ticket = ticket
    this.exchange = exchange
  }

  get upstream(): Upstream {
    return this.member.upstream
  }

  upload(now: number, whole: boolean): void {
    if (this.#uploadAt !== -1) this.began += now - this.#uploadAt
    this.#uploadAt = now
    this.#uploading = !whole
  }

  /** Milliseconds that the upstream took for its answer, or had for one; -1 while it is the client who is waited for. */
  waited(now: number): number {
    if (this.latency !== -1) return this.latency
    return this.#uploading ? -1 : now - this.began
  }

  answered(status: number): void {
    if (this.status !== 0 || this.#over) return
    this.status = status
    this.#owner.leaseAnswered(this)
  }

  release(error?: ErrorCode): void {
    if (this.#over) return
    this.#over = true
    this.#owner.leaseOver(this, error)
  }
}
