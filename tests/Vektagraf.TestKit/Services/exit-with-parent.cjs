// Loaded into the servers that tests start: whatever ends the test run, the server's standard input ends with it, and so does the server.
process.stdin.on('end', () => process.exit(0));
process.stdin.on('error', () => process.exit(0));
process.stdin.resume();
