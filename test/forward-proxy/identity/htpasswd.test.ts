import assert from 'node:assert/strict'
import { argon2Sync, randomBytes, scryptSync } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { fakeClock } from '../../support/fake-clock.ts'
import { until } from '../../support/until.ts'
import { basic, bcrypt, client, file, open } from './identity-bed.ts'

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

function argon2id(password: string): string {
  const salt = randomBytes(16)
  const parameters = { message: password, nonce: salt, parallelism: 1, tagLength: 32, memory: 64, passes: 2 }
  return `$argon2id$v=19$m=64,t=2,p=1$${unpadded(salt)}$${unpadded(argon2Sync('argon2id', parameters))}`
}

function scrypt(password: string): string {
  const salt = randomBytes(16)
  return `$scrypt$ln=10,r=8,p=1$${unpadded(salt)}$${unpadded(scryptSync(password, salt, 32, { N: 1024, r: 8, p: 1 }))}`
}

test('bcrypt, argon2id and scrypt let in who knows the password, and nobody else', async (t) => {
  const path = file(
    t,
    'htpasswd',
    `# people\n\nann:${bcrypt('one')}\r\nbob:${argon2id('two')}\neve:${scrypt('thrée')}:a comment\n`,
  )
  const identity = open(t, { basic: { file: path } })

  for (const [user, password] of [
    ['ann', 'one'],
    ['bob', 'two'],
    ['eve', 'thrée'],
  ] as const) {
    assert.deepEqual(await identity.authenticate(basic(user, password), client), { user, groups: [] })
    assert.equal(await identity.authenticate(basic(user, `${password}!`), client), 'wrong')
    assert.equal(await identity.authenticate(basic(`${user}2`, password), client), 'wrong')
  }
})

test('the hashes of other programs are understood', async (t) => {
  // The vectors of htpasswd 2.4, of passlib's documentation and of the argon2 reference implementation.
  const path = file(
    t,
    'htpasswd',
    [
      'apache:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC',
      'passlib:$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E',
      'argon:$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
    ].join('\n'),
  )
  const identity = open(t, { basic: { file: path } })

  assert.deepEqual(await identity.authenticate(basic('apache', 'myPassword'), client), { user: 'apache', groups: [] })
  assert.deepEqual(await identity.authenticate(basic('passlib', 'password'), client), { user: 'passlib', groups: [] })
  assert.deepEqual(await identity.authenticate(basic('argon', 'password'), client), { user: 'argon', groups: [] })
})

test('a line with a fault is named with its file and number, and never quoted', (t) => {
  const good = `ann:${bcrypt('one')}`
  const faults: [string, RegExp][] = [
    ['eve:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', /SHA-1/],
    ['eve:$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/', /MD5/],
    ['eve:$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO/O817G3u', /not taken/],
    ['eve:rqXexS6ZhobKA', /plain text or crypt/],
    ['eve:hunter2secret', /plain text or crypt/],
    ['eve:$2x$10$abcdefghijklmnopqrstuuAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', /broken kind/],
    ['eve:$2y$31$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC', /cost/],
    ['eve:$2y$05$short', /no bcrypt/],
    ['eve:$argon2i$v=19$m=64,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA', /another kind/],
    ['eve:$argon2id$v=19$m=9999999,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAA', /too large/],
    ['eve:$scrypt$ln=24,r=8,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAA', /too large/],
    ['hunter2secret', /form user:hash/],
    [`:${bcrypt('x')}`, /missing/],
    [`ann:${bcrypt('x')}`, /already/],
  ]
  for (const [line, reason] of faults) {
    const path = file(t, 'htpasswd', `${good}\n\n${line}\n`)
    assert.throws(
      () => open(t, { basic: { file: path } }),
      (error: Error) => {
        assert.equal(error.name, 'OptionError')
        assert.ok(error.message.includes(`${path}:3: `), error.message)
        assert.match(error.message, reason)
        assert.ok(!error.message.includes(line.split(':').at(-1) as string), error.message)
        return true
      },
    )
  }
})

test('a file that is not there, or is no file, is an error that names the option', (t) => {
  assert.throws(() => open(t, { basic: { file: '/nowhere/htpasswd' } }), /identity\.basic\.file.*ENOENT/)
  assert.throws(() => open(t, { basic: { file: '/tmp' } }), /no regular file/)
})

test('a changed file counts soon, for what is remembered as well; a broken one changes nothing and is warned of once', async (t) => {
  const clock = fakeClock()
  const warnings: string[] = []
  const path = file(t, 'htpasswd', `ann:${bcrypt('one')}\n`)
  const identity = open(t, { basic: { file: path } }, { clock, warn: (message) => warnings.push(message) })
  const tick = async () => {
    clock.advance(2000)
    for (let i = 0; i < 20; i++) await turn()
  }
  assert.deepEqual(await identity.authenticate(basic('ann', 'one'), client), { user: 'ann', groups: [] })

  writeFileSync(`${path}.new`, `ann:${bcrypt('two')}\n`)
  renameSync(`${path}.new`, path)
  let seen: unknown
  for (let i = 0; i < 50 && seen !== 'wrong'; i++) {
    await tick()
    seen = await identity.authenticate(basic('ann', 'one'), client)
  }
  assert.equal(seen, 'wrong')
  assert.deepEqual(await identity.authenticate(basic('ann', 'two'), client), { user: 'ann', groups: [] })

  writeFileSync(path, `ann:${bcrypt('three')}\neve:plain-secret\n`)
  await until(() => {
    void tick()
    return warnings.length > 0
  }, 'a warning')
  for (let i = 0; i < 5; i++) await tick()

  assert.equal(warnings.length, 1)
  assert.match(warnings[0] as string, /identity\.basic\.file: .*htpasswd:2: the password is plain text or crypt/)
  assert.doesNotMatch(warnings[0] as string, /plain-secret/)
  assert.deepEqual(await identity.authenticate(basic('ann', 'two'), client), { user: 'ann', groups: [] })
})

test('groups come from a file in the format of Apache', async (t) => {
  const path = file(t, 'groups', '# who\nstaff: ann bob\nadmins: ann\nstaff: eve\n')
  const users = [
    { user: 'ann', password: 'one', groups: ['staff', 'listed'] },
    { user: 'eve', password: 'two' },
    { user: 'tom', password: 'six' },
  ]
  const identity = open(t, { basic: { users }, groupsFile: path })

  assert.deepEqual(await identity.authenticate(basic('ann', 'one'), client), {
    user: 'ann',
    groups: ['staff', 'listed', 'admins'],
  })
  assert.deepEqual(await identity.authenticate(basic('eve', 'two'), client), { user: 'eve', groups: ['staff'] })
  assert.deepEqual(await identity.authenticate(basic('tom', 'six'), client), { user: 'tom', groups: [] })

  const broken = file(t, 'groups', 'staff: ann\nno colon\n')
  assert.throws(() => open(t, { basic: { users }, groupsFile: broken }), new RegExp(`${broken}:2: `))
})
