// SPDX-License-Identifier: MIT
//
// A browser for tests: Debian's Chromium, by playwright-core. A check is a line of JSON on stdout, which
// Pedant::Browser makes a check of the test's. What is waited for is a condition, within a time that only a machine
// that hangs needs.
//
//	await withPage(process.argv[2], { colorScheme: 'dark' }, async (page, seen) => {
//		await page.goto(url);
//		check(await until(page, () => document.title === 'x'), 'it has its title');
//	});

import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { spawn } from 'node:child_process';

const PATIENCE = 60000 * Number(process.env.PATIENCE || 1);
const STEP = 50;

export function check(passed, what, found) {
	console.log(JSON.stringify({ ok: Boolean(passed), what, found: passed ? undefined : String(found) }));
	return passed;
}

export function skip(what, why) {
	console.log(JSON.stringify({ skip: why, what }));
}

// Asked again and again: the pages forbid what playwright's own waiting is made of.
export async function until(page, condition, argument) {
	for (const end = Date.now() + PATIENCE; Date.now() < end;) {
		const answer = await page.evaluate(condition, argument);
		if (answer)
			return answer;
		await new Promise((done) => { setTimeout(done, STEP); });
	}
	return null;
}

// A folder's server on a free port: {url, stop}.
export async function serve(folder) {
	const server = spawn(process.execPath, ['tools/page/serve.mjs', folder, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
	for await (const line of server.stdout)
		return { url: /http:\S+/.exec(line)[0], stop: () => server.kill() };
	throw new Error('no server');
}

function listen(page, seen) {
	page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()));
	page.on('pageerror', (error) => seen.errors.push(error.message));
	page.on('request', (request) => seen.requests.push(request.url()));
}

export async function withPage(build, options, use) {
	const { chromium } = createRequire(resolve(build, 'npm/tests'))('playwright-core');
	const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
	const seen = { errors: [], requests: [] };
	try {
		const page = await browser.newPage({ viewport: { width: 1400, height: 1000 }, ...options });
		listen(page, seen);
		await use(page, seen);
	} finally {
		await browser.close();
	}
}
