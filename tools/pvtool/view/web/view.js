// SPDX-License-Identifier: MIT
//
// The page of `pvtool view`: its data are in it.

import { addThemeButton } from './theme.js';
import { bytesOf, linkedBytes, makeView } from './sites.js';
import { element } from './dom.js';
import { firstSite, makeWorkbench } from './workbench.js';

function stateLine(view) {
	const { dump } = view;
	if (!dump)
		return `${view.image}, as linked; no dump was given`;
	return `${view.image}, live: ${dump.file}, back end ${dump.ops}, padding ${dump.padding}, locks ${dump.locks}, init text ${dump.init}`;
}

function start() {
	const view = makeView(JSON.parse(document.getElementById('data').textContent));
	const live = view.dump && view.dump.bytes.map(bytesOf);
	const bench = makeWorkbench(document.querySelector('main'), view, { live: Boolean(live) });

	document.title = `${view.image}: ${view.sites.length} sites`;
	document.getElementById('state').textContent = stateLine(view);
	addThemeButton(document.querySelector('header'));
	bench.look((site) => (live ? live[site.i] : linkedBytes(site)));
	bench.pick(firstSite(view));
	document.querySelector('footer').append(element('p', { class: 'note' }, `${view.functions.length} functions have sites.`));
}

start();
