// A local stand-in for Azure Cosmos DB, in memory: @vercel/cosmosdb-server over plain HTTP, with what .NET's client asks of it and it lacks
// added in front. Tests and `npm start` use this one, so that the client has no workarounds. ADR 32 lists the gaps.
//
//   node scripts/cosmos-server.cjs [--port 8081] [--host 127.0.0.1]
//
// Port 0 takes a free one; the line "Cosmos listens on http://…" says which.
'use strict';

const { createHttpServer } = require('@vercel/cosmosdb-server');

// To a query over one partition, nothing is left for the client to do: no sorting, no merging, no limits.
const NOTHING_TO_DO = {
  partitionedQueryExecutionInfoVersion: 2,
  queryInfo: {
    distinctType: 'None', top: null, offset: null, limit: null, orderBy: [], orderByExpressions: [], groupByExpressions: [],
    groupByAliases: [], aggregates: [], groupByAliasToAggregateType: {}, rewrittenQuery: '', hasSelectValue: false, hasNonStreamingOrderBy: false,
  },
  queryRanges: [{ min: '', max: 'FF', isMinInclusive: true, isMaxInclusive: false }],
};

function option(name, otherwise) {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : process.argv[at + 1];
}

function answerQueryPlan(request, response) {
  request.resume();
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(NOTHING_TO_DO));
  });
}

const server = createHttpServer({ keepAlive: true });
const [answer] = server.listeners('request');
server.removeAllListeners('request');
server.on('request', (request, response) => {
  if (request.headers['x-ms-cosmos-is-query-plan-request']) {
    answerQueryPlan(request, response);
    return;
  }

  // Without this header, the read of a document that is not there is an internal error.
  if (request.method === 'GET' && request.url.includes('/docs/')) {
    request.headers['x-ms-documentdb-query-enablecrosspartition'] = 'True';
  }

  answer(request, response);
});
server.on('error', error => {
  console.error(error.message);
  process.exit(1);
});
server.listen(Number(option('--port', '8081')), option('--host', '127.0.0.1'), () => {
  const { address, port } = server.address();
  console.log(`Cosmos listens on http://${address}:${port}/`);
});
