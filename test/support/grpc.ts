import * as grpc from '@grpc/grpc-js'

/** A method of bytes in and bytes out: no proto file is needed. */
function method(name: string, requestStream: boolean, responseStream: boolean): grpc.MethodDefinition<string, string> {
  const serialize = (text: string): Buffer => Buffer.from(text)
  const deserialize = (bytes: Buffer): string => bytes.toString()
  return {
    path: `/test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  }
}

const service = {
  unary: method('Unary', false, false),
  fail: method('Fail', false, false),
  hang: method('Hang', false, false),
  serverStream: method('ServerStream', false, true),
  clientStream: method('ClientStream', true, false),
  bidi: method('Bidi', true, true),
}

export interface GrpcOrigin {
  readonly port: number
  /** Calls to `Hang` that were cancelled, by the client or by its deadline. */
  readonly cancelled: () => number
  close(): void
}

/** A gRPC server in cleartext on a port of its own. */
export async function grpcOrigin(): Promise<GrpcOrigin> {
  const server = new grpc.Server()
  let cancelled = 0
  server.addService(service, {
    unary(call: grpc.ServerUnaryCall<string, string>, reply: grpc.sendUnaryData<string>) {
      const head = new grpc.Metadata()
      head.set('x-head', String(call.metadata.get('x-asked')[0] ?? ''))
      call.sendMetadata(head)
      const trailers = new grpc.Metadata()
      trailers.set('x-trailer', 'end')
      reply(null, `hello ${call.request}`, trailers)
    },
    fail(_: grpc.ServerUnaryCall<string, string>, reply: grpc.sendUnaryData<string>) {
      const metadata = new grpc.Metadata()
      metadata.set('x-why', 'because')
      reply({ code: grpc.status.NOT_FOUND, details: 'nothing here: ü', metadata })
    },
    hang(call: grpc.ServerUnaryCall<string, string>) {
      call.on('cancelled', () => cancelled++)
    },
    serverStream(call: grpc.ServerWritableStream<string, string>) {
      for (let i = 0; i < 5; i++) call.write(`${call.request} ${i}`)
      call.end()
    },
    clientStream(call: grpc.ServerReadableStream<string, string>, reply: grpc.sendUnaryData<string>) {
      const all: string[] = []
      call.on('data', (text: string) => all.push(text))
      call.on('end', () => reply(null, all.join()))
    },
    bidi(call: grpc.ServerDuplexStream<string, string>) {
      call.on('data', (text: string) => call.write(text.toUpperCase()))
      call.on('end', () => call.end())
    },
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  return { port, cancelled: () => cancelled, close: () => server.forceShutdown() }
}

export interface Unary {
  readonly reply: string | undefined
  readonly error: grpc.ServiceError | null
  readonly head: Record<string, unknown>
  readonly trailers: Record<string, unknown>
}

export interface EchoClient {
  unary(
    name: 'unary' | 'fail' | 'hang',
    text: string,
    options?: { deadline?: number; cancelAfter?: number },
  ): Promise<Unary>
  serverStream(text: string): Promise<string[]>
  clientStream(texts: readonly string[]): Promise<string>
  /** Sends each text only when the answer to the one before has come. */
  bidi(texts: readonly string[]): Promise<string[]>
  close(): void
}

/** A client that speaks to `address`, such as `127.0.0.1:3000`, in cleartext. */
export function grpcClient(address: string): EchoClient {
  const Client = grpc.makeGenericClientConstructor(service, 'Echo')
  const client = new Client(address, grpc.credentials.createInsecure())

  return {
    unary(name, text, options = {}) {
      return new Promise((resolve) => {
        let head: Record<string, unknown> = {}
        let done: { reply: string | undefined; error: grpc.ServiceError | null } | undefined
        const metadata = new grpc.Metadata()
        metadata.set('x-asked', text)
        const limits = options.deadline === undefined ? {} : { deadline: Date.now() + options.deadline }
        const call = client[name]?.(text, metadata, limits, (error: grpc.ServiceError | null, reply?: string) => {
          done = { reply, error }
        }) as grpc.ClientUnaryCall
        call.on('metadata', (got: grpc.Metadata) => {
          head = got.getMap()
        })
        call.on('status', (status: grpc.StatusObject) =>
          setImmediate(() =>
            resolve({ ...(done as NonNullable<typeof done>), head, trailers: status.metadata.getMap() }),
          ),
        )
        if (options.cancelAfter !== undefined) setTimeout(() => call.cancel(), options.cancelAfter)
      })
    },
    async serverStream(text) {
      const all: string[] = []
      const call = client.serverStream?.(text) as grpc.ClientReadableStream<string>
      for await (const one of call) all.push(one)
      return all
    },
    clientStream(texts) {
      return new Promise((resolve, reject) => {
        const call = client.clientStream?.((error: Error | null, reply: string) =>
          error === null ? resolve(reply) : reject(error),
        ) as grpc.ClientWritableStream<string>
        for (const text of texts) call.write(text)
        call.end()
      })
    },
    bidi(texts) {
      return new Promise((resolve, reject) => {
        const call = client.bidi?.() as grpc.ClientDuplexStream<string, string>
        const all: string[] = []
        const next = () => (all.length < texts.length ? call.write(texts[all.length] as string) : call.end())
        call.on('data', (text: string) => {
          all.push(text)
          next()
        })
        call.on('error', reject)
        call.on('end', () => resolve(all))
        next()
      })
    },
    close: () => client.close(),
  }
}
