// SPDX-License-Identifier: MIT
//
// A web server of one folder, for this machine's browsers only, until it is interrupted. Port 0 takes a free one; a
// line says which it is.
//
//	node tools/page/serve.mjs build/page 8080

import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
	'.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json', '.wasm': 'application/wasm',
};
const [folder, port] = process.argv.slice(2);

function fail(why) {
	console.error(`make serve: ${why}`);
	process.exit(2);
}

// The file's path below the folder, or null: nothing above it is anyone's business.
function find(url) {
	try {
		const path = join(folder, normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname)));
		const found = path.endsWith('/') ? join(path, 'index.html') : path;
		return statSync(found).isFile() ? found : null;
	} catch {
		return null; // not a name of any file
	}
}

function answer(request, response) {
	const path = find(request.url);
	if (!path) {
		response.writeHead(404).end();
		return;
	}
	response.writeHead(200, { 'Content-Type': TYPES[extname(path)] || 'application/octet-stream', 'Cache-Control': 'no-cache' });
	createReadStream(path).pipe(response);
}

if (!/^\d{1,5}$/.test(port) || Number(port) > 65535)
	fail(`PORT=${port} is not a port`);
const server = createServer(answer);
server.on('error', (error) => fail(error.code === 'EADDRINUSE' ? `PORT=${port} is taken: say another` : error.message));
server.listen(Number(port), '127.0.0.1', () => console.log(`make serve: http://localhost:${server.address().port}/ has ${folder}, until Ctrl-C`));
