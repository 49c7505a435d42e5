#!/usr/bin/env perl
# SPDX-License-Identifier: MIT
#
# Holds the floors of the house: who includes and who calls whom, one way only and never in a circle.
#
#	tools/floors.pl [--root=DIR] build/ build/a/b.c.o ... -- build/host/ build/host/tools/c.o ...
#
# Each part is a program: where its objects lie, and the objects. A file is what has one folder and one
# base name: foo.c, foo.h, foo.S. It uses another one if one of its sources includes one of the other's,
# or if one of its objects leaves a name open that the other's defines. One line a finding, and exit
# status 1 if there are any.
use v5.30;
use warnings;

# Houses, with a blank line between, each from the roof to the ground. A file may use its own room's files
# and those of the floors below; rooms on one floor do not know each other. Of another house only pv/ is
# used. The longest name that fits decides, so that a file can be named, too.
my $HOUSE = <<'END';
tests/host tests/bench tests/litmus
tests/kernel
tests/user
boot/boot
kernel
kernel/shell
kernel/shell/asm
kernel/shell/sites
kernel/shell/term
kernel/museum/exhibits
kernel/museum
kernel/test
kernel/bare
kernel/guest
kernel/module
kernel/task
kernel/patch kernel/live kernel/litmus
kernel/base
host
arch/x86
arch/x86/smp
boot arch/x86/dev
arch/x86/mm
arch/x86/trap
arch/x86/cpu
pv/backend lib
pv

tools/pvtool
tools/pvtool/command
tools/pvtool/view
tools/pvtool/manifest
tools/pvtool/linux
tools/pvtool/family
tools/pvtool/read

tests/adopt
END
my $SHARED = qr{^pv(?:/|$)};

# Bells that anyone may ring, from every floor: these headers may be included, and these names used.
my $BELLS = <<'END';
pv/host.h		pv_host_\w+
-			pv_ops
lib/printk.h		v?printk
arch/x86/trap/panic.h	panic
-			pv_missing_op
END

# What pv/ takes from its compiler, and files that are made, of what: seen from both, they are one.
my $COMPILERS = qr/^(?:stdint|stddef|stdbool|stdarg)\.h$/;
my %MADE = (
	'pv/feature.inc'              => 'pv/feature.h',
	'feature.def'                 => 'pv/feature.h',
	'view_page.def'               => 'tools/pvtool/view/page.c',
	'tests/bench/linux_sites.inc' => 'tests/bench/linux_sites.pl',
);

# Where an include is looked for, below the root.
my @INCLUDE_PATHS = ('', 'tools/pvtool/');

my $SOURCE = qr/\.(?:c|h|S|asm|inc|def)$/;
my $root   = @ARGV && $ARGV[0] =~ /^--root=(.*)/ ? (shift, $1)[1] : '.';
my @findings;
my %uses; # {file}{file}: what for, a hash of words

sub finding { push @findings, shift }

# {room}: which house, which floor.
sub read_floors {
	my (%floor, $house);
	for my $part (split /\n\n/, $HOUSE) {
		my $n = 0;
		$house++;
		for my $line (split /\n/, $part) {
			$floor{$_} = {house => $house, floor => $n} for split ' ', $line;
			$n++;
		}
	}
	return \%floor;
}
my $floors = read_floors();
my @bells  = map { [split] } split /\n/, $BELLS;

# The room or the file of the table that a file belongs to.
sub place_of {
	my ($file) = @_;
	for (my $at = $file; $at; $at =~ s{/?[^/]*$}{}) {
		return $at if exists $floors->{$at};
	}
	return undef;
}

sub file_of {
	return shift =~ s/(?:\.[A-Za-z]+)+$//r;
}

sub is_bell {
	my ($what) = @_;
	return grep { $what eq $_->[0] || $what =~ /^(?:$_->[1])$/ } @bells;
}

# Up, or across: the finding's end. Empty: it is allowed.
sub why_not {
	my ($from, $to) = map { place_of($_) } @_;
	my ($up, $down) = @{$floors}{$from, $to};
	return '' if $from eq $to || ($up->{house} != $down->{house} && $to =~ $SHARED);
	return "$to is of another house" if $up->{house} != $down->{house};
	return "$from and $to are on one floor" if $up->{floor} == $down->{floor};
	return $up->{floor} < $down->{floor} ? '' : "$to is above $from";
}

sub note_use {
	my ($from, $to, $verb, @names) = @_;
	return if $from eq $to;
	my $why = why_not($from, $to);
	finding("$from $verb $to (@names): $why") if $why;
	$uses{$from}{$to}{$_} = 1 for @names;
}

