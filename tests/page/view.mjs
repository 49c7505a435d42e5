// SPDX-License-Identifier: MIT
//
// Pages of pvtool view, opened as files: of an image, of a dump with the back end native, of one with soft.
//
//	CHROMIUM=/usr/bin/chromium node tests/page/view.mjs build LINKED.html NATIVE.html SOFT.html

import { check, until, withPage } from './browser.mjs';
import { pathToFileURL } from 'node:url';

const [build, linked, native, soft] = process.argv.slice(2);

async function open(page, path) {
	await page.goto(String(pathToFileURL(path)));
	return until(page, () => document.querySelectorAll('.chart svg').length > 0);
}

async function choose(page, name, text) {
	await page.fill('.chooser input', name);
	await page.click(`.code .${text.includes('pv_ops') ? 'linked' : 'live'}:has-text("${text}")`);
	return page.evaluate(() => ({
		state: document.getElementById('state').textContent, record: document.querySelector('.record').textContent,
		now: [...document.querySelectorAll('.record tr.now .text')].map((cell) => cell.textContent), line: document.querySelector('.source li.picked')?.textContent,
	}));
}

await withPage(build, {}, async (page, seen) => {
	check(await open(page, linked), 'the page of an image opens as a file');
	check(await page.evaluate(() => !document.querySelector('.code .live')), 'and has no live column');
	const asLinked = await choose(page, 'pit_clock_ns', 'pv_ops');
	check(asLinked.record.includes('irq.save_fl') && asLinked.line.includes('local_irq_save'), 'a site has its record and its line', JSON.stringify(asLinked));

	check(await open(page, native), 'so does that of a dump');
	const cli = await choose(page, 'pit_clock_ns', 'cli');
	check(cli.now.includes('cli') && cli.state.includes('back end native'), 'it says what the site holds', JSON.stringify(cli));
	check(await page.evaluate(() => !document.querySelector('.is-none-of-its-values')), 'and knows all that it has');

	check(await open(page, soft), "and another back end's");
	const call = await choose(page, 'pit_clock_ns', 'soft_irq_disable');
	check(call.now[0]?.includes('soft_irq_disable') && call.state.includes('back end soft'), 'which is another value', JSON.stringify(call));

	check(!seen.errors.length, 'no error was on the console', seen.errors);
	const strange = seen.requests.filter((request) => !request.startsWith('file:') && !request.startsWith('data:'));
	check(seen.requests.length === 3 && !strange.length, 'no request was made but for the pages', seen.requests);
});
