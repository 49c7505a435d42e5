// SPDX-License-Identifier: MIT
//
// One site: its record, what it holds, and all that it may ever hold.
//
//	const record = makeRecord(box, { live: true });
//	record.show(site);

import { addressText, hexOf } from './sites.js';
import { element } from './dom.js';

function bytesText(hex) {
	return hex.match(/../g).join(' ');
}

function facts(site, live) {
	const rows = [
		['site', `${addressText(site.at)}, ${site.len} byte${site.len === 1 ? '' : 's'}, in ${site.where}`],
		['record', `${site.family}: ${site.what}`],
		site.slot && ['slot', `${site.slot}, in pv_ops`],
		site.key && ['key', site.key],
		site.within && ['lies in', `the alternative at ${addressText(site.within)}, and counts while that is not replaced`],
		site.refused && ['refused', site.refused],
		live && ['holds', `${hexOf(site.live)}: ${site.now.is}${site.now.values.length ? '' : `, ${site.now.text}`}`],
		live && ['changed', `${site.changes} time${site.changes === 1 ? '' : 's'}, as far as was seen here`],
	];
	return rows.filter(Boolean).flatMap(([name, text]) => [element('dt', {}, name), element('dd', {}, text)]);
}

function valueRow(site, value, live) {
	const now = live && site.now.values.includes(value);
	return element('tr', { class: now ? 'now' : '', 'data-now': now },
		element('td', { class: 'mark' }, now ? 'now' : ''), element('td', { class: 'bytes' }, bytesText(value.bytes)),
		element('td', { class: 'text' }, value.text), element('td', {}, value.is), element('td', {}, value.when));
}

export function makeRecord(box, options) {
	let shown = null;

	function draw() {
		const heads = ['', 'bytes', 'instructions', 'is', 'when'].map((text) => element('th', { scope: 'col' }, text));
		box.replaceChildren(
			element('h2', {}, `${shown.what} `, element('small', {}, shown.family)),
			element('dl', {}, ...facts(shown, options.live)),
			element('div', { class: 'scroll', tabindex: 0, 'aria-label': 'all values of the site' },
				element('table', { class: 'values' }, element('thead', {}, element('tr', {}, ...heads)),
					element('tbody', {}, ...shown.values.map((value) => valueRow(shown, value, options.live))))));
	}

	box.classList.add('record');
	box.append(element('p', { class: 'note' }, 'A site that is chosen shows its record here, and all that it may ever hold.'));
	return {
		show(site) {
			shown = site;
			draw();
		},
		refresh(sites) {
			if (sites.includes(shown))
				draw();
		},
	};
}
