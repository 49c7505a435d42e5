#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A kernel that others made: boots a Linux for i386 to the point where it finds no root file system, dumps its memory, and
# pvtool verify explains every byte of its text, with one CPU and with two; and once more with a process that runs, when
# init text was given up. Then one byte anywhere in text is changed,
# again and again, and each time has to be a violation there. Called by make linux; at its end is a table.
#
#     perl tests/linux/verify.pl build/linux/vmlinuz [plants [seed]]
use strict;
use warnings;
use List::Util qw(sum);
use Pedant;
use Pedant::Elf;
use Pedant::Pvtool;
use Test::More;
use Time::HiRes qw(time);

my ($vmlinuz, $plants, $seed) = @ARGV;
$plants //= 1000;
$seed   //= time ^ $$;
$seed = int $seed;
my $WORKERS = 2;
my $RUNS    = 5;

my $vmlinux = scratch('vmlinux');
system('tools/vmlinux.pl', $vmlinuz, $vmlinux) == 0 or BAIL_OUT("$vmlinuz has no ELF file in it");
my $elf = eval { Pedant::Elf->new($vmlinux) } or BAIL_OUT("$vmlinux: $@");

# Where it lies in physical memory, without nokaslr somewhere else; to the end of its variables, where keys are.
my @segments = $elf->segments;
my ($physical, $virtual) = @{ $segments[0] }{qw(paddr vaddr)};
my ($end) = sort { $b <=> $a } map { $_->{vaddr} + $_->{memsz} } @segments;

sub commas { my ($n) = @_; 1 while $n =~ s/^(\d+)(\d{3})/$1,$2/; return $n }

# a. what its tables are, and that nothing is wrong with them
my ($status, $said) = pvtool("check $vmlinux");
is($status, 0, 'its tables can all be right') or diag($said);
note($said);

# b. what it is when it runs. An archive (cpio, "newc") with one program, which says a line and sleeps; every device is
# 5:1, the console.
sub entry {
    my ($name, $mode, $bytes) = @_;
    my $head = sprintf '070701' . '%08x' x 13, 0, $mode, 0, 0, 1, 0, length $bytes, 0, 0, 5, 1, 1 + length $name, 0;
    return join '', map { $_ . "\0" x (-length($_) % 4) } "$head$name\0", $bytes;
}

sub initrd {
    my $source = spew('init.s', <<'END');
.globl _start
_start: mov $4, %eax
mov $1, %ebx
mov $line, %ecx
mov $(end - line), %edx
int $0x80
sleep: mov $29, %eax
int $0x80
jmp sleep
line: .ascii "pedant: a process runs\n"
end:
END
    my ($object, $program) = map { scratch($_) } 'init.o', 'init';
    system("as --32 -o $object $source && ld -m elf_i386 -o $program $object") == 0 or BAIL_OUT('no program can be made');
    return spew('initrd', join '', entry('dev', 040755, ''), entry('dev/console', 020600, ''),
        entry('init', 0100755, slurp($program)), entry('TRAILER!!!', 0, ''));
}

my (@dumps, %lines);
my @runs = (['1 CPU', 1], ['2 CPUs', 2], ['a process', 2, [initrd()]]);
for my $run (@runs) {
    my ($what, $cpus, $modules) = @$run;
    note("booting it: $what");
    my $held = boot_and_hold(name => "linux-$what", image => $vmlinuz, memory => 256, serial => 1, cpu => 'max', smp => $cpus,
        timeout => 300, until => qr/end Kernel panic|pedant: a process runs/, cmdline => 'nokaslr panic=0 console=ttyS0', modules => $modules);
    ok($held->reached, "$what: it comes as far as it can") or BAIL_OUT($held->describe);
    my $dump = spew($what =~ s/ /-/r, $held->pmemsave($physical, $end - $virtual));
    $held->quit;
    push @dumps, $dump;
    ($status, $said) = pvtool("verify $vmlinux $dump");
    is($status, 0, 'and every byte of its text is explained') or diag(substr $said, 0, 2000);
    like($said, $modules ? qr/, init text gone:/ : qr/, init text there:/, 'init text is there, unless a process runs');
    note(substr $said, -2000);
    ($lines{$what}) = $said =~ /^(pvtool: .* bytes of text changed: .*)$/m;
}

