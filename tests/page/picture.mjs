// SPDX-License-Identifier: MIT
//
// A picture of the laboratory once the kernel has booted and its shell asks.
//
//	CHROMIUM=/usr/bin/chromium node tests/page/picture.mjs build docs/page.png

import { serve, until, withPage } from './browser.mjs';

const [build, path] = process.argv.slice(2);
const { url, stop } = await serve(`${build}/page`);
try {
	await withPage(build, { viewport: { width: 1300, height: 860 }, reducedMotion: 'reduce' }, async (page) => {
		await page.goto(url);
		await until(page, () => globalThis.laboratory && document.querySelectorAll('#statistics svg').length === 3);
		await until(page, () => document.querySelector('#shell button') && /^pedant> /m.test(laboratory.terminal.text()));
		await page.click('.code .live:has-text("cli")');
		await page.screenshot({ path });
	});
} finally {
	stop();
}
