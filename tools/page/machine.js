// SPDX-License-Identifier: MIT
//
// The kernel in v86: booted from its ELF file, without a BIOS; two serial ports; memory to look at. What it writes
// at its end to isa-debug-exit is a number here, where v86 would throw.
//
//	const machine = new Machine({ wasm: 'vendor/v86.wasm', image, on: { output, event, end } });
//	await machine.boot('selftest=off');
//	machine.send('stats\r');
//	const bytes = machine.running && machine.read(0x100000, 4096);

import { V86 } from './vendor/libv86.mjs';

const MEMORY = 64 << 20;
const VGA = 2 << 20;
const EXIT_PORT = 0xf4;
const NEWLINE = 10;
const SHELL = /(?:^|\s)shell(?:=|\s|$)/;

export class Machine {
	constructor({ wasm, image, on }) {
		Object.assign(this, { wasm, image, on, emulator: null, boots: 0, running: false, lost: false });
	}

	// What an emulator of an earlier boot still says is not heard.
	async boot(cmdline) {
		const boot = ++this.boots;
		this.running = false;
		if (!this.lost)
			await this.emulator?.destroy();
		this.lost = false;
		const emulator = this.make(cmdline);
		this.emulator = emulator;
		this.listen(emulator, () => boot === this.boots);
		await new Promise((resolve) => { emulator.add_listener('emulator-loaded', resolve); });
		if (boot !== this.boots)
			return;
		this.catchEnd(emulator);
		this.running = true;
		emulator.run();
	}

	// Its own file is there for guests, where a shell starts them: a kernel without one would run it at once.
	make(cmdline) {
		return new V86({
			wasm_path: this.wasm, memory_size: MEMORY, vga_memory_size: VGA, uart1: true, autostart: false,
			disable_speaker: true, disable_keyboard: true, disable_mouse: true, multiboot: { buffer: this.image.slice(0) }, cmdline,
			...(SHELL.test(cmdline) ? { initrd: { buffer: this.image.slice(0) } } : {}),
		});
	}

	listen(emulator, isLast) {
		let line = '';
		emulator.add_listener('serial0-output-byte', (byte) => isLast() && this.on.output(byte));
		emulator.add_listener('serial1-output-byte', (byte) => {
			line += String.fromCharCode(byte);
			if (byte !== NEWLINE)
				return;
			if (isLast())
				this.on.event(JSON.parse(line)); // the kernel's promise: an object a line
			line = '';
		});
	}

	catchEnd(emulator) {
		const end = (code) => this.on.end(code & 0xff);
		emulator.v86.cpu.io.register_write(EXIT_PORT, { name: 'isa-debug-exit' }, end, end, end);
	}

	// It threw, and stands still: it cannot even be asked to stop.
	lose() {
		this.lost = true;
		this.running = false;
	}

	send(text) {
		this.emulator?.serial0_send(text);
	}

	read(from, n) {
		return this.emulator.read_memory(from, n);
	}
}
