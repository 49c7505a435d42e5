#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# docs/learn.md: every command in it runs in a copy of the tree, and what one sees is what it shows, line by
# line in its order. Only numbers, addresses and where a call goes to differ. Its pictures are well formed and have a
# ground of their own, its links lead somewhere, and each word of its list is said in one line.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Pedant;
use Pedant::File qw(slurp);

# What it shows was built as a reader builds it. (Mutants are, too: with another flag all of it would be built for each.)
BEGIN { delete $ENV{WERROR} }
use Pedant::Tree;

my $text = slurp('docs/learn.md');

# { command, typed, shown } of each: an indented "$ ", up to the next; "(gdb) " is what is typed to it.
sub commands {
    my @all;
    for my $block ($text =~ /((?:^ {4}.*\n)+)/mg) {
        next if $block !~ /^ {4}\$ /;
        for my $line (map {s/^ {4}//r} split /\n/, $block) {
            if    ($line =~ /^\$ (.*)/)       { push @all, { command => $1, typed => [], shown => [] } }
            elsif ($line =~ /^\(gdb\) (.*)/)  { push @{ $all[-1]{typed} }, $1 }
            elsif ($line !~ /^\s*\.\.\.$/)    { push @{ $all[-1]{shown} }, $line }
        }
    }
    return @all;
}

# What may differ from build to build. Bytes count, but for where they lead to.
sub normal {
    my ($line) = @_;
    $line =~ s/\b(e[89]|ff [12]5)(?: [0-9a-f]{2}){4}\b/$1 THERE/g;
    $line =~ s/\b(64 a1|(?:0f b6|8b) \w\w 95|89 1c 95)(?: [0-9a-f]{2}){4}\b/$1 THERE/g;
    my @parts = split /((?:\b[0-9a-f]{2} )+[0-9a-f]{2}\b)/, $line;
    for my $i (grep { $_ % 2 == 0 } 0 .. $#parts) {
        $parts[$i] =~ s/\b0x[0-9a-f]+\b|\b[0-9a-f]{6,8}\b|\b\d+\b/N/g;
    }
    return join(' ', @parts) =~ s/\s+/ /gr =~ s/^ | $//gr;
}

# Instructions that are no site's are what a compiler chose: compared where it is that of the text.
my $same_compiler = `@{[ $ENV{CC} || 'gcc' ]} -dumpversion` =~ /^12\b/ && !$ENV{OPT};
sub compares { return $same_compiler || $_[0] !~ /^ +[0-9a-f]{6}  / || $_[0] =~ /  # / }

sub missing {
    my ($shown, @lines) = @_;
    my @normal = map { normal($_) } @lines;
    my ($at, @missing) = (0);
    for my $wanted (grep { /\S/ && compares($_) } @$shown) {
        my $begin = normal($wanted =~ s/ *\.\.\.$//r);
        my ($found) = grep { $wanted =~ /\.\.\.$/ ? index($normal[$_], $begin) == 0 : $normal[$_] eq $begin } $at .. $#normal;
        if (defined $found) { $at = $found + 1 }
        else                { push @missing, $wanted }
    }
    return @missing;
}

my $can_gdb = `gdb -nx -batch -ex 'python print("yes")' 2>&1` =~ /^yes$/m;
my $tree    = Pedant::Tree::copy(tempdir(CLEANUP => 1) . '/tree');
my $patience = 300 * ($ENV{PATIENCE} || 1);

sub said_by {
    my ($job) = @_;
    my $input = join '', map {"$_\n"} @{ $job->{typed} }, @{ $job->{typed} } ? 'quit' : ();
    Pedant::File::spew("$tree/typed", $input);
    my $said = `cd $tree && BUILD=build timeout $patience sh -c '$job->{command}' < typed 2>&1`;
    return map { s/^(?:\(gdb\) )+//r =~ s/\r//r } split /\n/, $said;
}

my @commands = commands();
cmp_ok(scalar @commands, '>=', 15, 'there is a command for each question');
is(scalar(() = $text =~ /^### \d+\. .*\?$/mg), 15, 'and there are fifteen questions');
my $built = `cd $tree && make all 2>&1`;
is($?, 0, 'the tree builds') or diag $built;

for my $job (@commands) {
    SKIP: {
        skip 'no gdb, or one without Python: tools/setup.sh debug', 2 if @{ $job->{typed} } && !$can_gdb;
        skip 'gcc 12 made these functions so', 2 if !$same_compiler && "$job->{command} @{ $job->{typed} }" =~ /rdtsc_ordered|cpuid_leaf/;
        my @lines = said_by($job);
        cmp_ok(scalar @{ $job->{shown} }, '>', 0, "$job->{command}: something is shown");
        is_deeply([ missing($job->{shown}, @lines) ], [], "$job->{command}: and all of that is seen, in this order")
            or diag join "\n", @lines[ $#lines > 60 ? $#lines - 60 : 0 .. $#lines ];
    }
}

# What is compared can fail.
is_deeply([ missing([ 'a 1', 'b 2' ], 'b 3', ' a 0x4 ') ], ['b 2'], 'another order is seen');
is_deeply([ missing(['now 3e fa'], 'now 3e fb') ], ['now 3e fa'], 'another byte is seen');
is_deeply([ missing([ 'so on ...', 'so on' ], 'so on and on') ], ['so on'], 'and a line that goes on');
is_deeply([ missing([ '2e e8 ac e9 ff ff call 0x1', '12 of them' ], '2e e8 77 e9 ff ff  call 0x2', '7 of them') ], [], 'another place is none');

# The arithmetic, of what the picture has as well.
for my $sum ($text =~ /^ {4}(0x\w+ \+ \d \+ 0x\w+ = 0x\w+)$/mg) {
    my ($at, $len, $way, $to) = $sum =~ /(\w+)/g;
    is((hex($at) + $len + hex $way) & 0xffffffff, hex $to, $sum);
    like(slurp('docs/learn/moved.svg'), qr/\Q$sum\E/, 'and the picture says so');
}

# A reader of XML that is small: what is open is closed, names and values are such.
sub is_well_formed {
    my ($xml) = @_;
    my @open;
    $xml =~ s/<!--.*?-->//gs;
    while ($xml =~ /\G([^<]*)<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/gc) {
        my ($between, $close, $name, $empty) = ($1, $2, $3, $5);
        return "& or > in '$between'" if $between =~ /&(?!(?:amp|lt|gt|quot|#\d+|#39);)/;
        if    ($close)  { return "$name is closed, and is not open" if (pop @open // '') ne $name }
        elsif (!$empty) { push @open, $name }
    }
    return @open ? "@open not closed" : substr($xml, pos $xml // 0) =~ /\S/ ? 'what is no XML: ' . substr($xml, pos $xml // 0, 40) : '';
}
my @pictures = $text =~ /^!\[[^\]]{20,}\]\((learn\/\w+\.svg)\)$/mg;
is_deeply([ sort map {"docs/$_"} @pictures ], [ sort glob 'docs/learn/*.svg' ], 'each picture is shown, with words for who does not see it');
for my $picture (map { slurp("docs/$_") } @pictures) {
    my ($title) = $picture =~ /<title id="t">(.*?)</;
    is(is_well_formed($picture), '', "$title: is well formed");
    my ($w, $h) = $picture =~ /viewBox="0 0 (\d+) (\d+)"/;
    like($picture, qr/<rect width="$w" height="$h" fill="#fff"\/>/, 'has a ground of its own, for dark pages');
    my %colours = map { $_ => 1 } $picture =~ /fill="(#\w+)"/g;
    delete @colours{ map {"#$_"} qw(fff 222 56b4e9 e69f00 009e73 d55e00 d9d9d9 f0e442) };
    is_deeply([ keys %colours ], [], 'and colours that all can tell apart');
}
is(is_well_formed('<a><b></a>'), 'a is closed, and is not open', 'one that is not closed is seen');

# Links, in the file itself and to others.
sub anchors { return map { lc($_) =~ s/[^\w\s-]//gr =~ s/ /-/gr } $_[0] =~ /^#+ (.*)$/mg }
for my $link ($text =~ /\]\(([^)]+)\)/g) {
    my ($file, $anchor) = split /#/, $link;
    my $path = length $file ? "docs/$file" : 'docs/learn.md';
    ok(-e $path && (!defined $anchor || grep { $_ eq $anchor } anchors(slurp($path))), "$link leads somewhere");
}
my ($words) = $text =~ /^## Words\n(.*)/ms;
like($words, qr/^\| $_ \| \S/m, "the word $_ is said") for
    qw(site slot op template clobber family state record padding group kept gone gather serialize);

done_testing;
