# SPDX-License-Identifier: MIT
#
# What each of the commands shows: functions from a kernel to lines, one a command.

import collections
import re

import gdb

from kernel import function_range, symbol_of
from site_values import fits, when, words

NAME = r"[A-Za-z_][\w.]*"
WIDTH = 60  # of an instruction with its bytes, before what is said of it


def show_site(kernel, asked):
    sites = sites_named(kernel, asked)
    for site in sites:
        yield from one_site(kernel, site)


def sites_named(kernel, asked):
    """Those of a function; of an address, the one that has it."""
    if re.fullmatch(NAME, asked):
        start, end = function_range(asked)
        sites = kernel.sites_in(start, end)
        if not sites:
            raise gdb.GdbError(f"pv: {asked} has no sites")
        return sites
    return [site_at(kernel, address_of(asked))]


def address_of(asked):
    try:
        place = re.fullmatch(rf"({NAME})\+(0x[0-9a-fA-F]+|\d+)", asked)
        if place:
            return function_range(place[1])[0] + int(place[2], 0)
        return int(gdb.parse_and_eval(asked)) & 0xffffffff
    except gdb.error as error:
        raise gdb.GdbError(f"pv: {asked}: {error}") from error


def site_at(kernel, address):
    site = kernel.site_at(address)
    if not site:
        raise gdb.GdbError(f"pv: there is no site at 0x{address:08x}, {symbol_of(address)}")
    return site


def one_site(kernel, site):
    data = kernel.live(site.at, site.len)
    yield f"0x{site.at:08x} {site.place}: {site.name()}, {site.len} bytes"
    if site.refused:
        yield f"  refused: {site.refused}"
    yield line_of("now", words(data), f"{site.is_now(kernel)}{instructions(site.at, site.len)}")
    for said, what in others(kernel, site, data):
        yield line_of("or", said, what)


def line_of(label, data, what):
    return f"  {label:<4} {data:<24} {what}"


def others(kernel, site, data):
    """(bytes, what and when) of what else may stand there on this machine, alike ones together."""
    here = {}
    for value in site.values:
        padding = value.get("when", {}).get("padding")
        if padding and kernel.padding not in padding:
            continue
        if not fits(value["pattern"], data):
            conditions = {key: said for key, said in value.get("when", {}).items() if key != "padding"}
            here.setdefault((words(value["bytes"]), value["is"]), []).append(when({"when": conditions}))
    for (said, what), conditions in here.items():
        yield said, f"{what}: {'; '.join(dict.fromkeys(conditions))}"


def instructions(start, size):
    """What gdb reads there, by the target's bytes."""
    found = gdb.selected_inferior().architecture().disassemble(start, start + size - 1)
    return ": " + "; ".join(re.sub(r"\s+", " ", insn["asm"]) for insn in found)


def show_stats(kernel):
    counts = collections.defaultdict(collections.Counter)
    for site in kernel.sites:
        counts[site.family][site.is_now(kernel)] += 1
    for family, kinds in counts.items():
        said = ", ".join(f"{n} {what}" for what, n in sorted(kinds.items(), key=lambda item: (-item[1], item[0])))
        yield f"{sum(kinds.values()):5} {family}: {said}"
    yield f"padding {kernel.padding or 'as linked'}"


def show_dis(kernel, asked):
    start, end = function_range(asked) if re.fullmatch(NAME, asked) else around(asked)
    yield f"0x{start:08x} {symbol_of(start)}, as it runs"
    address = start
    while address < end:
        insn, = gdb.selected_inferior().architecture().disassemble(address, count=1)
        yield from one_instruction(kernel, insn)
        address += insn["length"]


def around(asked):
    address = address_of(asked)
    return function_range(symbol_of(address).split("+")[0])


def one_instruction(kernel, insn):
    data = kernel.live(insn["addr"], insn["length"])
    line = f"  {insn['addr']:8x}  {words(data):<24}  {re.sub(chr(9), ' ', insn['asm'])}"
    starting = [site for site in kernel.sites_in(insn["addr"], insn["addr"] + insn["length"])]
    if not starting:
        yield line
        return
    for site in starting:
        yield f"{line:<{WIDTH}}  # {site.name()}: {site.is_now(kernel)}"
        line = ""
        for said, what in others(kernel, site, kernel.live(site.at, site.len)):
            yield f"  {'or':>8}  {said:<24}  {what}"


def show_diff(kernel):
    sites, places = {}, []
    for start, end in changed(kernel):
        address = start
        while address < end:
            site = outermost(kernel, kernel.site_at(address))
            stop = min(end, site.at + site.len if site else end_of_none(kernel, address, end))
            if site:
                sites[site.at] = site
            else:
                places.append((address, stop))
            address = stop
    lines = [(at, change(kernel, site.place, at, site.len, f"{site.name()}: {site.is_now(kernel)}")) for at, site in sites.items()]
    lines += [(at, change(kernel, symbol_of(at), at, end - at, "no site")) for at, end in places]
    yield from (line for _, line in sorted(lines))
    if any(kernel.is_gone(site) for site in kernel.sites_in(kernel.gone.start, kernel.gone.stop)):
        yield f"0x{kernel.gone.start:08x} {len(kernel.gone)} bytes of init text were given up"
    yield f"{len(sites)} sites are not as in the file, and {len(places)} other places"


def outermost(kernel, site):
    return kernel.by_address.get(site.within, site) if site else None


def end_of_none(kernel, address, end):
    """To where no site has a byte."""
    while address < end and not kernel.site_at(address):
        address += 1
    return address


def change(kernel, place, at, size, what):
    shown = min(size, 16)
    more = f" and so on, {size} bytes" if size > shown else ""
    return f"0x{at:08x} {place}: {words(kernel.linked(at, shown))} -> {words(kernel.live(at, shown))}{more}  # {what}"


def changed(kernel):
    """(start, end) of what differs in memory that is read-only, but for text that was given up."""
    for start, size in kernel.read_only():
        live, linked = kernel.live(start, size), kernel.linked(start, size)
        differs = [i for i in range(size) if live[i] != linked[i] and not (start + i in kernel.gone and live[i] == 0xcc)]
        while differs:
            n = 1
            while n < len(differs) and differs[n] == differs[0] + n:
                n += 1
            yield start + differs[0], start + differs[0] + n
            del differs[:n]


def show_break(kernel, asked):
    sites = sites_named(kernel, asked)
    if len(sites) > 1:
        places = ", ".join(site.place for site in sites)
        raise gdb.GdbError(f"pv: {asked} has {len(sites)} sites, and there are four hardware breakpoints: say which: {places}")
    site = sites[0]
    gdb.Breakpoint(f"*0x{site.at:x}", gdb.BP_HARDWARE_BREAKPOINT)
    yield f"{site.place} is {site.name()}, now {site.is_now(kernel)}; no byte of it is changed for this, so its changes go on as they would"
