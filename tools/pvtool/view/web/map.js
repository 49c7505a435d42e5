// SPDX-License-Identifier: MIT
//
// All sites of the image, one small square each, in the order of their addresses; coloured by what they are. Arrow
// keys move, and one stop of the Tab key is all that it takes.
//
//	const map = new SiteMap(box, view.sites, (site) => map.pick(site));
//	map.refresh(changedSites);

import { addressText } from './sites.js';
import { element, flash } from './dom.js';

export function wordClass(is) {
	return `is-${is.replace(/\W+/g, '-')}`;
}

export class SiteMap {
	constructor(box, sites, pick) {
		this.cells = sites.map((site) => element('button', {
			type: 'button', tabindex: -1, class: 'cell', 'data-cell': site.i, onclick: () => pick(site),
		}));
		this.current = 0; // which the Tab key comes to
		this.picked = null;
		box.classList.add('map');
		box.setAttribute('role', 'group');
		box.setAttribute('aria-label', 'all sites, by address');
		box.addEventListener('keydown', (event) => this.onKey(event));
		box.append(...this.cells);
		this.move(0);
	}

	perRow() {
		const second = this.cells.findIndex((cell) => cell.offsetTop > this.cells[0].offsetTop);
		return second > 0 ? second : this.cells.length;
	}

	move(i) {
		this.cells[this.current].tabIndex = -1;
		this.current = Math.min(Math.max(i, 0), this.cells.length - 1);
		this.cells[this.current].tabIndex = 0;
	}

	onKey(event) {
		const all = this.cells.length;
		const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.perRow(), ArrowDown: this.perRow(), Home: -all, End: all };
		if (!(event.key in steps))
			return;
		event.preventDefault();
		this.move(this.current + steps[event.key]);
		this.cells[this.current].focus();
	}

	refresh(sites) {
		for (const site of sites) {
			const cell = this.cells[site.i];
			cell.className = `cell ${wordClass(site.now.is)}`;
			cell.classList.toggle('picked', cell === this.picked);
			cell.title = `${addressText(site.at)} ${site.where}: ${site.family} ${site.what}: ${site.now.is}`;
			if (site.changes)
				flash(cell);
		}
	}

	pick(site) {
		this.picked?.classList.remove('picked');
		this.picked = this.cells[site.i];
		this.picked.classList.add('picked');
		this.move(site.i);
	}
}
