// SPDX-License-Identifier: MIT
//
// Light or dark: the system's choice until the button is used, and then the reader's, which is kept.
//
//	addThemeButton(document.querySelector('header'));

import { element } from './dom.js';

const KEPT = 'pedant-theme';

// A page from a file may not be given a store.
function kept(value) {
	try {
		if (value)
			localStorage.setItem(KEPT, value);
		return localStorage.getItem(KEPT);
	} catch {
		return value;
	}
}

function isDark() {
	const { theme } = document.documentElement.dataset;
	return theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

export function addThemeButton(box) {
	const button = element('button', { type: 'button', class: 'theme', onclick: toggle });

	function name() {
		button.textContent = isDark() ? 'light' : 'dark';
		button.setAttribute('aria-label', `show the page ${button.textContent}`);
	}
	function toggle() {
		document.documentElement.dataset.theme = kept(isDark() ? 'light' : 'dark') ?? 'dark';
		name();
	}
	if (kept())
		document.documentElement.dataset.theme = kept();
	name();
	box.append(button);
}
