// SPDX-License-Identifier: MIT
//
// The laboratory as a reader uses it: it boots, patches, shows what it did; another boot makes other bytes. What
// memory holds at the end is left in a file, for who judges it by other means.
//
//	CHROMIUM=/usr/bin/chromium node tests/page/laboratory.mjs build FIRST SIZE DUMP

import { writeFileSync } from 'node:fs';
import { check, serve, skip, until, withPage } from './browser.mjs';

const [build, first, size, dump] = process.argv.slice(2);

const endedOrAsks = () => globalThis.laboratory &&
	/^pedant: \d+ passed, 0 failed|^pedant> /m.test(laboratory.terminal.text());

// Of the site whose record is shown, in all places that show it.
const shown = () => {
	const live = document.querySelector('.code .live.picked');
	const site = laboratory.view.sites[live.dataset.site];
	return {
		i: site.i, is: site.now.is, live: live.textContent, memory: [...laboratory.machine.read(site.at, site.len)],
		bytes: [...site.live], now: [...document.querySelectorAll('.record tr.now .text')].map((cell) => cell.textContent),
		record: document.querySelector('.record').textContent, linked: document.querySelector('.code .linked.picked').textContent,
		colours: ['.source li.picked', '.code .linked.picked', '.code .live.picked'].map((place) => /\bc\d\b/.exec(document.querySelector(place)?.className)?.[0]),
	};
};

const counts = () => {
	const found = {};
	for (const site of laboratory.view.sites)
		(found[site.family] ??= {})[site.now.is] = (found[site.family][site.now.is] ?? 0) + 1;
	return found;
};

async function bootsAndPatches(page) {
	check(await until(page, endedOrAsks), 'the kernel boots in the page, and all passes', await page.evaluate(() => document.body.innerText));
	check(await until(page, () => document.querySelectorAll('.cell[data-changed]').length > 900), 'the squares of sites that were patched have flashed');
	await until(page, () => laboratory.view.sites.every((site) => site.now.is !== 'breakpoint')); // a key that is turned just now
	const found = await page.evaluate(counts);
	check(!('as linked' in found.paravirt) && found.paravirt.template > 600, 'no paravirt site is as linked', JSON.stringify(found));
	check(Object.values(found).every((family) => !family['none of its values']), 'each site holds one of its values', JSON.stringify(found));
	const drawn = () => document.querySelectorAll('#statistics svg').length === 3 && document.querySelector('#statistics').textContent;
	const statistics = await until(page, drawn);
	check(['paravirt', 'static_call', 'inline', 'irq_disable'].every((word) => statistics?.includes(word)), 'the statistics are drawn', statistics);
}

async function showsASite(page) {
	await page.fill('.chooser input', 'pit_clock_ns');
	await page.click('.code .live >> nth=-1');
	const other = await page.evaluate(shown);
	await page.click('.code .live:has-text("cli")');
	const site = await page.evaluate(shown);
	check(/call \*0x[0-9a-f]+ <pv_ops/.test(site.linked), 'a click on a site shows it as linked', site.linked);
	check(site.memory.join() === site.bytes.join(), 'the live column is what memory holds', `${site.memory} ${site.bytes}`);
	check(site.now.includes('cli') && site.record.includes('irq.irq_disable'), 'its record has the value that it holds', site.record);
	for (const { colours } of [site, other])
		check(colours[0] && new Set(colours).size === 1, `the three columns have one colour for a site, ${colours[0]}`, colours);
	check(site.colours[0] !== other.colours[0], "another line's is another");
	return site;
}

async function bootsOtherwise(page, before) {
	await page.click('text=pv=soft');
	check(await until(page, endedOrAsks), 'it boots again, by a button');
	check(await until(page, (i) => laboratory.view.sites[i].now.is === 'call', before.i), 'with the back end soft the site is a call');
	const site = await page.evaluate(shown);
	check(/call 0x[0-9a-f]+ <.*soft/.test(site.live), 'and the column says of whom', site.live);
	check(site.now[0]?.includes('soft'), 'so does the record', site.now);
}

