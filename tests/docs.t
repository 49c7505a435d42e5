#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# README.md and docs/: each link leads to a file and a heading that are there, each document is in the README's table,
# each room in a list of rooms; commands are targets that make has; and what a boot prints is what they show of it.

use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::File qw(slurp);
use Pedant::Shown qw(commands missing);

my @DOCS = ('README.md', glob 'docs/*.md docs/book/*.md');
my %text = map { $_ => slurp($_) } @DOCS;

# Without blocks of code, and without code in a line.
sub prose { my ($text) = @_; return $text =~ s/^```.*?^```$//gmsr =~ s/^ {4}.*$//gmr =~ s/`[^`\n]*`//gr }

# A heading's anchor: its small letters, digits and hyphens, blanks being hyphens. And those that were set by hand.
sub anchors {
    my ($path) = @_;
    my %anchors = map { $_ => 1 } slurp($path) =~ /<a id="([\w-]+)">/g;
    for my $heading (slurp($path) =~ /^#+ +(.*)$/mg) {
        my $anchor = lc($heading =~ s/\[([^\]]*)\]\([^)]*\)/$1/gr) =~ s/[^\w -]//gr =~ s/ /-/gr;
        my $again  = $anchors{$anchor}++;
        $anchors{"$anchor-$again"}++ if $again;
    }
    return \%anchors;
}

# The links of a text that lead nowhere.
sub broken {
    my ($text, $dir) = @_;
    my @broken;
    for my $link (grep { !/^https?:/ } prose($text) =~ /\]\(([^)\s]+)\)/g) {
        my ($file, $anchor) = $link =~ /^([^#]*)(?:#(.*))?$/;
        my $path = "$dir$file";
        push @broken, $link if $file eq '' || !-e $path || defined $anchor && !anchors($path)->{$anchor};
    }
    return @broken;
}

subtest 'links' => sub {
    for my $doc (@DOCS) {
        my ($dir) = $doc =~ m{^(.*/)?};
        my $text = $text{$doc} =~ s/\]\(#/](@{[ $doc =~ s{.*\/}{}r ]}#/gr;
        is_deeply([ broken($text, $dir // '') ], [], "$doc: each leads somewhere");
    }
    is_deeply([ broken("[a](README.md) [b](no.md) [c](README.md#two-commands) [d](README.md#no) `[e](no)`\n\n    [f](no)\n", '') ],
        [ 'no.md', 'README.md#no' ], 'one that does not is found');
    my %linked = map { $_ => 1 } $text{'README.md'} =~ /\]\((docs\/[\w-]+\.md)\)/g;
    is_deeply([ grep { !$linked{$_} } glob 'docs/*.md' ], [], 'the README leads to each document');
};

subtest 'rooms' => sub {
    my @of_readme = $text{'README.md'} =~ /^\| `([\w\/]+\/)` \|/mg;
    is_deeply([ grep { !-d } @of_readme ], [], 'those of the README are there');
    my %room = map { $_ => 1 } @of_readme;
    is_deeply([ grep { !$room{$_} && !$room{ $_ . 'x86/' } } map {"$_/"} grep { -d && $_ ne build_dir() && $_ ne 'build' } glob '*' ], [], 'and there are no others');
    my %listed;
    for my $row ($text{'docs/code.md'} =~ /^\| (`[^|]*`) \|/mg) {
        my @names = $row =~ /`([\w\/]+\/)`/g or next;
        my ($in) = $names[0] =~ m{^(\w+/)};
        $listed{ index($_, $in) ? "$in$_" : $_ } = 1 for @names;
    }
    is_deeply([ grep { !-d } sort keys %listed ], [], 'those of docs/code.md are there');
    is_deeply([ grep { !$listed{$_} } map {"$_/"} grep {-d} glob 'kernel/* arch/x86/*' ], [], 'and it has each of kernel/ and arch/x86/');
};

subtest 'commands' => sub {
    my $rules = join "\n", map { slurp($_) } 'Makefile', slurp('Makefile') =~ /^include ([\w\/]+\.mk)$/mg;
    my %target = map { $_ => 1 } map {split} $rules =~ /^([\w -]+):(?!=)/mg;
    for my $doc ('README.md', 'docs/output.md', 'docs/measured.md') {
        my %asked = map { $_ => 1 } $text{$doc} =~ /(?:`|\$ )make ([a-z][\w-]*)/g;
        cmp_ok(scalar keys %asked, '>', 0, "$doc: has some");
        is_deeply([ grep { !$target{$_} } sort keys %asked ], [], "$doc: they are make's targets");
    }
};

# What is shown of a command's output.
sub shown {
    my ($doc, $command) = @_;
    my ($job) = grep { $_->{command} eq $command } commands($text{$doc}) or return;
    return @{ $job->{shown} };
}

subtest 'a boot' => sub {
    my $run = boot(name => 'docs', cmdline => 'selftest=boot.*');
    is($run->outcome, 'passed', 'passes') or diag($run->describe);
    for my $doc ('README.md', 'docs/output.md') {
        my @shown = shown($doc, 'make run');
        cmp_ok(scalar @shown, '>', 10, "$doc: shows one");
        is_deeply([ missing(\@shown, $run->lines) ], [], "$doc: and all of that is seen, in this order");
    }
    isnt(scalar missing([ shown('README.md', 'make run'), 'pedant: all is well' ], $run->lines), 0, 'what is not is missed');
};

# What make serve says, of the same folder by its own program.
subtest 'a server' => sub {
    my ($shown) = $text{'README.md'} =~ /^ {4}\$ make serve\n {4}(.*)$/m;
    plan skip_all => 'no node in PATH (package nodejs)' if system('command -v node > /dev/null');
    my $pid = open my $server, '-|', 'node', 'tools/page/serve.mjs', build_dir() . '/page', '0' or die "node: $!\n";
    my $said = <$server> // 'nothing';
    kill 'TERM', $pid;
    close $server;
    chomp $said;
    is($said =~ s/localhost:\d+/localhost:8080/r, $shown =~ s{build/}{build_dir() . '/'}er, 'says what the README shows');
};

subtest 'tables that measurements put in' => sub {
    # A name that ends with a line has a variable behind it.
    my @shown = map { slurp($_) =~ /\b(?:show|printed)\(["']([\w-]+)/g } glob 'tests/bench/*.pl';
    my ($any_of) = map {qr/^(?:$_)$/} join '|', map { /-$/ ? "$_.*" : $_ } @shown;
    my %named;
    for my $file (glob 'docs/*.md') {
        my $text = slurp($file);
        $named{$_}++ for $text =~ /^<!-- figures: ([\w-]+) -->\n\n(?=    \S)/gm;
        is(scalar(() = $text =~ /^<!-- figures: /gm), scalar(() = $text =~ /^<!-- figures: [\w-]+ -->\n\n    \S/gm), "$file: a table stands behind each line that names one");
    }
    is_deeply([ grep { $_ !~ $any_of } sort keys %named ], [], 'what the documentation names is measured');
    cmp_ok(scalar keys %named, '>=', 6, 'and there is some');
};

done_testing;
