// LanceDB under measurement for the benchmark verb "cold": builds a table with an IVF-PQ index, then opens it anew for every query.
// usage: node lance.cjs <folder with node_modules> <folder with base.fbin and query.fbin> <JSON: uri, options, queries, probes, refine>
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const [modules, data, specification] = process.argv.slice(2);
const spec = JSON.parse(specification);
const lancedb = require(path.join(modules, 'node_modules', '@lancedb', 'lancedb'));
const arrow = require(path.join(modules, 'node_modules', 'apache-arrow'));

function load(file) {
  const bytes = fs.readFileSync(path.join(data, file));
  return { count: bytes.readInt32LE(0), dim: bytes.readInt32LE(4), vectors: new Float32Array(bytes.buffer, bytes.byteOffset + 8, (bytes.length - 8) / 4) };
}

async function build(base) {
  const db = await lancedb.connect(spec.uri, { storageOptions: spec.options });
  const item = new arrow.Field('item', new arrow.Float32(), true);
  const schema = new arrow.Schema([new arrow.Field('id', new arrow.Int32()), new arrow.Field('v', new arrow.FixedSizeList(base.dim, item), true)]);
  const vectors = arrow.makeData({
    type: new arrow.FixedSizeList(base.dim, item), length: base.count, nullCount: 0,
    child: arrow.makeData({ type: new arrow.Float32(), length: base.count * base.dim, nullCount: 0, data: base.vectors }),
  });
  const ids = arrow.makeData({ type: new arrow.Int32(), length: base.count, nullCount: 0, data: Int32Array.from({ length: base.count }, (_, i) => i) });
  const batch = new arrow.RecordBatch(schema, arrow.makeData({ type: new arrow.Struct(schema.fields), length: base.count, nullCount: 0, children: [ids, vectors] }));
  const table = await db.createTable('things', new arrow.Table(schema, [batch]), { mode: 'overwrite' });
  await table.createIndex('v', { config: lancedb.Index.ivfPq({ distanceType: 'l2', numPartitions: Math.round(Math.sqrt(base.count)), numSubVectors: base.dim / 8 }) });
}

async function search(query) {
  const start = process.hrtime.bigint();
  const db = await lancedb.connect(spec.uri, { storageOptions: spec.options });
  const table = await db.openTable('things');
  const found = await table.vectorSearch(query).column('v').distanceType('l2').nprobes(spec.probes).refineFactor(spec.refine).limit(10).select(['id']).toArray();
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, ids: found.map((r) => r.id) };
}

(async () => {
  const base = load('base.fbin');
  const query = load('query.fbin');
  if (spec.build) {
    await build(base);
  }

  const results = [];
  for (let q = 0; q < Math.min(spec.queries, query.count); q++) {
    results.push(await search(query.vectors.subarray(q * query.dim, (q + 1) * query.dim)));
  }
  console.log(JSON.stringify({ ids: results.map((r) => r.ids), seconds: results.map((r) => r.seconds) }));
})().catch((error) => { console.error(error); process.exit(1); });
