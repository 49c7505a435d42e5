#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Tests of the tests, by lot: N mutants that nobody chose, drawn from all that Faults.pm can break, each built and
# run against what `make test` runs for its part until something notices it. Prints a line as each ends, then the
# survivors as diffs, and which part of those that build and differ was noticed or is known to be equivalent; fails
# when that is less than 90 %.
#
#	BUILD=build perl -Itests/lib tests/mutants/random.pl SEED N [ONLY]
#
# ONLY is the number of one of them, or several with commas; "list" only shows what was drawn. So many are tried at a time
# as the environment's WORKERS says, 2 without.

use strict;
use warnings;
use Cwd qw(getcwd);
use FindBin;
use IO::Handle;
use Time::HiRes qw(time);
use lib $FindBin::Bin;
use Lot;
use Parts;
use Pool;
use Room;

use constant ENOUGH => 90;

my $workers = $ENV{WORKERS} || 2;

STDOUT->autoflush(1);
my ($seed, $n, $only) = @ARGV;
$n // 0 or die "usage: random.pl SEED N [ONLY]\n";
my $begin = time;
my @lots  = Lot::draw($seed, $n);
if (($only // '') eq 'list') {
    print "[$_->{number}] ", $_->diff for @lots;
    exit;
}
if (length($only // '')) {
    my %wanted = map { $_ => 1 } split /,/, $only;
    @lots = grep { $wanted{ $_->{number} } } @lots;
}

my $room  = Room->new('random');
my $logs  = $room->logs;
my %targets = map { $_ => 1 } map { my $p = $_; map { $room->name . "/$_" } @{ $p->{builds} }, @{ $p->{makes} || [] } } Parts::parts();
print "seed $seed, ", scalar @lots, " mutants; the tree without a mutant is built first\n";
$room->build(sort keys %targets);

# Does the tree without a fault pass a stage? Asked once for each, and by whoever needs it first; anew for what hangs: the machine may be
# busier than it was.
sub control {
    my ($stage, $anew) = @_;
    my $file = $room->pristine . '/../control-' . $stage->{name} =~ s/\W+/-/gr;
    return -s $file && !$anew ? Lot::slurp($file) =~ /passed/ : _ask_control($stage, $file);
}

sub _ask_control {
    my ($stage, $file) = @_;
    my $here = getcwd();
    $room->copy("control-$$");
    my $failure = Lot::run_stage($room, "$logs/random-control.log", $stage, {})
        && Lot::run_stage($room, "$logs/random-control.log", $stage, {});    # twice, as with a fault
    chdir $here or die "$here: $!\n";
    system('rm', '-rf', $room->pristine . "/../copy-control-$$");
    open my $out, '>', $file or die "$file: $!\n";
    print {$out} $failure // 'passed';
    close $out or die "$file: $!\n";
    print "      without a fault $stage->{name} fails, too, and means nothing: $failure\n" if $failure;
    return !$failure;
}

sub try {
    my ($lot, $worker) = @_;
    my $how = ($lot->{outcome} // '') eq 'left' ? 'try_again' : 'try';
    my $why = Lot::equivalents("$FindBin::Bin/equivalent")->{ $lot->key };
    return { outcome => 'equivalent', evidence => $why } if $why;
    return $lot->$how($room, $worker, "$logs/random-$seed-$lot->{number}.log", \&control);
}

sub teller {
    my ($all) = @_;
    return sub {
        my ($lot, $done) = @_;
        printf "[%*d/%d] %-10s %6.1f s  %d %s:%d, %s: %s\n", length $all, $done, $all, @$lot{qw(outcome seconds number path line kind)},
            length $lot->{evidence} > 100 ? substr($lot->{evidence}, 0, 97) . '...' : $lot->{evidence};
    };
}

# What is cheap for all of them, then what is dear for those that are left. Who meanwhile finds one of these to be equivalent and
# says so saves its time.
Pool::run($workers, \@lots, \&try, teller(scalar @lots));
my @left = grep { $_->{outcome} eq 'left' } @lots;
print "[$_->{number}] left: ", $_->diff for @left;
Pool::run($workers, \@left, \&try, teller(scalar @left));
$room->clear;

my %count;
$count{ $_->{outcome} }++ for @lots;
$count{$_} //= 0 for 'not built', qw(same noticed equivalent SURVIVED error);
for my $part (map { $_->{name} } Parts::parts()) {
    my @of = grep { Parts::of($_->{path})->{name} eq $part && $_->{outcome} =~ /noticed|equivalent|SURVIVED/ } @lots or next;
    printf "  %-8s %3d that differ, %3d survived\n", $part, scalar @of, scalar grep { $_->{outcome} eq 'SURVIVED' } @of;
}
for my $lot (grep { $_->{outcome} =~ /SURVIVED|error/ } @lots) {
    print "\n[$lot->{number}] $lot->{outcome}: $lot->{evidence}\n", $lot->diff;
}

my $good    = $count{noticed} + $count{equivalent};
my $differs = $good + $count{SURVIVED};
my $percent = $differs ? 100 * $good / $differs : 100;
printf "\nseed %s: %d mutants in %.0f s: %d do not build, %d build to the same; of %d that differ %d were noticed, %d are known to be "
    . "equivalent, %d survived: %.1f %%\n", $seed, scalar @lots, time - $begin, @count{'not built', 'same'}, $differs,
    @count{qw(noticed equivalent SURVIVED)}, $percent;
print "$count{error} could not be tried\n" if $count{error};
exit($percent >= ENOUGH && !$count{error} ? 0 : 1);
