#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# make litmus: the litmus tests on QEMU's TCG, on Bochs and on this machine's own CPUs, as they go. Events go to
# build/litmus/. Status 0: the whole protocol holds wherever it was measured.
#
#	BUILD=build perl tests/litmus/run.pl CHANGES CHANGES_ON_BOCHS [PROGRAM]

use strict;
use warnings;
use lib 'tests/lib';
use File::Copy qw(copy);
use File::Path qw(make_path);
use IO::Handle;
use Pedant;
use Pedant::Bochs;
use Pedant::File qw(slurp);

use constant { LIMIT => 3600, SKIPPED => 77 };

STDOUT->autoflush(1);
my ($n, $n_bochs, $program) = @ARGV;
my $dir = build_dir() . '/litmus';
make_path($dir);
my @wrong;

# What the kernel has to say of it; not its self-tests, of which it runs none.
sub is_ours {
    my ($line) = @_;
    return $line !~ /^(?:KTAP|\d|ok|not ok|pedant:|Pedant|  (?:KTAP|#|\d+\.\.|ok|not ok))/ && $line ne '';
}

# Prints whole lines as they come.
sub follow {
    my $shown = 0;
    return sub {
        my ($base) = @_;
        my $text = -e "$base.log" ? slurp("$base.log") : '';
        my $end = rindex($text, "\n") + 1;
        return 0 if $end <= $shown;
        print map {"$_\n"} grep { is_ours($_) } map {s/\r$//r} split /\n/, substr $text, $shown, $end - $shown;
        $shown = $end;
        return 0;
    };
}

sub emulated {
    my ($what, $name, $boot) = @_;
    print "\n$what\n";
    my $show = follow();
    my $run  = $boot->($show);
    $show->($run->name);
    copy($run->name . '.json', "$dir/$name.json");
    my $result = $run->event('test', name => 'litmus') || { result => 'no result', why => $run->describe };
    push @wrong, "$what: $result->{why}" if $result->{result} ne 'ok';
    return;
}

sub skipped { print "\n$_[0]: skipped: $_[1]\n"; return }

emulated("QEMU's TCG", 'tcg', sub { boot(name => 'tcg', smp => 2, cmdline => "litmus=$n", timeout => LIMIT, watch => $_[0]) });

my $iso = "$dir/bochs-$n_bochs.iso";
if (!Pedant::Bochs::program()) { skipped('Bochs', 'there is no bochs in PATH') }
elsif (Pedant::Bochs::bios_is_lost($iso)) { skipped('Bochs', 'its BIOS ends before it boots anything') }
else { emulated('Bochs', 'bochs', sub { Pedant::Bochs::boot(name => 'bochs', iso => $iso, cpus => '2:1:1', timeout => LIMIT, watch => $_[0]) }) }

if (!$program) { skipped("This machine's own CPUs", 'it is no x86 with Linux') }
else {
    print "\nThis machine's own CPUs\n";
    my $status = system($program, $n, "$dir/native.json") >> 8;
    push @wrong, "this machine's own CPUs: status $status" if $status && $status != SKIPPED;
}

print "\n", @wrong ? map({"litmus: $_\n"} @wrong) : "litmus: the whole protocol holds\n", "events are in $dir/\n";
exit(@wrong ? 1 : 0);
