// SPDX-License-Identifier: MIT
//
// Boots an image by v86, as a multiboot loader does, without BIOS, disk, or a browser. Its first serial port becomes
// this program's output; what the image ends with (port 0xf4, which v86 has for multiboot images) is
// the last line.
//
//	node tests/v86/boot.mjs build/npm/node_modules/v86/build SECONDS MIB build/pedant.elf "command line" [MODULE [EVENTS]]
//
// v86 hands over one module at most, without a name or a command line. EVENTS: a file for the second port's.

import { readFileSync, openSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

const [build, seconds, mib, image, cmdline, module, events] = process.argv.slice(2);
const { V86 } = await import(pathToFileURL(resolve(build, "libv86.mjs")));

const file = (name) => {
    const bytes = readFileSync(name);
    return { buffer: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) };
};

function end(how) {
    writeSync(1, `\nv86: ${how}\n`);
    process.exit(0);
}

// v86 tells of that port by a line, and stops by throwing a word.
const log = console.log;
console.log = (...words) => {
    const ended = /^Test exited with code (0x[0-9a-fA-F]+)/.exec(words.join(" "));
    if (ended) end(`ended with ${ended[1].toLowerCase()}`);
    log(...words);
};

const machine = new V86({
    wasm_path: resolve(build, "v86.wasm"),
    memory_size: Number(mib) << 20,
    vga_memory_size: 2 << 20,
    multiboot: file(image),
    cmdline,
    ...(module ? { initrd: file(module) } : {}),
    uart1: true,
    net_device: { type: "none" },
    disable_speaker: true,
    autostart: true,
});

const ports = [1, events ? openSync(events, "w") : -1];
ports.forEach((to, port) => {
    let line = [];
    machine.add_listener(`serial${port}-output-byte`, (byte) => {
        line.push(byte);
        if (byte !== 10) return;
        if (to >= 0) writeSync(to, Uint8Array.from(line));
        line = [];
    });
});
setTimeout(() => end(`not at its end after ${seconds} s`), Number(seconds) * 1000);
