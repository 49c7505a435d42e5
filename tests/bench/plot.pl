#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A chart of each measurement that a directory has: from NAME.json to NAME.svg. A title is the sentence that the chart
# shows, and is worked out from what was measured: with other figures it says something else. With `titles` behind it,
# only those are printed, and nothing is drawn.
#
#	perl -Itests/lib tests/bench/plot.pl build/bench

use strict;
use warnings;
use JSON::PP qw(decode_json);
use List::Util qw(max min sum0);
use POSIX qw(ceil);
use Pedant::Chart;
use Pedant::File qw(slurp spew);
use Pedant::Workloads qw(@WORKLOADS);

my ($dir, $titles) = @ARGV;
die "usage: plot.pl DIRECTORY [titles]\n" if !defined $dir;
die "plot: there is no gnuplot here (package gnuplot-nox)\n" if !$titles && !can_draw();

# "less than", "as much as" or "more than", where less than a twentieth is nothing.
sub than {
    my ($one, $other) = @_;
    return $one < 0.95 * $other ? 'less than' : $one > 1.05 * $other ? 'more than' : 'as much as';
}

sub range { my @of = sort { $a <=> $b } @_; my ($low, $high) = map { number($_) } @of[ 0, -1 ]; return $low eq $high ? $low : "$low to $high" }

# "in all 9 cases", "in 8 of 9 cases"
sub in_cases { my ($n, $of, $what) = @_; return $n == $of ? "in all $of $what" : "in $n of $of $what" }

sub by { my ($key, @rows) = @_; return map { $_->{$key} => $_ } @rows }

# ---- the seed's table: what sites cost, as linked and patched

sub chart_table {
    my ($measured) = @_;
    my %of;
    $of{ $_->{workload} }{ $_->{kernel} } = $_->{instructions} for @$measured;
    my @works = grep { defined $of{ $_->[0] }{paravirt} && $of{ $_->[0] }{normal} } @WORKLOADS or return;
    my @rows;
    for my $work (@works) {
        my $row = $of{ $work->[0] };
        push @rows, [ $work->[1], map { 100 * ($row->{$_} / $row->{normal} - 1) } qw(paravirt paravirt-patch) ];
    }
    my ($linked, $patched) = map { my $n = $_; sprintf '%.1f', max(map { $_->[$n] } @rows) } 1, 2;
    my $less = grep { $_->[2] < $_->[1] } @rows;
    return table => bars(
        title => "A kernel with its sites patched executes at most $patched % more instructions than one without sites; as linked, up to $linked %. "
            . 'Patched is less ' . in_cases($less, scalar @rows, 'workloads'),
        unit => '% more instructions for one operation (exact)', baseline => [ 0, 'the same kernel without sites = 0 %' ],
        series => [ 'as linked', 'patched' ], rows => \@rows);
}

# ---- one choice in four ways

my @CHOICES = ('barrier', 'locked increment', 'selected call', 'branch not taken', 'branch taken');

