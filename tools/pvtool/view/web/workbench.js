// SPDX-License-Identifier: MIT
//
// What both pages have: the map of all sites, the list of functions, the three columns, the chosen site's record,
// and what the sites are as a chart. Whoever has memory calls look() when it may have changed.
//
//	const bench = makeWorkbench(main, view, { live: true });
//	bench.look((site) => memory.subarray(site.at, site.at + site.len));

import { Columns } from './columns.js';
import { countSites, look } from './sites.js';
import { drawBars } from './charts.js';
import { element } from './dom.js';
import { makeRecord } from './record.js';
import { SiteMap } from './map.js';

function makeChooser(box, view, choose) {
	const filter = element('input', { type: 'search', placeholder: 'function', 'aria-label': 'functions whose name has this', oninput: fill });
	const list = element('select', { 'aria-label': 'functions with sites', onchange: () => choose(view.functions[list.value]) });

	function fill() {
		const wanted = filter.value.trim();
		const found = view.functions.filter((fn) => fn.name.includes(wanted) || fn.file?.includes(wanted));
		list.replaceChildren(...found.map((fn) => element('option', { value: fn.i }, `${fn.name} (${fn.sites.length})`)));
		if (wanted && found.length)
			choose(found[0]);
	}
	fill();
	box.classList.add('chooser');
	box.append(filter, list);
	return {
		show(fn) {
			if (![...list.options].some((option) => option.value === String(fn.i))) {
				filter.value = '';
				fill();
			}
			list.value = fn.i;
		},
	};
}

function bars(view) {
	const rows = [...countSites(view)].map(([name, counts]) => ({ name, parts: [...counts].map(([is, n]) => ({ name: is, n })) }));
	const order = rows.flatMap((row) => row.parts.map((part) => part.name));
	for (const row of rows)
		row.parts.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
	return { title: 'what the sites are', unit: 'sites, by their bytes', rows };
}

export function makeWorkbench(main, view, options) {
	const boxes = Object.fromEntries(['map', 'chooser', 'columns', 'record', 'chart'].map((name) => [name, element('section', { id: name })]));
	main.append(...Object.values(boxes));
	const map = new SiteMap(boxes.map, view.sites, pick);
	const chooser = makeChooser(boxes.chooser, view, (fn) => pick(fn.sites[0]));
	const columns = new Columns(boxes.columns, { ...options, pick });
	const record = makeRecord(boxes.record, options);

	let picked = null;

	function pick(site) {
		picked = site;
		chooser.show(site.fn);
		columns.pick(site);
		map.pick(site);
		record.show(site);
	}

	return {
		pick,
		get picked() {
			return picked;
		},
		look(read) {
			const changed = look(view, read);
			if (!changed.length)
				return changed;
			map.refresh(changed);
			columns.refresh(changed);
			record.refresh(changed);
			drawBars(boxes.chart, bars(view));
			return changed;
		},
	};
}

// The function that a reader sees first: the one with most kinds of sites that still fits a screen.
export function firstSite(view) {
	const kinds = (fn) => new Set(fn.sites.map((site) => site.family)).size;
	const good = view.functions.filter((fn) => fn.source.length && fn.code.length < 80);
	const [best] = (good.length ? good : view.functions).toSorted((a, b) => kinds(b) - kinds(a));
	return best.sites[0];
}
