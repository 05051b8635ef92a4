/** What Allow says (RFC 9110 10.2.1) where the answer is ours: the methods that every upstream may be asked with. */
export const allowed = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'