sub chart_choices {
    my ($measured) = @_;
    my (@rows, @always);
    for my $cpu (grep { $measured->{$_} } qw(max pentium)) {
        for my $what (@CHOICES) {
            my %form = by(form => grep { $_->{what} eq $what } @{ $measured->{$cpu} });
            next if grep { !$form{$_} } qw(patched if pointer always);
            push @rows, [ "$what, $cpu", map { $form{$_}{instructions} } qw(patched if pointer) ];
            push @always, $form{always}{instructions};
        }
    }
    return if !@rows;
    my ($if, $pointer) = map { my $n = $_; scalar grep { $_->[1] < $_->[$n] } @rows } 2, 3;
    return choices => bars(
        title => 'A choice that is patched executes fewer instructions than an if ' . in_cases($if, scalar @rows, 'cases') . ', and than a pointer in '
            . "$pointer; it executes " . range(map { $rows[$_][1] - $always[$_] } 0 .. $#rows) . ' more than no choice',
        unit => 'instructions for one choice (exact)', baseline => [ 0, 'nothing' ], mark => [ 'no choice: built for one CPU', \@always ],
        series => [ 'patched', 'if', 'pointer' ], rows => \@rows);
}

# ---- cycles of one site

sub chart_cycles {
    my ($measured) = @_;
    my %form = by(form => @{ $measured->{forms} });
    my ($nop, $direct, $indirect, $mixed) = map { ($form{$_} // return)->{median} } '6-byte NOP', 'direct call', 'indirect call', 'indirect, 64 mixed';
    my @shown = grep { $_->{form} !~ /empty/ && $_->{median} > 0 } @{ $measured->{forms} };
    my $where = $measured->{virtual} ? 'a virtual machine with neighbours' : 'no virtual machine';
    my $least = sub { return max($_[0], 0.01) };
    return cycles => dots(
        title => 'A site that became a NOP costs ' . number($nop) . ' cycles, a direct call ' . number($direct) . ': ' . than($direct, $indirect)
            . ' the indirect call that was linked (' . number($indirect) . '), and ' . than($direct, $mixed) . ' one with 64 targets ('
            . number($mixed) . ')',
        unit => "cycles of the time stamp counter, median, 10 % to 90 %, of $measured->{cpu}, $where", log => 1,
        baseline => [ $indirect, 'as linked: an indirect call' ], series => ['a site, the empty loop taken away'],
        rows => [ map { [ $_->{form}, $_->{median} ] } @shown ], spread => [ map { [ [ map { $least->($_) } @$_{qw(p10 p90)} ] ] } @shown ]);
}

# ---- the passes, held against bare stores

my @FAMILIES = qw(paravirt alternatives smp_locks all);

sub chart_pass {
    my ($measured) = @_;
    my @near = grep { $_->{field} eq 'regular' && $_->{state} eq 'near' && $_->{floor_ns} } @$measured;
    my @series;
    for my $family (@FAMILIES) {
        my @of = sort { $a->{records} <=> $b->{records} } grep { $_->{family} eq $family } @near;
        push @series, [ $family, [ map { [ $_->{records}, $_->{ns} / $_->{floor_ns} ] } @of ] ] if @of;
    }
    my ($first, $last) = (sort { $a->{records} <=> $b->{records} } grep { $_->{family} eq 'all' } @near)[ 0, -1 ];
    return if !$first;
    my ($from, $to) = map { $_->{records} } $first, $last;
    return pass => lines(
        title => 'On regular text out of the first caches a pass takes ' . range(map { $_->[1] } map { @{ $_->[1] } } @series)
            . ' times what bare stores of the same bytes take; a record of ' . number($to) . ' costs ' . number($last->{ns} / $first->{ns}) . ' times what one of '
            . number($from) . ' does',
        x => 'records (logarithmic)', y => 'times the bare stores', log => 'xy', baseline => [ [ [ $from, 1 ], [ $to, 1 ] ], 'bare stores = 1' ], series => \@series);
}

sub chart_pass_linux {
    my ($measured) = @_;
    my @of = grep { $_->{field} eq 'linux-6.1' && $_->{state} eq 'near' && $_->{family} ne 'relocs' && $_->{floor_ns} && $_->{before_ns} } @$measured;
    my ($all) = sort { $b->{images} <=> $a->{images} } grep { $_->{family} eq 'all' } @of;
    return if !$all;
    my ($now, $before) = map { number($all->{$_} / $all->{floor_ns}) } qw(ns before_ns);
    return 'pass-linux' => dots(
        title => "On $all->{images} images of a Linux kernel's sites a whole pass takes $now times what bare stores take; before sites were sorted it took $before times",
        unit => 'ns a record, medians, text out of the first caches (logarithmic)', log => 1, baseline => [ $all->{floor_ns}, "bare stores, all, $all->{images} images" ],
        mark => [ 'bare stores of the final bytes', [ map { $_->{floor_ns} } @of ] ], series => [ 'the engine', 'the engine before sites were sorted' ],
        rows => [ map { [ "$_->{family}, $_->{images} image" . ($_->{images} > 1 ? 's' : ''), $_->{ns}, $_->{before_ns} ] } @of ]);
}

# ---- how costs grow

sub points { my ($of) = @_; return [ map { [ $of->{x}[$_], $of->{y}[$_] ] } 0 .. $#{ $of->{x} } ] }

# In proportion, up to the last point; and as the first one.
sub in_proportion { my ($of) = @_; my ($x, $y) = map { $of->{$_} } qw(x y); return [ map { [ $_, $y->[-1] * $_ / $x->[-1] ] } @$x[ 0, -1 ] ] }
sub level         { my ($of) = @_; return [ map { [ $_, $of->{y}[0] ] } @{ $of->{x} }[ 0, -1 ] ] }

sub growth {
    my @powers = @_;
    my ($low, $high) = map { sprintf '%.3f', $_ } min(@powers), max(@powers);
    my $power = $low eq $high ? $low : "$low to $high";
    return "in proportion to them: power $power" if !grep { abs($_ - 1) > 0.05 } @powers;
    return (max(@powers) > 1.05 ? 'faster' : 'slower') . " than they do: power $power";
}

sub charts_scale {
    my ($measured) = @_;
    my @charts;
    my @passes = grep { $measured->{$_} } qw(paravirt smp_locks jump_label);
    if (@passes) {
        my @powers = map { $measured->{$_}{power} } @passes;
        my ($least) = sort { $measured->{$a}{y}[0] <=> $measured->{$b}{y}[0] } @passes;
        push @charts, 'scale-pass' => lines(
            title => 'With its sites a boot pass grows ' . growth(@powers) . '; a site more costs '
                . range(map { $measured->{$_}{slope} } @passes) . ' instructions',
            x => 'sites more (logarithmic)', y => 'instructions more (exact, logarithmic)', log => 'xy',
            baseline => [ in_proportion($measured->{$least}), 'in proportion' ], series => [ map { [ $_, points($measured->{$_}) ] } @passes ]);
    }
    if (my $image = $measured->{image}) {
        my ($x, $y) = map { [ @{ $image->{$_} }[ -2, -1 ] ] } qw(x y);    # fewer sites than these are few pages
        my $power = log($y->[1] / $y->[0]) / log($x->[1] / $x->[0]);
        push @charts, 'scale-image' => lines(
            title => 'From ' . number($x->[0]) . ' sites on an image grows ' . growth($power) . ', by ' . number(1024 * $image->{slope}) . ' bytes for a site more',
            x => 'sites more (logarithmic)', y => 'KiB more (logarithmic)', log => 'xy', baseline => [ in_proportion($image), 'in proportion' ],
            series => [ [ 'the image', points($image) ] ]);
    }
    if (my $cpus = $measured->{cpus}) {
        my ($one, $last) = @{ $cpus->{y} }[ 0, -1 ];
        push @charts, 'scale-cpus' => lines(
            title => 'A live change takes ' . number($last / $one) . " times as long with $cpus->{x}[-1] CPUs as with $cpus->{x}[0], in an emulator's time",
            x => 'CPUs', y => "microseconds (an emulator's, logarithmic)", log => 'y', baseline => [ level($cpus), "as with $cpus->{x}[0]" ], series => [ [ 'a change', points($cpus) ] ]);
    }
    if (my $tasks = $measured->{tasks}) {
        my ($low, $high) = (min(@{ $tasks->{y} }), max(@{ $tasks->{y} }));
        my ($from, $to) = map { number($_) } @{ $tasks->{x} }[ 0, -1 ];
        my $sentence = $high <= 1.05 * $low ? "costs the same with $from tasks and with $to: " : "costs more the more tasks there are, from $from to $to: ";
        $sentence = "costs less the more tasks there are, from $from to $to: " if $high > 1.05 * $low && $tasks->{y}[-1] < $tasks->{y}[0];
        push @charts, 'scale-tasks' => lines(
            title => "A change from one task to the next $sentence" . range($low, $high) . ' instructions', x => 'tasks (logarithmic)', y => 'instructions (exact)',
            log => 'x', baseline => [ level($tasks), "as with $from" ], series => [ [ 'a change', points($tasks) ] ]);
    }
    return @charts;
}

# ---- live changes, and modules

my $LINUX = 256;    # sites that Linux changes at once, in three rounds

sub chart_live {
    my ($measured) = @_;
    my ($of) = map { $measured->{cpus}{$_} } sort { $b <=> $a } keys %{ $measured->{cpus} };
    my @sites  = sort { $a <=> $b } grep {/^\d+$/} keys %$of;
    my @rounds = map { [ $_, $of->{$_}{rounds} ] } @sites;
    my @linux  = map { [ $_, 3 * ceil($_ / $LINUX) ] } @sites;
    my ($first, $last) = map { $rounds[$_][1] } 0, -1;
    my $any = $first == max(map { $_->[1] } @rounds) ? "takes $last rounds through the other CPUs, whether of $sites[0] site or of " . number($sites[-1])
        : "takes $first rounds through the other CPUs of $sites[0] site, and " . number($last) . ' of ' . number($sites[-1]);
    return live => lines(
        title => "A live change $any; by Linux's protocol, three for each $LINUX sites, it would be " . number($linux[-1][1]),
        x => 'sites in one change (logarithmic)', y => 'rounds (exact, logarithmic)', log => 'xy', baseline => [ \@linux, "Linux's protocol" ], series => [ [ 'a change', \@rounds ] ]);
}

sub chart_modules {
    my ($measured) = @_;
    my @series;
    for my $ops (qw(annotated found)) {
        my @of = sort { $a->{sites} <=> $b->{sites} } grep { $_->{ops} eq $ops } @{ $measured->{modules} } or next;
        push @series, map { my $does = $_; [ "$does, $ops", [ map { [ $_->{sites}, $_->{$does} / $_->{sites} ] } @of ] ] } qw(load unload);
    }
    return if !@series;
    my ($points) = map { $_->[1] } @series;
    my ($few, $many) = @$points[ 0, -1 ];
    return modules => lines(
        title => 'A module\'s site costs ' . number($many->[1]) . ' instructions to load where there are ' . number($many->[0]) . ', ' . than($many->[1], $few->[1])
            . ' where there are ' . number($few->[0]) . ' (' . number($few->[1]) . ')',
        x => 'sites (logarithmic)', y => 'instructions a site (exact, logarithmic)', log => 'xy', baseline => [ [ [ $few->[0], $many->[1] ], $many ], 'load, most sites' ],
        series => \@series);
}

# ---- bytes, and a guest

sub chart_sizes {
    my ($measured) = @_;
    my $of    = $measured->{families};
    my @names = grep { $of->{$_} && $of->{$_}{sites} } qw(paravirt relocs alternatives smp_locks jump_label static_call);
    my @rows  = map { my $f = $of->{$_}; [ $_, map { $_ / $f->{sites} } $f->{text}, @$f{qw(table replacements)} ] } @names or return;
    my ($least, $most) = (sort { sum0(@$a[ 1 .. 3 ]) <=> sum0(@$b[ 1 .. 3 ]) } @rows)[ 0, -1 ];
    return sizes => bars(
        title => 'A site costs ' . number(sum0(@$least[ 1 .. 3 ])) . " ($least->[0]) to " . number(sum0(@$most[ 1 .. 3 ])) . " bytes ($most->[0]), its own text included",
        unit => 'bytes a site, as linked', baseline => [ 0, 'no site' ], stacked => 1, series => [ 'text', 'records', 'replacements' ], rows => \@rows);
}

my @FOUR  = qw(save_fl restore_fl irq_disable irq_enable);
my $CALLED = 14;    # ops that are shown, by how often they are called

sub chart_guest {
    my ($measured) = @_;
    my %op = by(op => @{ $measured->{ops} });
    my %called;
    for my $calls (values %{ $measured->{calls} }) {
        my $all = sum0(values %$calls) || 1;
        $called{$_} += $calls->{$_} / $all for keys %$calls;
    }
    my @shown = grep { $op{$_} && defined $op{$_}{patched} } sort { $called{$b} <=> $called{$a} || $a cmp $b } keys %called or return;
    @shown = @shown[ 0 .. min($#shown, $CALLED - 1) ];
    my @four = grep { $op{$_} } @FOUR;
    my ($here, $there) = map { my $where = $_; sum0(map { $op{$_}{$where} } @four) / (@four || 1) } qw(machine patched);
    my @emulated = grep { defined $op{$_}{bare} && ($op{$_}{bare_host} // 0) > 0.5 } @four;
    my $bare = @emulated ? '; the ' . @emulated . ' that trap as bare instructions, ' . range(map { $op{$_}{bare} } @emulated) : '';
    return guest => dots(
        title => 'The ' . @four . ' ops of the interrupt flag cost a patched guest ' . number($there) . ' instructions in the mean, ' . than($there, $here) . ' on the machine ('
            . number($here) . ")$bare",
        unit => "instructions of one call, the host's included (exact, logarithmic)", log => 1, baseline => [ 1, 'one instruction' ],
        series => [ 'on the machine', 'in a guest, patched', 'in a guest, the bare instruction' ],
        rows => [ map { my $op = $op{$_}; [ $_, map { defined $_ ? max($_, 0.1) : undef } @$op{qw(machine patched)}, ($op->{bare_host} // 0) > 0.5 ? $op->{bare} : undef ] } @shown ]);
}

my %CHARTS = (table => [ \&chart_table ], choices => [ \&chart_choices ], cycles => [ \&chart_cycles ], pass => [ \&chart_pass, \&chart_pass_linux ],
    scale => [ \&charts_scale ], live => [ \&chart_live ], modules => [ \&chart_modules ], sizes => [ \&chart_sizes ], guest => [ \&chart_guest ]);

my %chart = map { my $name = $_; my $measured = decode_json(slurp("$dir/$name.json")); map { $_->($measured) } @{ $CHARTS{$name} } }
    grep { -e "$dir/$_.json" } keys %CHARTS;
die "plot: $dir has none of ", join(', ', map {"$_.json"} sort keys %CHARTS), "\n" if !%chart;
for my $name (sort keys %chart) {
    spew("$dir/$name.svg", svg($chart{$name})) if !$titles;
    print "$dir/$name.svg: $chart{$name}{title}\n";
}
