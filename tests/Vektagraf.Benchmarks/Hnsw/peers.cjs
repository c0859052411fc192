// Another library under measurement for the benchmark verb "hnsw": one JSON command a line in, one line of JSON out.
// usage: node --expose-gc peers.cjs <folder with node_modules> <folder with base.fbin and query.fbin> <JSON: engine, scalar, m, efConstruction, part, parts, ef, view>
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');

const [modules, data, specification] = process.argv.slice(2);
const spec = JSON.parse(specification);
const K = 10;
const require_ = (name) => require(path.join(modules, 'node_modules', name));

// int32 rows, int32 dimensions, float32 components.
function load(file) {
  const bytes = fs.readFileSync(path.join(data, file));
  return { count: bytes.readInt32LE(0), dim: bytes.readInt32LE(4), vectors: new Float32Array(bytes.buffer, bytes.byteOffset + 8, (bytes.length - 8) / 4) };
}

const row = (set, i) => set.vectors.subarray(i * set.dim, (i + 1) * set.dim);
const nanoseconds = (work) => {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start);
};

function hnswlib(dim) {
  const { HierarchicalNSW } = require_('hnswlib-node');
  let index = new HierarchicalNSW('l2', dim);
  return {
    // The binding takes arrays of numbers and adds on one thread; the arrays are made outside the measured time.
    build(base, threads) {
      index.initIndex({ maxElements: base.count, m: spec.m, efConstruction: spec.efConstruction, randomSeed: 1 });
      let total = 0;
      for (let i = 0; i < base.count; i++) {
        const point = Array.from(row(base, i));
        total += nanoseconds(() => index.addPoint(point, i));
      }
      return total / 1e9;
    },
    save: (file) => index.writeIndexSync(file),
    load(file) {
      index = new HierarchicalNSW('l2', dim);
      index.readIndexSync(file);
      index.setEf(spec.ef);
    },
    prepare: (query) => Array.from(query),
    setEf: (ef) => index.setEf(ef),
    search: (query, filter) => (filter ? index.searchKnn(query, K, filter) : index.searchKnn(query, K)).neighbors,
  };
}

// Its bytes are of vectors made unit length, whichever type they are given in: floats lose least.
function usearch(dim) {
  const { Index, MetricKind, ScalarKind } = require_('usearch');
  const make = (ef) => new Index({
    dimensions: dim, metric: MetricKind.L2sq, quantization: spec.scalar === 'i8' ? ScalarKind.I8 : ScalarKind.F32,
    connectivity: spec.m, expansion_add: spec.efConstruction, expansion_search: ef, multi: false,
  });
  let index = make(spec.ef);
  let stored;
  return {
    build(base, threads) {
      const keys = BigUint64Array.from({ length: base.count }, (_, i) => BigInt(i));
      return nanoseconds(() => index.add(keys, base.vectors, threads)) / 1e9;
    },
    save(file) {
      stored = file;
      index.save(file);
    },
    load(file) {
      stored = file;
      this.setEf(spec.ef);
    },
    prepare: (query) => query,
    // The binding fixes the pool's length when an index is made.
    setEf(ef) {
      index = make(ef);
      if (spec.view) index.view(stored);
      else index.load(stored);
    },
    search: (query) => index.search(query, K, 1).keys,
  };
}

const queries = load('query.fbin');
const make = () => (spec.engine === 'hnswlib' ? hnswlib(queries.dim) : usearch(queries.dim));
const index = make();
const own = [];
for (let i = spec.part; i < queries.count; i += spec.parts) own.push(i);
const prepared = new Map(own.map((i) => [i, index.prepare(row(queries, i))]));
let filtered = [];
let accepted = new Uint8Array(0);
const accepts = (label) => accepted[label] === 1;
const ids = (found) => Array.from(found, Number);

function resident() {
  global.gc();
  const status = fs.readFileSync('/proc/self/status', 'utf8');
  const kilobytes = (name) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)[1]) * 1024;
  return { total: kilobytes('VmRSS'), anonymous: kilobytes('RssAnon'), file: kilobytes('RssFile') };
}

const commands = {
  build({ threads, file }) {
    const seconds = index.build(load('base.fbin'), threads);
    index.save(file);
    return { seconds, bytes: fs.statSync(file).size };
  },
  load: ({ file }) => index.load(file) ?? {},
  ef({ ef }) {
    index.setEf(ef);
    return { rows: own, ids: own.map((i) => ids(index.search(prepared.get(i)))) };
  },
  time: () => ({ seconds: nanoseconds(() => own.forEach((i) => index.search(prepared.get(i)))) / 1e9 }),
  // What a call costs before the library does anything: the same call with an index of ten rows.
  call({ file }) {
    const tiny = make();
    tiny.build({ count: K, dim: queries.dim, vectors: queries.vectors.subarray(0, K * queries.dim) }, 1);
    tiny.save(file);
    tiny.setEf(K);
    const calls = 20000;
    const pass = () => { for (let i = 0; i < calls; i++) tiny.search(prepared.get(own[i % own.length])); };
    pass();
    return { seconds: Math.min(...[1, 2, 3, 4, 5].map(() => nanoseconds(pass))) / 1e9 / calls };
  },
  filter({ file, queries: chosen, ef }) {
    accepted = new Uint8Array(fs.readFileSync(file));
    filtered = chosen;
    index.setEf(ef);
    return { ids: filtered.map((i) => ids(index.search(prepared.get(i), accepts))) };
  },
  filtered: () => ({ seconds: nanoseconds(() => filtered.forEach((i) => index.search(prepared.get(i), accepts))) / 1e9 }),
  memory: resident,
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  process.stdout.write(JSON.stringify(commands[command.name](command)) + '\n');
});
