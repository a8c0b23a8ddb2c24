// The official Node client against the embedded engine. Run by node_test.go with
// the engine's address in TIDEMARK_ENGINE_URL.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import test from 'node:test'
import { createClient } from '@clickhouse/client'

const options = { url: process.env.TIDEMARK_ENGINE_URL, database: process.env.TIDEMARK_ENGINE_DB }
const client = createClient(options)
test.after(() => client.close())

const rowsOf = async (query, more = {}) => (await client.query({ query, format: 'JSONEachRow', ...more })).json()

test('ping', async () => {
  assert.equal((await client.ping()).success, true)
  assert.equal((await client.ping({ select: true })).success, true)
})

test('insert objects and read them back', async () => {
  await client.command({ query: 'CREATE TABLE objects (id UInt32, name String, tags Array(String), at DateTime64(3)) ENGINE = MergeTree ORDER BY id' })
  const values = [
    { id: 2570, name: '\n\n小红书\n\n', tags: ['a', "b'"], at: '2025-01-14 03:04:05.678' },
    { id: 2, name: '', tags: [], at: '2025-01-14 00:00:00.000' },
  ]
  const { executed, query_id, summary } = await client.insert({ table: 'objects', values, format: 'JSONEachRow' })
  assert.equal(executed, true)
  assert.ok(query_id)
  assert.equal(summary.written_rows, '2')
  assert.deepEqual(await rowsOf('SELECT * FROM objects ORDER BY id DESC'), values)
  assert.equal((await client.insert({ table: 'objects', values: [], format: 'JSONEachRow' })).executed, false)
})

test('insert a stream', async () => {
  await client.command({ query: 'CREATE TABLE streamed (n UInt64) ENGINE = MergeTree ORDER BY n' })
  const rows = function* () {
    for (let n = 0; n < 50_000; n++) yield { n }
  }
  await client.insert({ table: 'streamed', values: Readable.from(rows(), { objectMode: true }), format: 'JSONEachRow' })
  assert.deepEqual(await rowsOf('SELECT count() AS c, sum(n) AS s FROM streamed'), [{ c: 50_000, s: 1_249_975_000 }])
})

test('compressed both ways', async () => {
  const packed = createClient({ ...options, compression: { request: true, response: true } })
  try {
    await packed.command({ query: 'CREATE TABLE packed (n UInt64) ENGINE = Memory' })
    await packed.insert({ table: 'packed', values: Array.from({ length: 10_000 }, (_, n) => ({ n })), format: 'JSONEachRow' })
    const result = await packed.query({ query: 'SELECT * FROM packed ORDER BY n', format: 'JSONEachRow' })
    assert.equal((await result.json()).length, 10_000)
  } finally {
    await packed.close()
  }
})

test('parameters', async () => {
  const [row] = await rowsOf('SELECT {text:String} AS text, {n:UInt8} AS n, {list:Array(String)} AS list, {at:DateTime} AS at, {none:Nullable(String)} AS none', {
    query_params: { text: "it's\ttabbed\nand \\ more", n: 7, list: ['a', "b'"], at: new Date('2025-01-14T00:00:00Z'), none: null },
  })
  assert.deepEqual(row, { text: "it's\ttabbed\nand \\ more", n: 7, list: ['a', "b'"], at: '2025-01-14 00:00:00', none: null })
})

test('JSON with statistics, settings and query id', async () => {
  const query_id = randomUUID()
  const result = await client.query({ query: "SELECT number, getSetting('max_block_size') AS size FROM numbers(3)", format: 'JSON', query_id, clickhouse_settings: { max_block_size: '77' } })
  assert.equal(result.query_id, query_id)
  const json = await result.json()
  assert.equal(json.rows, 3)
  assert.equal(Number(json.data[0].size), 77)
  assert.ok(json.statistics.rows_read >= 3)
})

test('read a stream of 200,000 rows', async () => {
  const result = await client.query({ query: 'SELECT number FROM numbers(200000)', format: 'JSONCompactEachRow' })
  let rows = 0
  for await (const part of result.stream()) rows += part.length
  assert.equal(rows, 200_000)
})

test('formats', async () => {
  for (const format of ['CSVWithNames', 'TabSeparatedWithNames', 'Parquet', 'JSONCompact', 'JSONStrings']) {
    const result = await client.exec({ query: `SELECT number AS n FROM numbers(100000) FORMAT ${format}` })
    let size = 0
    for await (const part of result.stream) size += part.length
    assert.ok(size > 100_000, `${format}: ${size} bytes`)
  }
})

test('errors', async () => {
  await assert.rejects(client.query({ query: 'SELECT * FROM nowhere' }), { code: '60', type: 'UNKNOWN_TABLE' })
  await assert.rejects(client.insert({ table: 'nowhere', values: [{ a: 1 }], format: 'JSONEachRow' }), { code: '60' })
  await assert.rejects(client.command({ query: 'SELEC 1' }), { code: '62' })
})

test('error in mid stream', async () => {
  const result = await client.query({ query: 'SELECT throwIf(number = 400000) FROM numbers(1000000)', format: 'JSONEachRow' })
  await assert.rejects(async () => {
    for await (const part of result.stream()) void part
  }, /395|non-zero/)
})

test('session with a temporary table', async () => {
  const session = createClient({ ...options, session_id: randomUUID(), max_open_connections: 1 })
  try {
    await session.command({ query: 'CREATE TEMPORARY TABLE mine (a UInt8)' })
    await session.insert({ table: 'mine', values: [{ a: 7 }], format: 'JSONEachRow' })
    assert.deepEqual(await (await session.query({ query: 'SELECT * FROM mine', format: 'JSONEachRow' })).json(), [{ a: 7 }])
  } finally {
    await session.close()
  }
})

test('abort', async () => {
  const query_id = randomUUID()
  const abort = new AbortController()
  const running = client.query({ query: 'SELECT sum(cityHash64(number)) FROM numbers(1000000000000)', query_id, abort_signal: abort.signal })
  const seen = `SELECT count() AS n FROM system.processes WHERE Settings['log_comment'] = '${query_id}'`
  const until = async (n) => {
    while (Number((await rowsOf(seen))[0].n) !== n) await new Promise((done) => setTimeout(done, 20))
  }
  await until(1)
  abort.abort()
  await assert.rejects(running)
  await until(0)
})
