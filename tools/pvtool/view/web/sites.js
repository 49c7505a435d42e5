// SPDX-License-Identifier: MIT
//
// What a page shows, as objects: the functions and the sites of an image, each site with all that it may ever
// hold, by the manifest, and with what it holds now. No DOM here.
//
//	const view = makeView(await (await fetch('view.json')).json());
//	for (const site of look(view, (site) => memory.subarray(site.at, site.at + site.len)))
//		console.log(site.where, 'became', site.now.is);

const FORMAT = 'pvtool view 1';
const MANIFEST = 'pvtool manifest 3';
const POISON = 0xcc;
const BREAKPOINT = 0xcc;

// In a value's bytes: one of the four that say where a branch goes, which memory tells.
const OPEN = '..';

export function makeView(data) {
	if (data.format !== FORMAT || data.manifest.format !== MANIFEST)
		throw new Error(`these are no data of ${FORMAT}: ${data.format}, ${data.manifest?.format}`);
	const view = { image: data.manifest.image, manifest: data.manifest, dump: data.dump };
	view.functions = data.functions.map(makeFunction);
	view.sites = data.manifest.sites.map((site, i) => makeSite(site, data.texts[i], i));
	view.names = namesOf(view);
	nest(view.sites);
	for (const site of view.sites)
		place(view, site);
	return view;
}

function makeFunction(data, i) {
	const at = Number(data.at);
	const code = data.code.map(([offset, len, line, text]) => ({ at: at + offset, len, line, text }));
	return { ...data, at, i, code, sites: [] };
}

function makeSite(site, texts, i) {
	const values = site.values.map((value, k) => ({
		...value, when: whenText(value.when), text: value.bytes.includes(OPEN) ? `${texts[k].split(' ')[0]} ...` : texts[k],
	}));
	return {
		i, at: Number(site.at), len: site.len, family: site.family, what: site.what, where: site.in,
		within: site.within && Number(site.within), slot: site.slot, key: site.key,
		refused: site.refused, values, inner: [], live: null, now: null, changes: 0,
	};
}

function namesOf(view) {
	const names = new Map(view.functions.map((f) => [f.at, f.name]));
	for (const [at, name] of Object.entries(view.manifest.pv_ops.functions))
		names.set(Number(at), name.replace(/\+0x0$/, ''));
	for (const [name, at] of Object.entries(view.manifest.symbols))
		names.set(Number(at), name);
	return names;
}

function nest(sites) {
	const byAddress = new Map(sites.filter((site) => !site.within).map((site) => [site.at, site]));
	for (const site of sites)
		if (site.within)
			byAddress.get(site.within).inner.push(site);
}

// Functions are in the order of their addresses, and so are sites.
function place(view, site) {
	let low = 0;
	let high = view.functions.length;
	while (low + 1 < high) {
		const middle = (low + high) >> 1;
		if (view.functions[middle].at <= site.at)
			low = middle;
		else
			high = middle;
	}
	site.fn = view.functions[low];
	site.fn.sites.push(site);
	site.line = site.fn.code.find((insn) => site.at < insn.at + insn.len)?.line ?? 0;
}

// ---- what a site holds ----

function whenText(when) {
	const words = {
		state: (is) => `as ${is}`,
		backend: (is) => `back end ${is}`,
		op: (is) => ({ missing: 'the op is missing', nothing: 'the op does nothing', another: "another's function" })[is],
		feature: (is) => (is === 'none' ? 'no feature of its records' : is.startsWith('!') ? `without ${is.slice(1)}` : `with ${is}`),
		cpus: (is) => (is === 'one' ? 'one CPU' : 'more CPUs'),
		key: (is) => `the key is ${is}`,
		function: (is) => (is === 'none' ? 'no function' : "the key's function"),
	};
	const [name] = Object.keys(when);
	const padding = when.padding ? `, padding ${when.padding.join(', ')}` : '';
	return (words[name] ? words[name](when[name]) : `${name} ${when[name]}`) + padding;
}

export function hexOf(bytes) {
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

export function addressText(at) {
	return `0x${at.toString(16).padStart(8, '0')}`;
}

export function bytesOf(hex) {
	return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function holds(site, value, bytes, from = 0) {
	for (let i = from; i < site.len; i++) {
		const wanted = value.bytes.slice(2 * i, 2 * i + 2);
		if (wanted !== OPEN && parseInt(wanted, 16) !== bytes[i] && !site.inner.some((other) => other.at === site.at + i))
			return false;
	}
	return true;
}

// "call 0x00108167 <native_cpuid>": where it goes to stands in memory only.
function textOf(view, site, value, bytes) {
	const open = value.bytes.indexOf(OPEN) / 2;
	if (open < 0)
		return value.text;
	const rel = bytes[open] | bytes[open + 1] << 8 | bytes[open + 2] << 16 | bytes[open + 3] << 24;
	const target = (site.at + open + 4 + rel) >>> 0;
	const name = view.names.get(target);
	return `${value.text.split(' ')[0]} 0x${target.toString(16)}${name ? ` <${name}>` : ''}`;
}

// In the middle of a live change (docs/live.md): the first byte is a breakpoint, the others are a value's.
function isBetween(site, bytes) {
	return site.len > 1 && bytes[0] === BREAKPOINT && site.values.some((value) => holds(site, value, bytes, 1));
}

// All values that the bytes are, and what the first of them says.
export function judge(view, site, bytes) {
	const values = site.values.filter((value) => holds(site, value, bytes));
	const { given_up: given } = view.manifest;
	const gone = given && site.at >= Number(given.start) && site.at < Number(given.start) + given.size &&
		bytes.every((byte) => byte === POISON);
	if (gone)
		return { is: 'gone', text: 'given up', values: [] };
	if (!values.length && isBetween(site, bytes))
		return { is: 'breakpoint', text: 'int3; it is being changed', values };
	if (!values.length)
		return { is: 'none of its values', text: hexOf(bytes), values };
	return { is: values[0].is, text: textOf(view, site, values[0], bytes), values };
}

function differs(one, other) {
	return !one || one.some((byte, i) => byte !== other[i]);
}

// Looks at all sites; returns those that changed since the last look.
export function look(view, read) {
	const changed = view.sites.filter((site) => differs(site.live, read(site)));
	for (const site of changed) {
		site.changes += site.live !== null;
		site.live = Uint8Array.from(read(site));
		site.now = judge(view, site, site.live);
	}
	return changed;
}

// As in the file: what each site holds before anything runs.
export function linkedBytes(site) {
	return bytesOf(site.values[0].bytes);
}

// {family: {is: sites}}, in the order of families and words in which they come.
export function countSites(view) {
	const families = new Map();
	for (const site of view.sites) {
		if (!families.has(site.family))
			families.set(site.family, new Map());
		const counts = families.get(site.family);
		counts.set(site.now.is, (counts.get(site.now.is) ?? 0) + 1);
	}
	return families;
}
