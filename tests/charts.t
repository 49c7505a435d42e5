#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The charts of make bench, of made-up measurements: a title is what those say, and says otherwise when they do. As gnuplot draws them
# each has its units, what it is held against, Okabe and Ito's colours with another mark beside each, and a dark scheme. Those in
# docs/ are such, and each is shown there with a sentence below it.

use strict;
use warnings;
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use Pedant::Chart;
use Pedant::File qw(slurp spew);
use Pedant::Picture;
use Pedant::Workloads qw(@WORKLOADS);

my $dir = tempdir(CLEANUP => 1);

# ---- a reader of what is well formed: [ name, { attribute => value }, children and texts ]

sub parse_xml {
    my ($xml) = @_;
    my @open = ([ 'document', {} ]);
    $xml =~ s/^<\?xml[^?]*\?>\s*//;
    while ($xml =~ /\G(?:<!--.*?-->|<(\/?)([A-Za-z]+)((?:\s+[\w:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|((?:[^<&]|&(?:amp|lt|gt);)+))/gcs) {
        my ($close, $name, $attributes, $empty, $text) = ($1, $2, $3, $4, $5);
        if (defined $text) { push @{ $open[-1] }, $text }
        elsif (defined $name && $close) {
            my $element = pop @open;
            return if $element->[0] ne $name || !@open;
        }
        elsif (defined $name) {
            my $element = [ $name, { map { s/^["']|["']$//gr } $attributes =~ /([\w:-]+)\s*=\s*("[^"]*"|'[^']*')/g } ];
            push @{ $open[-1] }, $element;
            push @open, $element if !$empty;
        }
    }
    return if (pos $xml // 0) != length $xml || @open != 1;
    my @roots = grep {ref} @{ $open[0] }[ 2 .. $#{ $open[0] } ];
    return @roots == 1 ? $roots[0] : undef;
}

sub elements {
    my ($of, $name) = @_;
    my @inside = grep {ref} @$of[ 2 .. $#$of ];
    return (($of->[0] eq $name ? $of : ()), map { elements($_, $name) } @inside);
}
sub words { my ($of) = @_; return join '', grep { !ref } @$of[ 2 .. $#$of ] }

# { colour => what is drawn with it }, of what is said to be [ colour, look ]: one look for each, and not for two.
sub expect_looks {
    my ($what, @of) = @_;
    my %looks;
    $looks{ $_->[0] }{ $_->[1] } = 1 for grep { $_->[0] =~ /^var\(--(?:blue|orange|green|pink)\)$/ } @of;
    my %all = map { map { $_ => 1 } keys %$_ } values %looks;
    is(scalar(keys %all), scalar(map { keys %$_ } values %looks), $what) if %looks;
    return;
}

# What every chart has.
sub expect_chart {
    my ($svg, $name) = @_;
    my $root = parse_xml($svg);
    ok($root && $root->[0] eq 'svg', "$name: is well formed") or return '';
    my ($title, $said) = map { my ($first) = elements($root, $_); words($first) } qw(title desc);
    my @texts = map { my $at = $_; map { [ $at->[1], words($_) ] } grep { ref && $_->[0] eq 'text' } @$at[ 2 .. $#$at ] } elements($root, 'g');
    is(join(' ', map { $_->[1] } grep { $_->[0]{'font-size'} > 15 } @texts), $title, "$name: its title is to be seen, and there for who cannot see");
    cmp_ok(length $title, '>', 30, "$name: and is a sentence");
    like($svg, qr/^\@media \(prefers-color-scheme: dark\) \{$/m, "$name: has a dark scheme");
    is_deeply([ Pedant::Picture::problems($svg) ], [], "$name: all of its colours are ours, and by the scheme");
    my @paths = map { my $g = $_; map { [ $g->[1], $_->[1] ] } grep { ref && $_->[0] eq 'path' } @$g[ 2 .. $#$g ] } elements($root, 'g');
    is(scalar(grep { ($_->[1]{stroke} // '') eq 'var(--baseline)' } @paths), 1, "$name: has what it is held against");
    my ($base) = $said =~ /baseline: (.*)/;
    ok((grep { $_->[1] eq $base } @texts), "$name: which is named: $base");
    isnt(scalar(grep { $_->[1] =~ /instructions|bytes|KiB|ns|cycles|rounds|microseconds|times/ && $_->[0]{'font-size'} < 15 } @texts), 0, "$name: its unit is written");

    my %pattern = map { my $of = $_; my ($path) = elements($of, 'path'); ($of->[1]{id} => [ $path->[1]{style} =~ /stroke:([^;]+)/, $path->[1]{d} ]) } elements($root, 'pattern');
    expect_looks("$name: bars of another series have another pattern", map { $_->[1]{fill} =~ /^url\(#(\w+)\)$/ ? $pattern{$1} : [ $_->[1]{fill}, 'full' ] } elements($root, 'polygon'));
    expect_looks("$name: each line has a dash of its own", map { [ $_->[1]{stroke}, $_->[1]{'stroke-dasharray'} // 'none' ] } grep { $_->[1]{stroke} && $_->[0]{'stroke-width'} == 2 } @paths);
    expect_looks("$name: dots of another series have another shape", map { [ $_->[1]{color}, $_->[1]{'xlink:href'} ] } grep { $_->[1]{color} } elements($root, 'use'));
    for my $text (@texts) {
        my ($x, $y) = $text->[0]{transform} =~ /translate\(([-\d.]+),([-\d.]+)\)/;
        my $width = $text->[0]{'font-size'} * 0.53 * length $text->[1];
        my $from = $x - { start => 0, middle => 0.5, end => 1 }->{ $text->[0]{'text-anchor'} } * $width;
        fail("$name: leaves the picture: $text->[1]") if $from < 0 || $from + $width > $root->[1]{width} || $y < 10 || $y + 4 > $root->[1]{height};
    }
    return $title;
}

# ---- measurements

sub table {
    my ($linked, $patched) = @_;
    return [ map { my $w = $_->[0]; map { { workload => $w, kernel => $_->[0], instructions => 100 + $_->[1] } } [ normal => 0 ], [ paravirt => $linked ], [ 'paravirt-patch' => $patched ] } @WORKLOADS ];
}
sub choices {
    my %n = @_;
    return { max => [ map { my $what = $_; map { { what => $what, form => $_, instructions => $n{$_} } } sort keys %n } ('barrier', 'selected call') ] };
}
sub cycles {
    my %n = @_;
    return { cpu => 'a CPU', virtual => JSON::PP::true, forms => [ map { { form => $_, median => $n{$_}, p10 => $n{$_} * 0.9, p90 => $n{$_} * 1.1 } } sort keys %n ] };
}
sub passes {
    my ($few, $many) = @_;
    my @regular = map { my $f = $_; map { { field => 'regular', family => $f, state => 'near', records => $_->[0], ns => $_->[1], floor_ns => 2 } } [ 100, $few ], [ 1000000, $many ] } qw(paravirt all);
    return [ @regular, map { { field => 'linux-6.1', family => $_, state => 'near', records => 9, images => 16, ns => $many, floor_ns => 2, before_ns => 10 * $few } } qw(smp_locks all) ];
}
sub grown { my ($power) = @_; return { x => [ 100, 1000, 10000 ], y => [ map { 5 * ($_ / 100)**$power } 100, 1000, 10000 ], slope => 5, power => $power } }
sub scale { my ($power) = @_; return { map { $_ => grown($power) } qw(paravirt smp_locks image cpus tasks) } }
sub live  { my ($many) = @_; return { cpus => { 2 => { 1 => { rounds => 4 }, 1000 => { rounds => $many }, 'one commit' => { rounds => 4 } } } } }
sub modules { my ($many) = @_; return { modules => [ map { { ops => 'annotated', sites => $_->[0], load => $_->[1], unload => $_->[1] / 2 } } [ 100, 5000 ], [ 10000, $many ] ] } }
sub sizes { my ($table) = @_; return { families => { paravirt => { sites => 10, text => 60, table => 80, replacements => 0 }, alternatives => { sites => 10, text => 50, table => $table, replacements => 30 } } } }
sub guest {
    my ($there) = @_;
    return { ops => [ map { { op => $_, machine => 2, patched => $there, bare => 1400, bare_host => 1 } } qw(irq_disable irq_enable) ], calls => { fork => { irq_disable => 7, irq_enable => 7 } } };
}

# file => what is measured, a part of the title; and turned round
my %CYCLES = ('6-byte NOP' => 0.1, 'direct call' => 2, 'indirect call' => 2, 'indirect, 64 mixed' => 15);
my %CASES = (
    table   => [ table(7, 1) => { table => qr/at most 1\.0 % more .* up to 7\.0 %\. Patched is less in all 15 workloads$/ }, table(1, 7) => { table => qr/less in 0 of 15 workloads$/ } ],
    choices => [ choices(patched => 1, if => 3, pointer => 4, always => 1) => { choices => qr/fewer instructions than an if in all 2 cases, and than a pointer in 2; it executes 0 more/ },
        choices(patched => 4, if => 3, pointer => 3, always => 1) => { choices => qr/than an if in 0 of 2 cases, and than a pointer in 0; it executes 3 more/ } ],
    cycles => [ cycles(%CYCLES) => { cycles => qr/NOP costs 0\.1 cycles, a direct call 2: as much as the indirect call .* less than one with 64 targets/ },
        cycles(%CYCLES, 'direct call' => 20) => { cycles => qr/more than the indirect call .* more than one with 64 targets/ } ],
    pass => [ passes(8, 4) => { pass => qr/takes 2 to 4 times .* costs 0\.5 times what one of 100 does$/, 'pass-linux' => qr/takes 2 times .* took 40 times$/ },
        passes(4, 12) => { pass => qr/costs 3 times what one of 100 does$/, 'pass-linux' => qr/takes 6 times .* took 20 times$/ } ],
    scale => [ scale(1) => { 'scale-pass' => qr/grows in proportion to them: power 1\.000;/, 'scale-image' => qr/grows in proportion/, 'scale-cpus' => qr/takes 100 times as long/, 'scale-tasks' => qr/costs more the more tasks/ },
        scale(2) => { 'scale-pass' => qr/grows faster than they do: power 2\.000;/, 'scale-image' => qr/grows faster/ },
        scale(0) => { 'scale-pass' => qr/grows slower than they do: power 0\.000;/, 'scale-tasks' => qr/costs the same with 100 tasks and with 10,000: 5 instructions/ } ],
    live => [ live(4) => { live => qr/takes 4 rounds .* of 1 site or of 1,000; .* it would be 12$/ }, live(40) => { live => qr/takes 4 rounds .* of 1 site, and 40 of 1,000;/ } ],
    modules => [ modules(200000) => { modules => qr/costs 20 instructions .* 10,000, less than where there are 100 \(50\)/ }, modules(900000) => { modules => qr/costs 90 .* more than where/ } ],
    sizes => [ sizes(120) => { sizes => qr/costs 14 \(paravirt\) to 20 bytes \(alternatives\)/ }, sizes(40) => { sizes => qr/costs 12 \(alternatives\) to 14 bytes \(paravirt\)/ } ],
    guest => [ guest(1) => { guest => qr/The 2 ops .* cost a patched guest 1 instructions in the mean, less than on the machine \(2\); the 2 that trap .* 1,400$/ }, guest(9) => { guest => qr/more than on the machine/ } ],
);

# What plot.pl says: { chart => its title }. What it draws is in $dir.
my $how = can_draw() ? '' : 'titles';

sub plot {
    my ($name, $measured) = @_;
    unlink glob "$dir/*";
    spew("$dir/$name.json", JSON::PP->new->encode($measured));
    return map { m{/([\w-]+)\.svg: (.*)$} ? ($1 => $2) : () } split /\n/, `perl tests/bench/plot.pl $dir $how 2>&1`;
}

my @drawn;
for my $name (sort keys %CASES) {
    subtest $name => sub {
        my @cases = @{ $CASES{$name} };
        while (my ($measured, $titles) = splice @cases, 0, 2) {
            my %title = plot($name, $measured);
            like($title{$_} // 'none', $titles->{$_}, "$_: its title says what was measured") for sort keys %$titles;
            push @drawn, map { [ -e "$dir/$_.svg" ? slurp("$dir/$_.svg") : '', $_, $title{$_} // "a title of $_" ] } sort keys %$titles;
        }
    };
}

subtest 'as drawn' => sub {
    plan skip_all => 'no gnuplot here (tools/setup.sh bench)' if $how;
    is(expect_chart(@$_[ 0, 1 ]), $_->[2], "$_->[1]: has the title that is said") for @drawn;
};

subtest 'nothing measured, and nothing to draw with' => sub {
    unlink glob "$dir/*";
    my $said = `perl tests/bench/plot.pl $dir titles 2>&1`;
    isnt($? >> 8, 0, 'is a failure');
    like($said, qr/^plot: \S+ has none of choices\.json, /, 'that is said in one line');
    $said = `PATH=$dir $^X tests/bench/plot.pl $dir 2>&1`;
    isnt($? >> 8, 0, 'is a failure');
    is($said, "plot: there is no gnuplot here (package gnuplot-nox)\n", 'that is said in one line');
};

subtest 'the charts of docs/' => sub {
    my $docs = join '', map { slurp($_) } glob 'docs/*.md';
    my @charts = glob 'docs/charts/*.svg';
    cmp_ok(scalar @charts, '>=', 13, 'there are some');
    for my $path (@charts) {
        my ($name) = $path =~ m{([\w-]+)\.svg$};
        expect_chart(slurp($path), $name);
        ok($docs =~ /!\[[^\]]+\]\(charts\/$name\.svg\)\n\n(?:!\[.*\n\n)*[A-Z]/, "$name: is shown, and a sentence stands below it");
    }
};

# A reader that takes everything would find nothing.
is(parse_xml($_), undef, "is not well formed: $_") for '<a><b></a></b>', '<a x=1/>', '<a>&</a>', '<a/><b/>', '<a>';
is(number($_->[0]), $_->[1], "$_->[0] is written $_->[1]") for [ 0, '0' ], [ 1234567.8, '1,234,568' ], [ -0.001, '-0.001' ], [ 100, '100' ], [ 0.966, '0.97' ], [ 2, '2' ];

done_testing;
