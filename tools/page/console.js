// SPDX-License-Identifier: MIT
//
// The first serial port: what the kernel says, and what is typed. Knows when the shell's prompt was seen, and tells each line.
//
//	const console = makeConsole(box, (text) => machine.send(text), { prompt: () => buttons.show(), line: (text) => ... });
//	console.write(byte);

import { Terminal } from './vendor/xterm.mjs';

const PROMPT = 'pedant> ';
const COLOUR = /\x1b\[[0-9;?]*[A-Za-z]/g; // and where the cursor goes
const LONGEST = 4096; // of a line that is told
const COLUMNS = 80; // what the kernel's tables are made for
const WIDTH = 0.605; // of a character, in its height
const EDGES = 28; // padding and scroll bar, in pixels
const SMALLEST = 9;
const LARGEST = 14;

// As large as lets a table's line fit; where that cannot be read, a line has fewer columns.
function sizeOf(box) {
	const room = Math.max(box.clientWidth - EDGES, 100);
	const fontSize = Math.min(Math.max(Math.floor(room / COLUMNS / WIDTH), SMALLEST), LARGEST);
	return { fontSize, cols: Math.max(20, Math.floor(room / (fontSize * WIDTH))) };
}

export function makeConsole(box, type, on) {
	const terminal = new Terminal({
		...sizeOf(box), rows: 24, convertEol: true, scrollback: 5000,
		fontFamily: 'ui-monospace, "DejaVu Sans Mono", monospace', theme: { background: '#101214', foreground: '#e8e6e3' },
	});
	let tail = '';
	let line = '';

	terminal.open(box);
	terminal.onData(type);
	new ResizeObserver(() => {
		const { fontSize, cols } = sizeOf(box);
		terminal.options.fontSize = fontSize;
		terminal.resize(cols, terminal.rows);
	}).observe(box);
	return {
		write(byte) {
			terminal.write(Uint8Array.of(byte));
			const character = String.fromCharCode(byte);
			tail = (tail + character).slice(-PROMPT.length);
			if (tail === PROMPT)
				on.prompt();
			if (character !== '\n') {
				line = (line + character).slice(-LONGEST);
				return;
			}
			on.line(line.replace(COLOUR, '').trimEnd());
			line = '';
		},
		clear() {
			tail = line = '';
			terminal.reset();
		},
		// All lines, for who copies them, and for tests.
		text() {
			const { active } = terminal.buffer;
			return Array.from({ length: active.length }, (_, i) => active.getLine(i).translateToString(true)).join('\n');
		},
		focus() {
			terminal.focus();
		},
	};
}
