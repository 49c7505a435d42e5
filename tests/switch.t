# SPDX-License-Identifier: MIT
#
# Back ends that change while the kernel runs, from outside: what stands in memory then is what pvtool works out of the
# file for that back end, all self-tests pass under it, and a switch that cannot be made says so and fails the run.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Pvtool;

my $elf   = kernel_elf();
my @sites = $elf->records;

# The path that a kernel takes, what it starts with, and on how many CPUs: it ends as it should, and so does memory.
for my $case ([ 'soft', '', 1 ], [ 'soft', '', 3 ], [ 'trace,soft,trace', '', 2 ], [ 'soft,native', '', 3 ], [ 'native', 'pv=soft', 2 ],
    [ 'soft', 'noreplace-paravirt', 2 ]) {
    my ($path, $more, $cpus) = @$case;
    my @to   = split /,/, $path;
    my $what = "switch=$path $more, $cpus CPUs";
    my $held = boot_and_hold(name => 'switch ' . $what =~ s/\W+/-/gr, smp => $cpus, timeout => 200,
        cmdline => "switch=$path $more selftest=irq");
    ok($held->reached, "$what: the kernel comes to its end") or diag $held->describe;
    my @switches = $held->events('switch');
    is_deeply([ map { $_->{to} } @switches ], \@to, "$what: an event for each");
    my ($boot) = $held->events('boot');
    is_deeply([ map { $_->{from} } @switches ], [ $boot->{backend}, @to[ 0 .. $#to - 1 ] ], "$what: from one to the next");
    is_deeply([ grep { $_->{result} ne 'done' || $_->{sites} != @sites || $_->{refused} || $_->{cpus} != $cpus || !$_->{ns} || !$_->{tries} }
            @switches ], [], "$what: all sites, on all CPUs");
    is_deeply([ grep { $_->{result} eq 'fail' } $held->events('test') ], [], "$what: self-tests pass");
    for my $options ('', $more eq 'noreplace-paravirt' ? '--state linked' : "--state $to[-1]") {
        my ($status, $said) = verify_held($held, $elf, $options);
        is($status, 0, "$what: memory is what it must be $options") or diag $said;
    }
    $held->quit;
}

# One that cannot be made in its time.
expect_pass(boot(name => 'switch-given-up', smp => 3, timeout => 60, cmdline => 'selftest=switches.is_given_up'), 'given up: the kernel passes');

# One that is none: said, counted, and nothing else changes.
{
    my $run = boot(name => 'switch-nothing', smp => 2, cmdline => 'switch=soft,nothing,trace selftest=irq');
    is($run->outcome, 'failed', 'no such back end: the run fails');
    like(join("\n", $run->lines), qr/^switch: soft to nothing: there is no such back end$/m, 'and says why');
    is_deeply([ map { "$_->{to}: $_->{result}" } $run->events('switch') ], [ 'soft: done', 'nothing: there is no such back end' ],
        'what stands behind it is not tried');
    like(join("\n", $run->lines), qr/^  not ok \d+ switch$/m, 'it is a result of the boot');
}

# A site that was refused at boot goes through the table: it follows, and is counted.
{
    my ($site) = grep { $_->{clobbers} == 7 && !$elf->is_init($_->{instr}) } @sites;
    my $image = $elf->write_copy(log_dir() . '/switch-damaged.elf', [ $site->{record} + 6, pack 'v', 0 ]);
    my $run = boot(name => 'switch-damaged', image => $image, smp => 2, cmdline => 'switch=soft,native selftest=irq');
    my ($refused) = $run->events('refused');
    ok($refused, 'a record is damaged, and refused');
    is_deeply([ map { "$_->{result}: $_->{refused} of $_->{sites}" } $run->events('switch') ],
        [ ('done: 1 of ' . @sites) x 2 ], 'a switch changes all others, and counts it');
    is_deeply([ grep { $_->{result} eq 'fail' && $_->{suite} ne 'boot' } $run->events('test') ], [], 'self-tests pass');
    unlink $image;
}

done_testing;
