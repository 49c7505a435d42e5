// SPDX-License-Identifier: MIT
//
// Elements, written short; and one that flashes.
//
//	box.replaceChildren(element('p', { class: 'note' }, 'no site is ', element('b', {}, 'lost')));

const SVG = 'http://www.w3.org/2000/svg';

function fill(made, attributes, children) {
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith('on'))
			made.addEventListener(name.slice(2), value);
		else if (value !== undefined && value !== false)
			made.setAttribute(name, value === true ? '' : value);
	}
	made.append(...children.filter((child) => child !== undefined && child !== null));
	return made;
}

export function element(name, attributes = {}, ...children) {
	return fill(document.createElement(name), attributes, children);
}

export function drawing(name, attributes = {}, ...children) {
	return fill(document.createElementNS(SVG, name), attributes, children);
}

// The attribute says it to who has no eyes for it, a test as well as a person who wants nothing to move.
export function flash(shown) {
	shown.dataset.changed = Number(shown.dataset.changed ?? 0) + 1;
	if (!matchMedia('(prefers-reduced-motion: reduce)').matches)
		shown.animate([{ boxShadow: '0 0 0 4px var(--flash)', backgroundColor: 'var(--flash)' }, { boxShadow: '0 0 0 0 transparent' }],
			{ duration: 1200, easing: 'ease-out' });
}
