// SPDX-License-Identifier: MIT
//
// The laboratory: the kernel runs in this page, and what its sites hold is read from its memory with each frame.
// `laboratory` is there for who looks in from a browser's console, and for tests.

import { addThemeButton } from './theme.js';
import { element } from './dom.js';
import { firstSite, makeWorkbench } from './workbench.js';
import { linkedBytes, makeView } from './sites.js';
import { makeConsole } from './console.js';
import { makeControls } from './controls.js';
import { makeStatistics } from './statistics.js';

const ENDS = { 0x10: 'all passed', 0x11: 'something failed', 0x12: 'a panic' };
const SHELL = 'pedant> ';

const notice = document.getElementById('notice');

function say(text, bad = false) {
	notice.textContent = text;
	notice.classList.toggle('bad', bad);
}

async function get(path) {
	const response = await fetch(path);
	if (!response.ok)
		throw new Error(`${path}: ${response.status} ${response.statusText}`);
	return response;
}

// A kernel without a shell calls the option unknown.
function hasShell(image) {
	return new TextDecoder('latin1').decode(image).includes(SHELL);
}

// One copy of the text a frame, of which each site is looked at.
function watch(view, bench, machine) {
	const from = Math.min(...view.sites.map((site) => site.at));
	const to = Math.max(...view.sites.map((site) => site.at + site.len));
	const frame = () => {
		if (machine.running) {
			const text = machine.read(from, to - from);
			bench.look((site) => text.subarray(site.at - from, site.at - from + site.len));
		}
		requestAnimationFrame(frame);
	};
	requestAnimationFrame(frame);
}

async function runMachine(view, bench, image, mistakes) {
	const { Machine } = await import('./machine.js');
	const state = document.getElementById('state');
	const statistics = makeStatistics(document.getElementById('statistics'));
	const on = {
		output: (byte) => terminal.write(byte),
		event: (event) => statistics.take(event),
		end: (code) => {
			state.textContent = `${view.image} has ended: ${ENDS[code] ?? `code ${code}`}`;
			controls.setShell(false);
		},
	};
	const machine = new Machine({ wasm: 'vendor/v86.wasm', image, on });
	const cmdline = hasShell(image) ? 'selftest=off shell=nopages' : 'selftest=off';
	const controls = makeControls(document.getElementById('controls'), view, {
		cmdline, mistakes, boot, type: (line) => machine.send(`${line}\r`), chosen: () => bench.picked,
	});
	const terminal = makeConsole(document.getElementById('console'), (text) => machine.send(text),
		{ prompt: () => controls.setShell(true), line: (line) => controls.see(line) });

	async function boot(line) {
		say('');
		terminal.clear();
		statistics.clear();
		controls.setShell(false);
		state.textContent = `${view.image} runs: ${line}`;
		await machine.boot(line);
	}

	watch(view, bench, machine);
	globalThis.laboratory = { view, bench, machine, terminal, boot };
	await boot(cmdline);
}

async function start() {
	const view = makeView(await (await get('view.json')).json());
	const bench = makeWorkbench(document.querySelector('main'), view, { live: true });

	addThemeButton(document.querySelector('header'));
	bench.look(linkedBytes);
	bench.pick(firstSite(view));
	document.querySelector('footer').append(element('p', { class: 'note' },
		`${view.sites.length} sites in ${view.functions.length} functions. Nothing here asks another machine for anything.`));
	if (typeof WebAssembly !== 'object')
		throw new Error('this browser has no WebAssembly, in which the machine runs: sites are shown as linked');
	say('');
	await runMachine(view, bench, await (await get('pedant.elf')).arrayBuffer(), await (await get('museum.json')).json());
}

// A machine that died, too: v86 throws what it cannot do. Another boot makes another one.
function stop(why) {
	globalThis.laboratory?.machine.lose();
	say(`it has stopped: ${why}`, true);
}
addEventListener('error', (event) => stop(event.message));
addEventListener('unhandledrejection', (event) => stop(event.reason?.message ?? event.reason));
start().catch((error) => say(error.message, true));
