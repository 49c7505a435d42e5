// SPDX-License-Identifier: MIT
//
// Buttons. Those of the first row boot; all others type a command into the kernel's shell, and so are there only
// once its prompt was seen.
//
//	const controls = makeControls(box, view, { cmdline, mistakes: ['lock-nop'], boot: (line) => ..., type: (line) => ..., chosen: () => site });
//	controls.setShell(true);
//	controls.see(line);		of the console: what the shell says of calls is a choice from then on

import { addressText } from './sites.js';
import { element } from './dom.js';

function button(text, onclick, title) {
	return element('button', { type: 'button', onclick, title }, text);
}

function row(name, ...children) {
	return element('div', { class: 'row' }, element('span', {}, name), ...children);
}

function chooser(label, names) {
	return element('select', { 'aria-label': label }, ...names.map((name) => element('option', {}, name)));
}

// "unlikely irq_statistics+0x0", "call timer_clock": the last word is the key's or the call's name.
function namesOf(view, family) {
	const names = view.sites.filter((site) => site.family === family).map((site) => site.what.split(' ').at(-1).replace(/\+0x0$/, ''));
	return [...new Set(names)].sort();
}

function bootRow(view, cmdline, boot) {
	const line = element('input', { type: 'text', value: cmdline, 'aria-label': "the kernel's command line", spellcheck: 'false' });
	const go = () => boot(line.value);
	const as = (name) => {
		line.value = `${line.value.replace(/\s*\bpv=\S*/g, '')} pv=${name}`.trim();
		go();
	};
	line.addEventListener('keydown', (event) => event.key === 'Enter' && go());
	const backends = view.manifest.pv_ops.backends.map(({ name }) => name).filter((name) => name !== 'lguest');
	return [
		row('boot', line, button('Boot', go, 'boot the kernel again')),
		row('boot with', ...backends.map((name) => button(`pv=${name}`, () => as(name), `boot with the back end ${name}`))),
	];
}

// The functions that a call could call are known to the kernel only: what its command `calls` said last.
function makeTargets() {
	const known = new Map();
	let inTable = false;
	return {
		of: (call) => known.get(call),
		see(line) {
			const row = /^ {2}(\S+) +\S+ +\d+ {2}(\S.*)$/.exec(line);
			if (inTable && row)
				known.set(row[1], row[2].split(' '));
			inTable = /^ {2}call +calls +sites +could call$/.test(line) || Boolean(inTable && row);
			return inTable;
		},
	};
}

function shellRows(view, mistakes, type, chosen, targets) {
	const key = chooser('static key', namesOf(view, 'jump_label'));
	const call = chooser('static call', namesOf(view, 'static_call'));
	const choice = element('datalist', { id: 'targets' });
	const target = element('input', { type: 'text', placeholder: 'function', 'aria-label': 'what the call shall call' });
	const offer = () => choice.replaceChildren(...(targets.of(call.value) ?? []).map((name) => element('option', { value: name })));
	const ask = () => targets.of(call.value) ? offer() : type(`calls ${call.value}`);
	target.setAttribute('list', choice.id);
	target.addEventListener('focus', ask);
	call.addEventListener('change', () => {
		target.value = '';
		ask();
	});
	const feature = chooser('feature', Object.keys(view.manifest.features).filter((name) => /^[a-z]/.test(name)));
	const mistake = chooser('mistake', mistakes);
	const rows = [
		row('back end', ...['native', 'soft', 'trace'].map((name) => button(name, () => type(`switch ${name}`), `switch ${name}`))),
		row('key', key, button('flip', () => type(`flip ${key.value}`)), button('keys', () => type('keys'), 'list all static keys')),
		row('call', call, target, choice, button('set', () => type(`call ${call.value} ${target.value}`), 'what it could call is a choice, and any other function may be typed'),
			button('calls', () => type('calls'), 'list all static calls')),
		row('feature', feature, ...['-', '+'].map((sign) => button(`${sign}`, () => type(`features ${sign}${feature.value}`), `features ${sign}…`))),
		row('museum', mistake, button('break', () => type(`break ${mistake.value}`), 'make this mistake in a guest'),
			button('repair', () => type('repair'), 'and put it right'), button('museum', () => type('museum'), 'list the mistakes')),
		row('shell', button('stats', () => type('stats')), button('verify', () => type('verify'), 'the kernel judges all of its sites'),
			button('site', () => type(`site ${addressText(chosen().at)}`), 'what the kernel says of the site that is chosen'), button('help', () => type('help'))),
	];
	return { rows, offer };
}

export function makeControls(box, view, { cmdline, mistakes, boot, type, chosen }) {
	const shell = element('div', { id: 'shell' });
	const note = element('p', { class: 'note' });
	let targets, shown, isThere;

	// Each prompt says that it is there: what was chosen stays.
	function setShell(there) {
		if (there === isThere)
			return;
		isThere = there;
		targets = makeTargets();
		shown = there ? shellRows(view, mistakes, type, chosen, targets) : { rows: [], offer() {} };
		shell.replaceChildren(...shown.rows);
		note.textContent = there ? '' : 'Buttons that type into the kernel’s shell come once its prompt was seen.';
	}
	box.append(...bootRow(view, cmdline, boot), shell, note);
	setShell(false);
	return { setShell, see: (line) => targets.see(line) && shown.offer() };
}
