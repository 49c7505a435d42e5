// SPDX-License-Identifier: MIT
//
// A function in three columns: its source, its code as linked, and what stands there now. What came from one
// line of source has that line's colour in all of them.
//
//	const columns = new Columns(box, { live: true, pick: (site) => columns.pick(site) });
//	columns.pick(view.sites[0]);
//	columns.refresh(changedSites);

import { addressText, hexOf } from './sites.js';
import { element, flash } from './dom.js';

const COLOURS = 8;
const FAMILY_LETTERS = { paravirt: 'P', relocs: 'P', alternatives: 'A', smp_locks: 'L', jump_label: 'J', static_call: 'C' };
const NO_SOURCE = 'No source: the image does not say where it is from, or the file was not there.';

// Rows: an instruction without a site, or a site with all instructions that it lies in.
function rowsOf(fn) {
	const rows = [];
	const sites = fn.sites.filter((site) => !site.within);
	for (const insn of fn.code) {
		const last = rows.at(-1);
		const site = sites.find((one) => one.at < insn.at + insn.len && insn.at < one.at + one.len);
		if (site && last?.site === site)
			last.insns.push(insn);
		else
			rows.push({ site, insns: [insn] });
	}
	return rows;
}

function coloursOf(fn) {
	const lines = [...new Set(fn.sites.map((site) => site.line))].sort((a, b) => a - b);
	return new Map(lines.map((line, i) => [line, `c${i % COLOURS}`]));
}

function insnLine(insn, fn) {
	return element('div', {}, element('span', { class: 'at' }, (insn.at - fn.at).toString(16).padStart(3, '0')), insn.text);
}

function liveLines(site) {
	const lines = site.now.text.split('; ').map((text) => element('div', { class: /^\d+ of padding$/.test(text) ? 'padding' : '' }, text));
	return [...lines, element('div', { class: 'bytes' }, hexOf(site.live))];
}

export class Columns {
	constructor(box, options) {
		this.options = options;
		this.cells = new Map(); // the live ones of the function that is shown, by site: {live, text}
		this.lines = new Map(); // and its lines of source, by number
		this.build(box);
	}

	build(box) {
		const { live } = this.options;
		const heads = (...names) => element('div', { class: 'heads' }, ...names.map((name) => element('span', {}, name)));
		this.title = element('h2', { class: 'function' });
		this.source = element('ol', { class: 'source', tabindex: 0, 'aria-label': 'source' });
		this.code = element('div', { class: 'code', tabindex: 0, 'aria-label': live ? 'code as linked, and live' : 'code as linked' });
		box.classList.add('columns');
		box.classList.toggle('no-live', !live);
		box.append(this.title, element('section', {}, heads('source'), this.source),
			element('section', {}, live ? heads('as linked', 'live') : heads('as linked'), this.code));
	}

	show(fn) {
		if (this.shown === fn)
			return;
		this.shown = fn;
		this.colours = coloursOf(fn);
		this.cells.clear();
		const place = `${fn.file ? `${fn.file}:${fn.first} ` : ''}at ${addressText(fn.at)}, ${fn.size} bytes`;
		this.title.replaceChildren(`${fn.name} `, element('small', {}, place));
		this.fillSource(fn);
		this.code.replaceChildren(...rowsOf(fn).flatMap((row) => this.rowCells(row, fn)));
		fn.sites.forEach((site) => this.fillLive(site));
	}

	fillSource(fn) {
		this.lines.clear();
		this.source.style.setProperty('--first', (fn.first ?? 1) - 1);
		this.source.replaceChildren(...fn.source.map((text, i) => this.sourceLine(fn, fn.first + i, text)));
		if (!fn.source.length)
			this.source.replaceChildren(element('p', { class: 'note' }, NO_SOURCE));
	}

	sourceLine(fn, line, text) {
		const colour = this.colours.get(line);
		const choose = () => this.options.pick(fn.sites.find((site) => site.line === line));
		const item = element('li', colour ? { class: `${colour} has-site`, onclick: choose } : {}, text || ' ');
		this.lines.set(line, item);
		return item;
	}

	rowCells(row, fn) {
		const { live } = this.options;
		const insns = row.insns.map((insn) => insnLine(insn, fn));
		if (!row.site)
			return [element('div', { class: 'plain' }, ...insns), live && element('div', { class: 'plain' })].filter(Boolean);
		const linked = this.siteButton(row.site, 'linked', element('div', {}, ...insns));
		return live ? [linked, this.liveCell(row.site)] : [linked];
	}

	liveCell(site) {
		const text = element('div', { class: 'now' });
		const live = this.siteButton(site, 'live', text);
		this.cells.set(site, { live, text });
		return live;
	}

	siteButton(site, kind, content) {
		return element('button', {
			class: `site ${this.colours.get(site.line)} ${kind}`, type: 'button', 'data-site': site.i, onclick: () => this.options.pick(site),
		}, element('span', { class: 'tag', title: site.family }, FAMILY_LETTERS[site.family] ?? '?'), content);
	}

	fillLive(site) {
		const cell = this.cells.get(site);
		if (!cell)
			return;
		cell.text.replaceChildren(...liveLines(site));
		cell.live.classList.toggle('same', site.now.is === 'as linked');
		cell.live.classList.toggle('strange', site.now.is === 'none of its values');
	}

	mark(on) {
		for (const shown of this.code.querySelectorAll(`[data-site="${this.picked?.i}"]`))
			shown.classList.toggle('picked', on);
		this.lines.get(this.picked?.line)?.classList.toggle('picked', on);
	}

	// The site's places in all columns, in sight. A site in another one is that one's.
	pick(site) {
		this.mark(false);
		this.show(site.fn);
		this.picked = site.within ? site.fn.sites.find((outer) => outer.at === site.within) : site;
		this.mark(true);
		this.code.querySelector(`[data-site="${this.picked.i}"]`)?.scrollIntoView({ block: 'nearest' });
		this.lines.get(this.picked.line)?.scrollIntoView({ block: 'nearest' });
	}

	refresh(sites) {
		for (const site of sites) {
			this.fillLive(site);
			if (site.changes && this.cells.has(site))
				flash(this.cells.get(site).live);
		}
	}
}