# All sources of the rooms, by their paths below the root.
sub sources {
	my %tops = map { (m{^([^/]+)}, 1) } keys %$floors;
	my @tops = grep { -e "$root/$_" } sort keys %tops;
	open my $find, '-|', 'find', (map { "$root/$_" } @tops), '-type', 'f' or die "floors: find: $!\n";
	my @found = map { chomp; s{^\Q$root\E/}{}r } <$find>;
	return sort grep { $_ =~ $SOURCE && defined place_of(file_of($_)) } @found;
}

sub resolve {
	my ($from, $name) = @_;
	my $folder = $from =~ s{[^/]*$}{}r;
	return $MADE{$name} if $MADE{$name};
	for my $path (@INCLUDE_PATHS, $folder) {
		return "$path$name" if -e "$root/$path$name";
	}
	return undef;
}

sub note_include {
	my ($source, $name) = @_;
	my $path = resolve($source, $name);
	return finding("$source includes $name, which is nowhere") unless $path;
	return if is_bell($path);
	return finding("$source includes $path, which is in no room") unless defined place_of(file_of($path));
	note_use(file_of($source), file_of($path), 'includes', $path);
}

sub read_includes {
	my ($source) = @_;
	open my $in, '<', "$root/$source" or die "floors: $source: $!\n";
	while (my $line = <$in>) {
		note_include($source, $1) if $line =~ /^\s*[#%]\s*include\s+"([^"]+)"/;
		next unless $source =~ m{^pv/} && $line =~ /^\s*#\s*include\s+<([^>]+)>/;
		finding("$source includes <$1>, which is not the compiler's") unless $1 =~ $COMPILERS;
	}
}

# {defines}{name} and {wants}{name}, global ones, out of nm.
sub read_symbols {
	my ($object) = @_;
	my %names = (defines => {}, wants => {});
	open my $nm, '-|', 'nm', '-g', '--', $object or die "floors: nm: $!\n";
	while (<$nm>) {
		my ($type, $name) = /([A-Za-z]) (\S+)$/ or next;
		$names{$type =~ /[Uvw]/ ? 'wants' : 'defines'}{$name} = 1;
	}
	close $nm or die "floors: nm $object failed\n";
	return \%names;
}

sub read_program {
	my ($prefix, @objects) = @_;
	my (%symbols, %home);
	finding("$prefix: a program without objects") unless @objects;
	for my $object (@objects) {
		die "floors: $object is not below $prefix\n" unless $object =~ m{^\Q$prefix\E(.*)\.o$};
		my $file = file_of($1);
		die "floors: $object is of no room\n" unless defined place_of($file);
		my $names = $symbols{$object} = read_symbols($object);
		$names->{file} = $file;
		$home{$_} = $file for keys %{$names->{defines}};
	}
	for my $names (values %symbols) {
		my %calls;
		for my $name (sort keys %{$names->{wants}}) {
			push @{$calls{$home{$name}}}, $name if $home{$name} && !is_bell($name);
		}
		note_use($names->{file}, $_, 'calls', @{$calls{$_}}) for sort keys %calls;
	}
}

# The shortest way from a file back to it, among those that are left; empty: none.
sub circle_from {
	my ($start) = @_;
	my %before;
	my @queue = ($start);
	while (defined(my $file = shift @queue)) {
		for my $next (sort keys %{$uses{$file}}) {
			next if exists $before{$next};
			$before{$next} = $file;
			push @queue, $next;
			last if $next eq $start;
		}
		last if exists $before{$start};
	}
	return () unless exists $before{$start};
	my @way = ($start);
	do { unshift @way, $before{$way[0]} } until $way[0] eq $start;
	return @way;
}

# One finding for each circle that shares no file with one that was told.
sub find_circles {
	my %told;
	for my $file (sort keys %uses) {
		my @way = circle_from($file);
		next if !@way || grep { $told{$_}++ } @way[1 .. $#way];
		my @steps = map {
			my ($from, $to) = @way[$_ - 1, $_];
			"$from -> $to (" . join(' ', sort keys %{$uses{$from}{$to}}) . ')'
		} 1 .. $#way;
		finding('circle of ' . @steps . ' files: ' . join(', ', @steps));
	}
}

my @programs = ([]);
$_ eq '--' ? push(@programs, []) : push(@{$programs[-1]}, $_) for @ARGV;
my @sources = sources();
finding("$root: no sources") unless @sources;
read_includes($_) for @sources;
read_program(@$_) for @programs;
find_circles();
say for @findings;
sub count {
	my ($n, $what) = @_;
	return "$n $what" . ($n == 1 ? '' : 's');
}

printf "floors: %s, %s, %s\n", count(scalar @sources, 'source'), count(scalar @programs, 'program'),
	count(scalar @findings, 'finding');
exit(@findings ? 1 : 0);
