// Loaded into the services that tests and `npm start` start: whatever ends their parent, the service's standard input ends with it, and so does the service.
process.stdin.on('end', () => process.exit(0));
process.stdin.on('error', () => process.exit(0));
process.stdin.resume();

// A service that has been asked to stop, and has, is not kept alive by this.
process.stdin.unref?.();
