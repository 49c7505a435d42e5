# SPDX-License-Identifier: MIT
#
# A site of the manifest, its values, and which of them stands in memory.

import binascii

LINKED = "as linked"
LIVE = ("jump_label", "static_call")  # the families whose sites change under running CPUs
BREAKPOINT = 0xcc
ANY = None  # a byte of a branch's way: where it goes to is what the table or the key says


class Site:
    def __init__(self, said):
        self.at, self.len = int(said["at"], 16), said["len"]
        self.family, self.what, self.place = said["family"], said["what"], said["in"]
        self.within = int(said["within"], 16) if "within" in said else None
        self.refused = said.get("refused")
        self.slot, self.key = (int(said[name], 16) if name in said else None for name in ("slot", "key"))
        self.values = [dict(value, pattern=pattern(value["bytes"])) for value in said["values"]]

    def name(self):
        return f"{self.family} {self.what}"

    def live_value(self, kernel):
        """The value that stands there; None if none of them does."""
        there = self.all_of(kernel)
        return min(there, key=lambda value: self.unlikely(kernel, value)) if there else None

    def unlikely(self, kernel, value):
        """Of values with the same bytes: one of this machine's padding first, as linked only where all of the family
        is, and one that says where it goes to."""
        padding = value.get("when", {}).get("padding")
        return (padding is not None and kernel.padding not in padding,
                (value["is"] == LINKED) == (self.family in kernel.patched), value["pattern"].count(ANY))

    def is_as_linked(self, kernel):
        return fits(self.values[0]["pattern"], kernel.live(self.at, self.len))

    def all_of(self, kernel):
        """The values that may be what stands there: the bytes fit, and a way leads to where it must."""
        data = kernel.live(self.at, self.len)
        return [value for value in self.values
                if fits(value["pattern"], data) and (ANY not in value["pattern"] or self.leads_on(kernel, value, data))]

    def leads_on(self, kernel, value, data):
        """Does the branch go where the op's slot, or the key's function of the present version, says?"""
        at = value["pattern"].index(ANY)
        target = (self.at + at + 4 + int.from_bytes(data[at:at + 4], "little")) & 0xffffffff
        word = self.slot if self.slot is not None else self.key + 4 * kernel.present()
        return target == kernel.word(word)

    def is_now(self, kernel):
        """pvtool's word for what it is, or what is wrong with it."""
        if kernel.is_gone(self):
            return "gone"
        outer = kernel.by_address.get(self.within)
        if outer and outer is not self and covered(outer, kernel):
            return "covered"
        value = self.live_value(kernel)
        if not value and self.family in LIVE and kernel.live(self.at, 1)[0] == BREAKPOINT:
            return "a breakpoint, amid a change"
        return value["is"] if value else "nothing that it may be"


def covered(outer, kernel):
    value = outer.live_value(kernel)
    return value is not None and value["is"] == "replaced"


def pattern(text):
    """"2ee8........" as a list of bytes, ANY for each that is not said."""
    return [ANY if text[i] == "." else int(text[i:i + 2], 16) for i in range(0, len(text), 2)]


def fits(wanted, data):
    return len(wanted) == len(data) and all(one is ANY or one == byte for one, byte in zip(wanted, data))


def words(data):
    """b"\\x2e\\xe8" as "2e e8"; the manifest's text as well."""
    text = data if isinstance(data, str) else binascii.hexlify(data).decode()
    return " ".join(text[i:i + 2] for i in range(0, len(text), 2))


def when(value):
    """The condition of a value, in a few words."""
    return ", ".join(f"{key} {' '.join(said) if isinstance(said, list) else said}" for key, said in value.get("when", {}).items())
