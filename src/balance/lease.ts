import type { ErrorCode } from '../contract/errors.ts'
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
  /** Clock reading of the pick. */
  readonly began: number
  /** Of its breaker. */
  readonly ticket: number
  status = 0
  /** Milliseconds to the head of the answer; -1 while there is none. */
  latency = -1
  readonly #owner: LeaseOwner
  #over = false

  constructor(owner: LeaseOwner, member: Member, began: number, ticket: number) {
    this.#owner = owner
    this.member = member
    this.began = began
    this.ticket = ticket
  }

  get upstream(): Upstream {
    return this.member.upstream
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
