#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# gdb's commands for sites (tools/gdb/), in batches against QEMU's stub, by a socket of the test's own: they say of
# a running kernel what pvtool verify says of its dump, find a byte that was changed, show what else a site may be,
# and a breakpoint at a site stays while the site changes. What cannot be is one line.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Pedant;
use Pedant::Machine;
use Pedant::Pvtool;

delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};    # of the make that runs all tests
my $can = `gdb -nx -batch -ex 'python print("yes")' 2>&1`;
plan skip_all => 'no gdb, or one without Python: tools/setup.sh debug' if $can !~ /^yes$/m;

my $dir   = tempdir(CLEANUP => 1);
my $elf   = kernel_elf();
my $image = $elf->path;
my $n     = 0;

# The socket is there a moment before anybody listens at it.
my $connect = <<'END';
def connect(socket):
    for left in range(99, -1, -1):
        try:
            return gdb.execute("target remote " + socket)
        except gdb.error:
            if not left:
                raise
            time.sleep(0.1)
END

# What gdb says to each of the commands, of a kernel that stands at its first instruction: a text each.
sub gdb {
    my ($name, $args, @commands) = @_;
    my $socket  = "$dir/gdb-" . $n++;
    my $machine = Pedant::Machine->start(Pedant::Machine::log_base($name),
        { image => $image, memory => 64, serial => 1, cmdline => 'selftest=off', %$args, extra => [ '-gdb', "unix:$socket,server=on,wait=off", '-S' ] });
    $machine->wait_for(20, sub { -S $socket }) or BAIL_OUT('QEMU does not listen: ' . $machine->messages);
    my $script = spew('gdb.commands', join '', map {"$_\n"} 'set pagination off', 'set confirm off', "python connect('$socket')",
        map { ("echo \\n=== \\n", "python run(" . _quoted($_) . ")") } @commands);
    my $run = spew('gdb.py', "import gdb, time\n$connect\ndef run(command):\n    try:\n        gdb.execute(command)\n    except gdb.error as error:\n"
            . "        print(f'refused: {error}')\n");
    my $said = `PVTOOL=$ENV{PVTOOL_HERE} timeout 120 gdb -nx -batch -x tools/gdb/pedant.py -x $run $image -x $script 2>&1`;
    is($? & 127 || $? >> 8, 0, "$name: gdb comes to its end") or diag $said;
    $machine->kill;
    my (undef, @parts) = split /\n=== \n/, $said;
    return @parts;
}
sub _quoted { return "'" . $_[0] =~ s/(['\\])/\\$1/gr . "'" }
$ENV{PVTOOL_HERE} = $ENV{PVTOOL} || build_dir() . '/tools/pvtool';

# "12 a, 3 b" as a hash.
sub counts { return { map { reverse /^(\d+) (.*)$/ ? ($1, $2) : () } split /, /, $_[0] } }

subtest 'what it says is what pvtool verify says of the dump' => sub {
    my ($start, $end) = map { $elf->symbol($_) } qw(_image _image_end);
    my $memory = sprintf 'python memory = gdb.selected_inferior(); head = bytes(memory.read_memory(0x%x, 32)); memory.write_memory(0x%x, ', $start, $start;
    my @said = gdb('end', {}, "${memory}bytes(32))", 'pv stats', "python memory.write_memory($start, head)", 'hbreak machine_end', 'continue', 'pv stats',
        sprintf("monitor pmemsave 0x%x 0x%x \"$dir/dump\"", $start, $end - $start), 'pv diff');
    like($said[1], qr/^refused: pv: the image is not in memory yet: hbreak kernel_main, continue$/m, 'before it is loaded nothing is said of it');
    my ($status, $verified) = pvtool("verify $image $dir/dump");
    is($status, 0, 'the dump is as it must be') or diag $verified;
    for my $family (qw(paravirt alternatives smp_locks jump_label static_call)) {
        my ($by_gdb)    = $said[5] =~ /^ *\d+ $family: (.*)$/m;
        my ($by_pvtool) = $verified =~ / \d+ $family \((.*?)\)/;
        is_deeply(counts($by_gdb // ''), counts($by_pvtool // 'none'), "$family: of each kind as many");
    }
    like($said[5], qr/^padding p6$/m, 'and the padding');
    my ($sites, $other) = $said[7] =~ /^(\d+) sites are not as in the file, and (\d+) other places$/m;
    is($other, 0, 'nothing but sites differs from the file');
    is(scalar(() = $said[7] =~ /^0x\w{8} \S+: (?:\w\w ?)+ -> .* # \w+ .*: (?!nothing that).*$/mg), $sites // -1, 'each of them has a line, and is known');
    like($said[7], qr/^0x\w{8} \d+ bytes of init text were given up$/m, 'and so is what was given up');
};

subtest 'one site, one function' => sub {
    my ($site)  = `$ENV{PVTOOL_HERE} sites $image --family paravirt` =~ /^(0x\w{8}) +(irq_set_handler)\+0x\w+ +paravirt +irq\.irq_disable /m;
    my ($call)  = `$ENV{PVTOOL_HERE} sites $image --family static_call` =~ /^(0x\w{8}) +timer_ns\+0x\w+ +static_call /m;
    my $second  = sprintf '0x%x', hex($site) + 2;
    my $outside = sprintf '0x%x', $elf->symbol('irq_set_handler') + 1;
    my @said = gdb('site', {}, 'hbreak machine_end', 'continue', "pv site $second", 'pv site irq_set_handler', 'pv dis irq_set_handler', 'pv site memcpy',
        'pv site nonesuch', "pv site $outside", 'pv site', 'pv stats now', 'pv break irq_set_handler', "pv dis $site",
        "python gdb.selected_inferior().write_memory($site, b'\\x90'); gdb.selected_inferior().write_memory($outside, b'\\x90')", 'pv diff', "pv site $site",
        "python gdb.selected_inferior().write_memory($call + 1, bytes(4))", "pv site $call");
    my $head = qr/^$site irq_set_handler\+0x\w+: paravirt irq\.irq_disable, 6 bytes\n  now  3e 3e 3e 3e 3e fa +template: .*cli/m;
    like($said[2], $head, 'a site by an address inside');
    like($said[2], qr/^  or   ff 15 (?:\w\w ){4} +as linked: state linked$/m, 'what else it may be: as linked');
    like($said[2], qr/^  or   2e e8 (?:\w\w ){4} +call: backend trace$/m, 'under another back end');
    unlike($said[2], qr/8d 74 26 00/, 'and no padding of other machines');
    like($said[3], $head, 'the same by its function');
    cmp_ok(scalar(() = $said[3] =~ /^0x/mg), '>', 1, 'which has more');
    like($said[4], qr/^ +\w+  3e 3e 3e 3e 3e fa +.*cli +# paravirt irq\.irq_disable: template\n +or  ff 15 /m, 'its instructions, with the sites named');
    like($said[4], qr/^ +\w+  c3 +ret/m, 'up to its end');
    is($said[11], $said[4], 'the same by an address');
    like($said[5], qr/^refused: pv: memcpy has no sites$/m, 'a function without sites');
    like($said[6], qr/^refused: pv: nonesuch: the kernel has no such function$/m, 'a name that is none');
    like($said[7], qr/^refused: pv: there is no site at 0x\w{8}, irq_set_handler\+0x1$/m, 'an address that is in none');
    like($said[8], qr/^refused: pv site: wanted is ADDRESS\|NAME$/m, 'a word too few');
    like($said[9], qr/^refused: pv stats: takes nothing$/m, 'one too many');
    like($said[10], qr/^refused: pv: irq_set_handler has \d+ sites, .*say which: irq_set_handler\+0x/m, 'a breakpoint at which of them?');
    like($said[13], qr/^$site .* -> 90 3e 3e 3e 3e fa +# paravirt irq\.irq_disable: nothing that it may be$/m, 'a byte that was changed in a site is found');
    like($said[13], qr/^0x\w{8} irq_set_handler\+0x1: \w\w -> 90 +# no site$/m, 'and one that is in none');
    like($said[13], qr/, and 1 other places$/m, 'and counted');
    like($said[16], qr/^  now  e8 00 00 00 00 +nothing that it may be/m, 'a call that leads elsewhere is none');
    like($said[14], qr/^  now  90 3e .* nothing that it may be/m, 'and said of the site');
};

# Hit under one back end, by a program that runs before the switch, and under the next one by a self-test.
subtest 'a breakpoint stays while its site changes' => sub {
    my @sites = `$ENV{PVTOOL_HERE} sites $image --family paravirt` =~ /^(0x\w{8}) +sched_add\+0x\w+ +paravirt +irq\.irq_disable /mg;
    my @breaks = map {"pv break $_"} @sites;
    ok(@sites == 1 || @sites == 2, 'sched_add() disables interrupts at one site or at the other');
    my @said = gdb('break', { cmdline => 'run=true switch=trace selftest=programs.hello' }, 'hbreak kernel_run', 'continue', @breaks, 'info breakpoints',
        'continue', 'pv site $pc', 'disable', 'hbreak ktap_run', 'continue', 'enable', 'continue', 'pv site $pc');
    splice @said, 3, 0, '' if @sites == 1;
    my ($place) = ($said[6] // '') =~ /^0x\w+ (\S+): paravirt irq\.irq_disable/m;
    $place = quotemeta($place // 'nowhere');
    like($said[2], qr/^sched_add\+0x\w+ is paravirt irq\.irq_disable, now template; /m, 'it says what the site is');
    like($said[4], qr/^\d+ +hw breakpoint +keep y +$_ /m, "the one at $_ is the CPU's") for @sites;
    like($said[6], qr/^0x\w+ sched_add\+0x\w+: .*\n  now  3e 3e 3e 3e 3e fa +template: /m, 'hit under the first back end');
    like($said[12], qr/^0x\w+ $place: .*\n  now  2e e8 .* call: .*call 0x\w+ <trace_irq_disable>/m, 'and after its site has changed, under the next one');
};

subtest 'make debug' => sub {
    my @qemu = ('qemu-system-i386', '-kernel', $image, qw(-display none -no-reboot -append), 'selftest=off run=true');
    my $words = join ' ', map { "'$_'" } @qemu;
    my $build = build_dir();
    my $said  = `printf '%s\\n' 'hbreak ktap_run' continue 'pv stats' quit | PVTOOL=$ENV{PVTOOL_HERE} timeout 60 tools/gdb/debug.sh $build gdb $words 2>&1`;
    like($said, qr/^ *\d+ paravirt: \d+ template, /m, 'GDB=1 starts both, and gdb knows pv');
    $said = `tools/gdb/debug.sh $build '' echo word 2>&1`;
    like($said, qr{^  gdb $build/pedant\.elf -x tools/gdb/pedant\.py -ex 'target remote $build/debug\.sock'$}m, 'otherwise it says what to type');
    like($said, qr{^word -serial stdio -gdb unix:$build/debug\.sock,server=on,wait=off -S$}m, 'and QEMU waits there');
    like(scalar `tools/gdb/debug.sh $build 1234 echo word 2>&1`, qr{ 'target remote :1234'\n.*\nword .* -gdb tcp:127\.0\.0\.1:1234,}, 'or at a port');
    my $make = `make -s debug PORT=x 2>&1`;
    like($make, qr/\Amake debug: PORT=x is not a number above 0\nmake: \*\*\* .*\n\z/, 'one that is a number');
};

done_testing;
