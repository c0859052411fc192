// The whole of Vektagraf on this machine, on the services that it has on Azure: Azurite for blobs, a stand-in for Cosmos DB, and the server on both.
//
//   npm start -- [--fresh] [--server <program>] [options of the server]
//
// --fresh   keeps the blobs in memory, and takes free ports, instead of artifacts/azurite and ports 10000 and 8081
// --server  runs this program instead of building one
//
// Ctrl+C stops all of it: the server first, then what it stands on. The stand-in for Cosmos DB forgets everything.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const guard = join(root, 'scripts', 'exit-with-parent.cjs');

// Published, the same for every Azurite and every emulator.
const blobKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const cosmosKey = 'C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==';

const { fresh, program, passedOn } = options(process.argv.slice(2));

function options(all) {
  const rest = [...all];
  const isFresh = rest.includes('--fresh');
  const named = rest.indexOf('--server');
  const [, server] = named < 0 ? [] : rest.splice(named, 2);
  return { fresh: isFresh, program: server, passedOn: rest.filter(argument => argument !== '--fresh') };
}

function install() {
  if (existsSync(join(root, 'node_modules', 'azurite')) && existsSync(join(root, 'node_modules', '@vercel', 'cosmosdb-server'))) {
    return;
  }

  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}

/** Starts a service that outlives Ctrl+C, so that the server can finish, but not this process. */
function service(name, script, args, saysWhere) {
  const child = spawn(process.execPath, ['--require', guard, join(root, script), ...args], { cwd: root, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const said = [];
  const listening = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', line => {
        said.push(line);
        const match = saysWhere.exec(line);
        if (match) {
          resolve(match[1]);
        }
      });
    }

    child.on('exit', () => reject(new Error(`${name} ended before it listened. Is its port in use? --fresh takes a free one.\n${said.join('\n')}`)));
  });
  return { child, listening };
}

function azurite() {
  const directory = join(root, 'artifacts', 'azurite');
  mkdirSync(directory, { recursive: true });
  const place = fresh ? ['--inMemoryPersistence', '--blobPort', '0'] : ['--location', directory];
  return service(
    'Azurite', join('node_modules', 'azurite', 'dist', 'src', 'blob', 'main.js'),
    [...place, '--blobHost', '127.0.0.1', '--disableTelemetry', '--silent', '--skipApiVersionCheck'], /successfully listens on (http:\/\/\S+)/);
}

function cosmos() {
  return service('The stand-in for Cosmos DB', join('scripts', 'cosmos-server.cjs'), ['--port', fresh ? '0' : '8081'], /^Cosmos listens on (http:\/\/\S+)/);
}

function server(blobs, insights) {
  const environment = {
    ...process.env,
    VEKTAGRAF_STORE_CONNECTION: `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=${blobKey};BlobEndpoint=${blobs}/devstoreaccount1;`,
    VEKTAGRAF_COSMOS_CONNECTION: `AccountEndpoint=${insights};AccountKey=${cosmosKey};`,
  };
  const [command, args] = program ? [program, passedOn] : ['dotnet', ['run', '-c', 'Release', '--project', join(root, 'src', 'Vektagraf.Server'), '--', ...passedOn]];
  return spawn(command, args, { cwd: root, stdio: 'inherit', env: environment });
}

install();
const services = [azurite(), cosmos()];
let exitCode = 1;
try {
  const [blobs, insights] = await Promise.all(services.map(s => s.listening));
  console.log(`Azurite listens on ${blobs}, the stand-in for Cosmos DB on ${insights}`);
  const running = server(blobs, insights);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    // On Ctrl+C the terminal tells the server as well; being told twice does it no harm.
    process.on(signal, () => running.kill('SIGTERM'));
  }

  exitCode = await new Promise((resolve, reject) => {
    running.on('error', reject);
    running.on('exit', code => resolve(code ?? 1));
  });
} catch (error) {
  console.error(error.message);
} finally {
  for (const { child } of services) {
    child.removeAllListeners('exit');

    // Azurite writes down what it has when it is asked to stop.
    child.kill('SIGTERM');
  }
}

process.exitCode = exitCode;
