# SPDX-License-Identifier: MIT
#
# gdb's commands for a kernel that changes its own text, as `make debug` loads them: what a site is by now, and
# what else it may become, by pvtool's manifest of the file that gdb debugs; what stands there, by the target.
#
#	(gdb) pv site timer_ns                 an address, a function, function+0x12
#	(gdb) pv stats | pv dis FUNCTION | pv diff | pv break SITE

import os
import sys

import gdb

sys.dont_write_bytecode = True  # the tree holds sources only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import show  # noqa: E402
from kernel import Kernel  # noqa: E402


class Pv(gdb.Command):
    """Pedant's sites: pv site ADDRESS|NAME, pv stats, pv dis FUNCTION, pv diff, pv break SITE."""

    def __init__(self):
        super().__init__("pv", gdb.COMMAND_DATA, prefix=True)

    def invoke(self, argument, from_tty):
        gdb.write(self.__doc__ + "\n")


class Subcommand(gdb.Command):
    """Looks at the kernel and the target, and shows what the function of its name in show.py says."""

    def __init__(self, name, takes, does):
        self.__doc__ = f"{does}\nUsage: pv {name}{' ' + takes if takes else ''}"
        self.name, self.takes, self.run = name, takes, getattr(show, "show_" + name)
        super().__init__("pv " + name, gdb.COMMAND_DATA, gdb.COMPLETE_SYMBOL if takes else gdb.COMPLETE_NONE)

    def invoke(self, argument, from_tty):
        self.dont_repeat()
        argument = argument.strip()
        if bool(argument) != bool(self.takes):
            raise gdb.GdbError(f"pv {self.name}: " + (f"wanted is {self.takes}" if self.takes else "takes nothing"))
        kernel = Kernel.of_gdb()
        for line in self.run(kernel, argument) if self.takes else self.run(kernel):
            gdb.write(line + "\n")


Pv()
Subcommand("site", "ADDRESS|NAME", "What the sites there are, by now, and what else they may become.")
Subcommand("stats", "", "How many sites are what, by family.")
Subcommand("dis", "FUNCTION", "The instructions that run there, the sites named, with what else they may be.")
Subcommand("diff", "", "What of the text is not as in the file: which sites, and what is none.")
Subcommand("break", "SITE", "A hardware breakpoint at a site, which stays when the site changes.")
