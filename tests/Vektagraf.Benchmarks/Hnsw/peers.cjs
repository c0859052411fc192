// Runs hnswlib-node or usearch for the benchmark verb "hnsw": one command a line in, one line of JSON out.
// usage: node peers.cjs <folder with node_modules> <folder with base.u8bin and query.u8bin> hnswlib|usearch <M> <efConstruction>
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');

const [modules, data, engine, m, efConstruction] = process.argv.slice(2);
const K = 10;

function load(file) {
  const bytes = fs.readFileSync(path.join(data, file));
  const count = bytes.readInt32LE(0);
  const dim = bytes.readInt32LE(4);
  return { count, dim, vectors: Float32Array.from(bytes.subarray(8)) };
}

const base = load('base.u8bin');
const queries = load('query.u8bin');
const row = (set, i) => set.vectors.subarray(i * set.dim, (i + 1) * set.dim);

function makeHnswlib() {
  const { HierarchicalNSW } = require(path.join(modules, 'node_modules', 'hnswlib-node'));
  const index = new HierarchicalNSW('l2', base.dim);
  index.initIndex({ maxElements: base.count, m: Number(m), efConstruction: Number(efConstruction), randomSeed: 1 });
  return {
    build() {
      for (let i = 0; i < base.count; i++) index.addPoint(Array.from(row(base, i)), i);
    },
    // The binding takes arrays; they are made outside the measured time.
    prepare: (i) => Array.from(row(queries, i)),
    setEf: (ef) => index.setEf(ef),
    search: (query) => index.searchKnn(query, K).neighbors,
  };
}

function makeUsearch() {
  const { Index, MetricKind, ScalarKind } = require(path.join(modules, 'node_modules', 'usearch'));
  const make = (ef) => new Index({
    dimensions: base.dim, metric: MetricKind.L2sq, quantization: ScalarKind.F32,
    connectivity: Number(m), expansion_add: Number(efConstruction), expansion_search: ef, multi: false,
  });
  let index = make(64);
  const file = path.join(require('node:os').tmpdir(), `vektagraf-usearch-${process.pid}`);
  return {
    build() {
      for (let i = 0; i < base.count; i++) index.add(BigInt(i), row(base, i), 1);
      index.save(file);
      process.on('exit', () => fs.rmSync(file, { force: true }));
    },
    prepare: (i) => row(queries, i),
    // The binding fixes the pool's length when an index is made.
    setEf(ef) {
      index = make(ef);
      index.load(file);
    },
    search: (query) => index.search(query, K, 1).keys,
  };
}

const index = engine === 'hnswlib' ? makeHnswlib() : makeUsearch();
const prepared = Array.from({ length: queries.count }, (_, i) => index.prepare(i));
const seconds = (work) => {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e9;
};

const commands = {
  build: () => ({ seconds: seconds(() => index.build()) }),
  ef(value) {
    index.setEf(Number(value));
    return { ids: prepared.map((query) => Array.from(index.search(query), Number)) };
  },
  time: () => ({ seconds: seconds(() => prepared.forEach((query) => index.search(query))) }),
  memory: () => ({ bytes: process.memoryUsage.rss() }),
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const [name, argument] = line.split(' ');
  process.stdout.write(JSON.stringify(commands[name](argument)) + '\n');
});
