/** Lines of the acceptance list, and complaints, that no case here covers, and why. */
export const elsewhere: Readonly<Record<string, string>> = {
  A69: 'the PROXY protocol belongs to the identify plugin',
  F160: 'circuit breaking belongs to the balance plugin',
  F161: 'ejection of slow and failing upstreams belongs to the balance plugin',
  F162: 'following DNS changes belongs to discovery in the balance plugin',
  F163: 'health checks belong to the balance plugin',
  'complaint 35': 'HTTP/3: Node has no QUIC in its release builds',
}
