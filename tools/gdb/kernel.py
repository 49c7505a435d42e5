# SPDX-License-Identifier: MIT
#
# The kernel that gdb debugs: its file, the manifest that pvtool makes of that (docs/interface.md), and the
# target's memory. All reads of live bytes are here.
#
#	kernel = Kernel.of_gdb()
#	site = kernel.sites_of("timer_ns")[0]
#	kernel.live(site.at, site.len)

import bisect
import json
import os
import struct
import subprocess

import gdb

from site_values import Site

FORMAT = "pvtool manifest 3"
PT_LOAD = 1


class Kernel:
    _last = None  # reading the manifest takes a while: the same file is read once

    @classmethod
    def of_gdb(cls):
        path = gdb.current_progspace().filename
        if not path:
            raise gdb.GdbError("pv: gdb has no file: start it as gdb build/pedant.elf")
        key = (path, os.stat(path).st_mtime_ns)
        if not cls._last or cls._last.key != key:
            cls._last = cls(path, key)
        cls._last.look()
        return cls._last

    def __init__(self, path, key):
        self.path, self.key = path, key
        self.manifest = self._manifest()
        self.sites = [Site(site) for site in self.manifest["sites"]]
        self.by_address = {site.at: site for site in self.sites}
        self.starts = [site.at for site in self.sites]
        self.memory, self.patched, self.padding = [], set(), None
        gone = self.manifest.get("given_up")
        self.gone = range(int(gone["start"], 16), int(gone["start"], 16) + gone["size"]) if gone else range(0)
        with open(path, "rb") as file:
            self.segments = list(self._segments(file.read()))

    def _manifest(self):
        pvtool = os.environ.get("PVTOOL") or os.path.join(os.path.dirname(self.path), "tools", "pvtool")
        try:
            made = subprocess.run([pvtool, "manifest", self.path], capture_output=True, check=False, start_new_session=True)
        except OSError as error:
            raise gdb.GdbError(f"pv: {pvtool}: {error.strerror}: make it, or say PVTOOL=") from error
        if not made.stdout:
            raise gdb.GdbError("pv: " + made.stderr.decode(errors="replace").strip())
        manifest = json.loads(made.stdout)
        if manifest["format"] != FORMAT:
            raise gdb.GdbError(f"pv: {pvtool} writes {manifest['format']}, and this reads {FORMAT}")
        return manifest

    @staticmethod
    def _segments(elf):
        """(address, bytes) of what the file loads (ELF32, System V ABI, Program Header)."""
        start, = struct.unpack_from("<I", elf, 28)
        size, n = struct.unpack_from("<HH", elf, 42)
        for i in range(n):
            kind, offset, address, _, filled = struct.unpack_from("<5I", elf, start + i * size)
            if kind == PT_LOAD:
                yield address, elf[offset:offset + filled]

    def look(self):
        """Is the image in memory? Before its loader has run it is not, and nothing here would be true."""
        address, data = self.segments[0]
        if self.read(address, 32) != data[:32]:
            raise gdb.GdbError("pv: the image is not in memory yet: hbreak kernel_main, continue")
        self.memory = [(start, self.read(start, size)) for start, size in self.read_only()]
        self.patched = {site.family for site in self.sites if not site.is_as_linked(self) and not self.is_gone(site)}
        self.padding = self._told_padding() or _most(name for site in self.sites for value in site.all_of(self)
                             for name in value.get("when", {}).get("padding", []))

    @staticmethod
    def _told_padding():
        """The table of NOPs that the kernel has chosen, where gdb knows the variable."""
        try:
            return gdb.parse_and_eval("pv_nops->name").string()
        except gdb.error:
            return None

    def read_only(self):
        return [(int(memory["start"], 16), memory["size"]) for memory in self.manifest["memory"]]

    def live(self, address, size):
        """What stands there: of text as it was when the command began."""
        for start, data in self.memory:
            if start <= address and address + size <= start + len(data):
                return data[address - start:address - start + size]
        return self.read(address, size)

    @staticmethod
    def read(address, size):
        try:
            return bytes(gdb.selected_inferior().read_memory(address, size))
        except gdb.MemoryError as error:
            raise gdb.GdbError(f"pv: the target gives no memory at 0x{address:08x}: is it connected?") from error
        except gdb.error as error:
            raise gdb.GdbError(f"pv: {error}") from error

    def word(self, address):
        return int.from_bytes(self.live(address, 4), "little")

    def present(self):
        """Which version of live sites is the present one (docs/live.md)."""
        return self.word(int(self.manifest["symbols"]["pv_present"], 16))

    def linked(self, address, size):
        """What the file has there; None where it has nothing."""
        for start, data in self.segments:
            if start <= address and address + size <= start + len(data):
                return data[address - start:address - start + size]
        return None

    def site_at(self, address):
        """The innermost site that has this byte, or None."""
        i = bisect.bisect_right(self.starts, address)
        there = [site for site in self.sites[max(0, i - 8):i] if site.at <= address < site.at + site.len]
        return min(there, key=lambda site: site.len) if there else None

    def sites_in(self, start, end):
        return [site for site in self.sites if start <= site.at < end]

    def is_gone(self, site):
        return site.at in self.gone and self.live(site.at, site.len) == b"\xcc" * site.len


def function_range(name):
    """The addresses of a function, by its symbol: assembler's have no other."""
    try:
        start = int(gdb.parse_and_eval(f"(unsigned long)&'{name}'"))
    except gdb.error as error:
        raise gdb.GdbError(f"pv: {name}: the kernel has no such function") from error
    block = gdb.block_for_pc(start)
    if block and block.function and block.start == start:
        return start, block.end
    end = start + 1
    while end < start + 0x10000 and symbol_of(end).split("+")[0] == name:
        end += 1
    return start, end


def symbol_of(address):
    """function+0x12, or function; the address where nothing has a name."""
    said = gdb.execute(f"info symbol {address}", to_string=True)
    words = said.split()
    if said.startswith("No symbol"):
        return f"0x{address:08x}"
    return f"{words[0]}+0x{int(words[2]):x}" if words[1] == "+" else words[0]


def _most(words):
    words = list(words)
    return max(sorted(set(words)), key=words.count) if words else None