async function typesIntoTheShell(page, cli) {
	if (!await page.evaluate(() => laboratory.terminal.text().includes('pedant> '))) {
		skip('a key is flipped in the shell, the back end changed', 'this kernel has no shell on its serial port');
		return;
	}
	await page.selectOption('#shell select[aria-label="static key"]', 'irq_statistics');
	await page.fill('.chooser input', 'irq_deliver');
	await page.click('.code .live:has(.tag:text-is("J"))');
	const before = await page.evaluate(shown);
	await page.click('#shell button:text-is("flip")');
	check(await until(page, (i) => laboratory.view.sites[i].now.is === 'jmp', before.i), 'a key that is flipped in the shell changes the site');
	const after = await page.evaluate(shown);
	check(before.live !== after.live && /jmp/.test(after.live), 'and the bytes in the column', after.live);
	for (const [name, is] of [['native', 'template'], ['soft', 'call']]) {
		await page.click(`#shell button:text-is("${name}")`);
		check(await until(page, ([i, wanted]) => laboratory.view.sites[i].now.is === wanted, [cli.i, is]), `a switch to ${name} does, too, under the running kernel`);
	}
	await page.selectOption('#shell select[aria-label="static call"]', 'choice_call');
	const choice = await until(page, () => { const names = [...document.querySelectorAll('#targets option')].map((option) => option.value); return names.length > 1 && names; });
	check(choice?.join() === 'choice_fn_no,choice_fn_yes', 'what a call could call is a choice', choice);
	await page.fill('#shell input[list="targets"]', choice?.at(-1) ?? '');
	await page.click('#shell button:text-is("set")');
	check(await until(page, () => /^ {2}choice_call calls choice_fn_yes$/m.test(laboratory.terminal.text())), 'and it calls what was chosen', await page.evaluate(() => laboratory.terminal.text().slice(-1000)));
	check(await page.evaluate(() => document.querySelector('#shell select[aria-label="static call"]').value) === 'choice_call', 'the choice stays, whatever was typed');
	await page.click('#shell button:text-is("site")');
	check(await until(page, () => /irq_deliver\+0x/.test(laboratory.terminal.text())), 'and the kernel says what it knows of the site that is chosen',
		await page.evaluate(() => laboratory.terminal.text().slice(-2000)));
}

async function makesAMistake(page) {
	const said = (pattern) => until(page, (source) => new RegExp(source, 'm').test(laboratory.terminal.text()), pattern.source);
	const mistakes = await page.evaluate(() => [...document.querySelectorAll('#shell select[aria-label="mistake"] option')].map((option) => option.value));
	check(mistakes.length > 25 && !mistakes.includes('others-run-on'), 'the museum has mistakes to choose, none of which takes two CPUs', mistakes.join());
	await page.selectOption('#shell select[aria-label="mistake"]', 'nop-of-two');
	await page.click('#shell button:text-is("break")');
	check(await said(/^  happened  cpu\.nops_decode: p6, 5 bytes: one instruction/), 'one is made in a guest, and noticed',
		await page.evaluate(() => laboratory.terminal.text().slice(-2000)));
	await page.click('#shell button:text-is("repair")');
	check(await said(/^  cpu\.nops_decode passes in guest 1/), 'and repaired', await page.evaluate(() => laboratory.terminal.text().slice(-2000)));
}

async function byKeys(page) {
	await page.focus('.cell[tabindex="0"]');
	const before = await page.evaluate(() => Number(document.activeElement.dataset.cell));
	await page.keyboard.press('ArrowRight');
	await page.keyboard.press('Enter');
	const after = await page.evaluate(() => ({ cell: Number(document.activeElement.dataset.cell), picked: Number(document.querySelector('.cell.picked').dataset.cell) }));
	check(after.cell === before + 1 && after.picked === after.cell, 'arrow keys and Enter choose the next site', JSON.stringify([before, after]));
}

async function looks(page) {
	const colour = () => getComputedStyle(document.body).backgroundColor;
	const dark = await page.evaluate(colour);
	await page.click('button.theme');
	const light = await page.evaluate(colour);
	check(dark === 'rgb(21, 23, 26)' && light === 'rgb(255, 255, 255)', 'it is dark as the system is, and light by its button', `${dark} ${light}`);
	await page.setViewportSize({ width: 375, height: 700 });
	const width = await until(page, () => document.querySelector('#console .xterm-screen').clientWidth <= 375 && document.documentElement.scrollWidth);
	check(width <= 375, "a phone's width is enough", width);
}

async function withoutWebAssembly(url) {
	await withPage(build, {}, async (page) => {
		await page.addInitScript(() => { delete globalThis.WebAssembly; });
		await page.goto(url);
		const said = await until(page, () => document.getElementById('notice').classList.contains('bad') && document.getElementById('notice').textContent);
		check(said === 'this browser has no WebAssembly, in which the machine runs: sites are shown as linked', 'a browser without WebAssembly is one line', said);
		check(await page.evaluate(() => document.querySelectorAll('.code .site').length > 0), 'and sites as linked');
	});
}

const { url, stop } = await serve(`${build}/page`);
try {
	await withPage(build, { colorScheme: 'dark' }, async (page, seen) => {
		await page.goto(url);
		await bootsAndPatches(page);
		const site = await showsASite(page);
		await bootsOtherwise(page, site);
		await typesIntoTheShell(page, site);
		await makesAMistake(page);
		await byKeys(page);
		await looks(page);
		const memory = await page.evaluate(([from, n]) => laboratory.machine.read(from, n).toBase64?.() ??
			btoa(Array.from(laboratory.machine.read(from, n), (byte) => String.fromCharCode(byte)).join('')), [Number(first), Number(size)]);
		writeFileSync(dump, Buffer.from(memory, 'base64'));
		check(!seen.errors.length, 'no error was on the console', seen.errors);
		const strange = seen.requests.filter((request) => !request.startsWith(url) && !request.startsWith('blob:'));
		check(seen.requests.length > 10 && !strange.length, 'no request went anywhere else', strange);
	});
	await withoutWebAssembly(url);
} finally {
	stop();
}