# c. how long that takes
my @seconds;
for (1 .. $RUNS) {
    my $start = time;
    pvtool("verify $vmlinux $dumps[0]");
    push @seconds, time - $start;
}
my ($seconds) = sort { $a <=> $b } @seconds;

# d. changed bytes. Each worker has a dump of its own, writes a byte into it, and puts it back.
my @text = grep { $_->{flags} & 4 && $_->{flags} & 2 && $_->{size} } $elf->sections;
my $size = sum map { $_->{size} } @text;

sub place {
    my ($n) = @_;
    for my $section (@text) {
        return $section->{addr} + $n if $n < $section->{size};
        $n -= $section->{size};
    }
    die 'beyond all text';
}

# Is one of the lines about that byte: begins at or before it, and shows so many?
sub is_told {
    my ($lines, $at) = @_;
    return scalar grep { /^0x([0-9a-f]{8}) .*, found ([0-9a-f ]+?)(?:\.\.\.)? *(?:\(|$)/ && hex($1) <= $at && $at < hex($1) + (split ' ', $2) } split /\n/, $lines;
}

# Odd bits of a byte, seldom all: what a cosmic ray, a bug or a rootkit leaves.
sub plant {
    my ($file, $path, $at, $new) = @_;
    my $offset = $at - $virtual;
    sysseek $file, $offset, 0;
    sysread $file, my $old, 1;
    sysseek $file, $offset, 0;
    syswrite $file, chr(ord($old) ^ $new);
    my ($exit, $lines) = pvtool("verify $vmlinux $path");
    sysseek $file, $offset, 0;
    syswrite $file, $old;
    return $exit == 1 && is_told($lines, $at);
}

sub work {
    my ($worker, $to, @plants) = @_;
    my $path = spew("planted$worker", slurp($dumps[$worker]));
    open my $file, '+<:raw', $path or die "$path: $!\n";
    for my $plant (@plants) {
        my ($at, $new) = @$plant;
        printf {$to} "%s 0x%08x ^ 0x%02x\n", plant($file, $path, $at, $new) ? 'found' : 'missed', $at, $new;
        $to->flush;
    }
    return;
}

srand $seed;
note("changing one byte of $size, $plants times, seed $seed");
my @plants = map { [ place(int rand $size), 1 + int rand 255 ] } 1 .. $plants;
my @readers;
for my $worker (0 .. $WORKERS - 1) { # one on each of the first dumps
    my @share = @plants[ grep { $_ % $WORKERS == $worker } 0 .. $#plants ];
    my $pid = open(my $reader, '-|') // die "fork: $!\n";
    if (!$pid) {
        work($worker, \*STDOUT, @share);
        close STDOUT;
        POSIX::_exit(0);
    }
    push @readers, $reader;
}
my ($found, $done, @missed) = (0, 0);
for (my $i = 0; @readers; $i++) {
    my $reader = $readers[ $i % @readers ];
    my $line   = <$reader>;
    if (!defined $line) {
        @readers = grep { $_ != $reader } @readers;
        next;
    }
    $line =~ /^found/ ? $found++ : push @missed, $line;
    note("$done of $plants, ", scalar @missed, ' missed') if ++$done % 100 == 0;
}
is($found, $plants, "a changed byte is found, $found of $plants times") or diag(@missed);

# e. the table
my ($sites) = map { sum /(\d+) (?:mcount|paravirt|alternatives|smp_locks|jump_label|static_call) \(/g } $lines{'1 CPU'};
my ($version) = $lines{'1 CPU'} =~ /: (Linux \S+),/;
note('');
note("$version, qemu-system-i386 -cpu max, nokaslr");
note('  with         changed bytes of text        explained');
for my $what (map { $_->[0] } @runs) {
    my ($changed, $all) = $lines{$what} =~ /(\d+) of (\d+) bytes of text changed/;
    note(sprintf '  %-9s  %10s of %12s  %s', $what, commas($changed), commas($all), $lines{$what} =~ /all as they must be/ ? 'all' : 'NOT ALL');
}
note(sprintf '  verify: %s sites and %s bytes in %.2f s, the best of %d: %s sites a second', commas($sites), commas($size), $seconds, $RUNS,
    commas(int($sites / $seconds)));
note("  planted: $found of $plants found, seed $seed");
done_testing;
