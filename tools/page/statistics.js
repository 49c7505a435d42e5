// SPDX-License-Identifier: MIT
//
// What the kernel counts, as it says on its second serial port: what the passes at boot made of the sites, how many
// bytes of that are padding, and what of it each op became.
//
//	const statistics = makeStatistics(box);
//	statistics.take({ event: 'pass', family: 'paravirt', ... });

import { drawBars } from './charts.js';
import { element } from './dom.js';

const BECAME = ['inline', 'call', 'jmp', 'nop', 'trap', 'kept', 'gone', 'refused'];
const MOST = 12; // ops that are drawn: those with most sites

function partsOf(event) {
	return BECAME.map((name) => ({ name, n: event[name] ?? 0 }));
}

function bytesOf(pass) {
	return [{ name: 'bytes', n: pass.bytes - pass.pad }, { name: 'pad', n: pass.pad }];
}

export function makeStatistics(box) {
	const boxes = ['passes', 'padding', 'ops'].map((name) => element('section', { 'data-chart': name }));
	const passes = new Map();
	const ops = new Map();
	let waiting = false;

	function draw() {
		const most = [...ops.values()].sort((a, b) => b.sites - a.sites).slice(0, MOST);
		drawBars(boxes[0], { title: 'what the passes at boot made', unit: 'sites', rows: [...passes.values()].map((pass) => ({ name: pass.family, parts: partsOf(pass) })) });
		drawBars(boxes[1], { title: 'what they wrote', unit: 'bytes, and padding', rows: [...passes.values()].map((pass) => ({ name: pass.family, parts: bytesOf(pass) })) });
		drawBars(boxes[2], { title: `ops with most sites, ${most.length} of ${ops.size}`, unit: 'sites', rows: most.map((op) => ({ name: op.op, parts: partsOf(op) })) });
	}

	// Once for all events that come together.
	function drawSoon() {
		if (!waiting)
			requestAnimationFrame(() => {
				waiting = false;
				if (passes.size) {
					box.replaceChildren(...boxes);
					draw();
				}
			});
		waiting = true;
	}

	return {
		clear() {
			passes.clear();
			ops.clear();
			box.replaceChildren();
		},
		// Who asks for statistics again has them again: the last word counts.
		take(event) {
			if (event.event === 'pass')
				passes.set(event.family, event);
			else if (event.event === 'ops' && (event.family ?? 'paravirt') === 'paravirt')
				ops.set(event.op, event);
			else
				return;
			drawSoon();
		},
	};
}
