/** User and password for a parent. What prints or serialises an object finds nothing in it. */
export class Credentials {
  readonly #user: string
  readonly #password: string

  constructor(user: string, password: string) {
    this.#user = user
    this.#password = password
  }

  get user(): string {
    return this.#user
  }

  get password(): string {
    return this.#password
  }

  /** Value of a Proxy-Authorization field (RFC 7617). */
  get basic(): string {
    return `Basic ${Buffer.from(`${this.#user}:${this.#password}`).toString('base64')}`
  }
}
