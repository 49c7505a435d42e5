// SPDX-License-Identifier: MIT
//
// Bars of numbers, as SVG: each bar one line, its parts side by side, with the numbers written on them where there
// is room, and all of them in a table for who sees no bars.
//
//	drawBars(box, { title: 'what the sites are', unit: 'sites', rows: [
//		{ name: 'paravirt', parts: [{ name: 'template', n: 697 }, { name: 'call', n: 68 }] }] });

import { element, drawing } from './dom.js';
import { wordClass } from './map.js';

const NARROWEST = 300; // pixels, as are all of these
const WIDEST = 900;
const LEFT = 96;
const RIGHT = 56;
const HEIGHT = 22;
const GAP = 6;
const DIGIT = 7; // about as wide as one is

const number = new Intl.NumberFormat('en');

function sum(row) {
	return row.parts.reduce((n, part) => n + part.n, 0);
}

function partsOf(row, y, scale) {
	let x = LEFT;
	return row.parts.filter((part) => part.n).flatMap((part) => {
		const width = part.n * scale;
		const text = number.format(part.n);
		const bar = drawing('rect', { x, y, width: Math.max(width, 1), height: HEIGHT, class: `bar ${wordClass(part.name)}` },
			drawing('title', {}, `${row.name}: ${part.name} ${text}`));
		const label = width > DIGIT * text.length + 4 &&
			drawing('text', { x: x + width / 2, y: y + HEIGHT * 0.7, class: 'on-bar', 'text-anchor': 'middle' }, text);
		x += width;
		return [bar, label || null];
	});
}

function barsOf(rows, width) {
	const scale = (width - LEFT - RIGHT) / Math.max(...rows.map(sum), 1);
	return rows.flatMap((row, i) => {
		const y = i * (HEIGHT + GAP);
		return [
			drawing('text', { x: LEFT - 6, y: y + HEIGHT * 0.7, 'text-anchor': 'end' }, row.name),
			...partsOf(row, y, scale),
			drawing('text', { x: LEFT + sum(row) * scale + 6, y: y + HEIGHT * 0.7, class: 'sum' }, number.format(sum(row))),
		];
	});
}

function legendOf(names) {
	return element('ul', { class: 'legend' },
		...names.map((name) => element('li', {}, element('span', { class: `swatch ${wordClass(name)}` }), name)));
}

function tableOf(chart, names) {
	const numbers = (row) => names.map((name) => number.format(row.parts.find((part) => part.name === name)?.n ?? 0));
	const cells = (kind, texts) => texts.map((text) => element(kind, {}, text));
	return element('details', {}, element('summary', {}, 'as a table'), element('div', { class: 'scroll' }, element('table', {},
		element('thead', {}, element('tr', {}, ...cells('th', ['', ...names]))),
		element('tbody', {}, ...chart.rows.map((row) => element('tr', {}, element('th', {}, row.name), ...cells('td', numbers(row))))))));
}

export function drawBars(box, chart) {
	const names = [...new Set(chart.rows.flatMap((row) => row.parts.filter((part) => part.n).map((part) => part.name)))];
	const height = chart.rows.length * (HEIGHT + GAP);
	const width = Math.min(Math.max(box.clientWidth - 24, NARROWEST), WIDEST);
	const open = box.querySelector('details')?.open;
	box.classList.add('chart');
	box.replaceChildren(element('h3', {}, `${chart.title} `, element('small', {}, chart.unit)),
		drawing('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': chart.title }, ...barsOf(chart.rows, width)),
		names.length > 1 ? legendOf(names) : '', tableOf(chart, names));
	box.querySelector('details').open = Boolean(open);
}
