# SPDX-License-Identifier: MIT
#
# Several CPUs, run in turns by one host thread, and exactly; lines that all print at once; one that
# goes and does not answer any more.
use strict;
use warnings;
use Test::More;
use Pedant;

# What became of each CPU, by number: "online", "off" ...
sub results {
    my ($run) = @_;
    return map { $_->{result} } sort { $a->{number} <=> $b->{number} } $run->events('cpu');
}

sub expect_cpus {
    my ($run, $what, @results) = @_;
    my $online = grep { $_ eq 'online' } @results;
    my $all    = @results;
    is_deeply([ results($run) ], \@results, "$what: the events say @results");
    expect_line($run, qr/^  cpus      $online of $all online, by /, "$what: $online of $all are online");
    return;
}

sub passes_with {
    my ($what, $online, %args) = @_;
    my $run = boot(name => $what, smp => $online, timeout => 60, %args);
    expect_pass($run, "$what: the kernel passes");
    expect_cpus($run, $what, ('online') x $online);
    is_deeply([ $run->lines_like(qr/^interrupts: /) ], [], "$what: no interrupt was nobody's");
    return $run;
}

passes_with('in-turns', 2, extra => [ -accel => 'tcg,thread=single' ]);
passes_with('exactly',  2, timeout => 180, extra => [ -icount => 'shift=0' ]); # one thread for both, and a nanosecond an instruction
{
    my $run = boot(name => 'no-answer', smp => 3, cmdline => 'selftest=hotplug.no_answer', timeout => 60);
    expect_pass($run, 'no answer: the kernel passes');
    expect_line($run, qr/^ *smp: CPU 1 \(APIC id 254\) does not answer: left off$/, 'no answer: a line says so');
}

# All print at once: each line is there once, whole, and each CPU's in their order.
{
    my $run = boot(name => 'prints', smp => 4, cmdline => 'selftest=smp.prints');
    expect_pass($run, 'prints: the kernel passes');
    my %next;
    my @wrong = grep { !/^ *# CPU ([0-3]) prints line (\d+) of 50$/ || $next{$1}++ != $2 }
        $run->lines_like(qr/prints line|# CPU/);
    is_deeply(\@wrong, [], 'prints: every line is whole and in its CPU\'s order');
    is_deeply(\%next, { map { $_ => 50 } 0 .. 3 }, 'prints: none is lost');
}

done_testing();
