# SPDX-License-Identifier: MIT
#
# One mutant: a patch with a head that says what is broken, how that is run, and what has to notice it.
#
#     my $mutant = Mutant->new('/path/tests/mutants/001-sync-dropped.patch');
#     my $result = $mutant->try($room, 1, $log);           # by the first worker
#     print "$mutant->{name} $result->{outcome} $result->{evidence}\n";
package Mutant;

use strict;
use warnings;
use File::Basename qw(basename);
use Text::ParseWords qw(shellwords);
use Command;

use constant LIMIT => 180 * ($ENV{PATIENCE} || 1);    # seconds for one command; a boot has its own, shorter one

my @KEYS = ('broken', 'stands for', 'run', 'noticed by');

sub new {
    my ($class, $path) = @_;
    my $self = bless { path => $path, name => basename($path, '.patch'), _head($path) }, $class;
    my @missing = grep { !length($self->{$_} // '') } @KEYS;
    die "$path: its head does not say: @missing\n" if @missing;
    $self->_check_run;
    return $self;
}

# The same run without a fault.
sub control {
    my ($class, $run) = @_;
    my $self = bless { name => 'control', broken => "nothing: $run", run => $run, 'noticed by' => '' }, $class;
    $self->_check_run;
    return $self;
}

sub is_control { return !$_[0]{path} }

# "# key: value" lines; one that is indented goes on with the value before.
sub _head {
    my ($path) = @_;
    my (%head, $key);
    open my $in, '<', $path or die "$path: $!\n";
    while (my $line = <$in>) {
        if    ($line =~ /^# ([\w -]+): +(.*?)\s*$/) { $head{ $key = $1 } = $2 }
        elsif ($line =~ /^#\s+(.*?)\s*$/ && $key)   { $head{$key} .= " $1" }
        else                                        { last }
    }
    return %head;
}

sub _check_run {
    my ($self) = @_;
    my ($kind, @words) = shellwords($self->{run});
    my %takes = (boot => 1, build => !@words, host => @words == 1, t => @words >= 1);
    die "$self->{name}: no such run: $self->{run}\n" if !$takes{$kind};
    @$self{qw(kind words)} = ($kind, \@words);
    return;
}

# What make has to make; with a path, so that it is in the copy.
sub targets {
    my ($self, $build) = @_;
    return "$build/tests/host/$self->{words}[0]" if $self->{kind} eq 'host';
    return "$build/pedant.elf" if $self->{kind} ne 't';
    my (undef, @more) = @{ $self->{words} };
    return map {"$build/$_"} qw(pedant.elf tests/loader.elf), @more;
}

sub _command {
    my ($self, $build) = @_;
    my @perl = ($^X, '-Itests/lib');
    return (@perl, 'tests/mutants/boot.pl', @{ $self->{words} }) if $self->{kind} eq 'boot';
    return (@perl, $self->{words}[0])                            if $self->{kind} eq 't';
    return $self->targets($build);
}

# { outcome, evidence, more }: outcome is noticed, SURVIVED, or what went wrong. For a control, passed.
sub try {
    my ($self, $room, $worker, $log) = @_;
    $room->copy($worker);
    unlink $log;
    return $self->_apply($log) || $self->_build($room, $log) || $self->_run($room->name, $log);
}

# No fuzz: a patch that fits only nearly may break something else than it says.
sub _apply {
    my ($self, $log) = @_;
    return if $self->is_control;
    my $ran = run_command($log, limit => LIMIT, command => [ qw(patch -p1 -F0 --no-backup-if-mismatch -i), $self->{path} ]);
    return { outcome => 'does not apply', evidence => $ran->{lines}[-1] // '' } if $ran->{status};
    return { outcome => 'does not apply', evidence => 'changes nothing' } if !grep {/^patching file/} @{ $ran->{lines} };
    return;
}

# An image that pvtool refuses, or ld for what refers to init text, was noticed by the build's check; no
# image for another reason is an error.
sub _build {
    my ($self, $room, $log) = @_;
    my $ran = run_command($log, limit => LIMIT, command => [ $room->make, $self->targets($room->name) ]);
    if (!$ran->{status}) {
        my $made = grep {/^  \w+ +\S/} @{ $ran->{lines} };
        return { outcome => 'does not build', evidence => 'nothing was remade: the build does not know this file' }
            if !$made && !$self->is_control && !$self->_builds_nothing;
        return;
    }
    my @crossed = map { /(prohibited cross reference .*)/ ? "ld: $1" : () } @{ $ran->{lines} };
    return $self->_judge(@crossed) if @crossed;
    return $self->_judge(map {"pvtool check: $_"} _findings($ran)) if grep {/^pvtool: .*finding/} @{ $ran->{lines} };
    my ($error) = grep {/error|multiple definition|undefined/i} @{ $ran->{lines} };
    return { outcome => 'does not build', evidence => $error // $ran->{lines}[-1] // '' };
}

# Does it change nothing that is built of? Of such a mutant a run of a test is all there is.
sub _builds_nothing {
    my ($self) = @_;
    open my $in, '<', $self->{path} or die "$self->{path}: $!\n";
    my @files = map {m{^\+\+\+ b/(\S+)} ? $1 : ()} <$in>;
    return !grep { !m{^(?:tests/(?:lib/|mutants/|exercises/|bench/\w+\.pl$|\w+\.t$)|tools/(?:\w+\.sh$|learn/|gdb/|book/)|docs/|Makefile$)} } @files;
}

# pvtool's lines, without addresses.
sub _findings {
    my ($ran) = @_;
    return map { s/^0x[0-9a-f]+ //r } grep { !/^ {2}|^make|^pvtool:/ } @{ $ran->{lines} };
}

sub _run {
    my ($self, $build, $log) = @_;
    return $self->_judge if $self->{kind} eq 'build';
    local $ENV{BUILD} = $build;
    my $ran   = run_command($log, limit => LIMIT, command => [ $self->_command($build) ],
        stop => sub { $self->_failure($_[0]) && $self->_expected($self->_failure($_[0])) });
    my @found = map { $self->_failure($_) // () } @{ $ran->{lines} };
    push @found, "$self->{run}: status $ran->{status}" if $ran->{status} && !$ran->{stopped};
    push @found, "$self->{run}: no result at all"      if !grep {/^\s*(?:not )?ok \d/} @{ $ran->{lines} };
    return $self->_judge(@found);
}

# The sentence of a result that is not ok, with the program's name in front where it is not the kernel's.
sub _failure {
    my ($self, $line) = @_;
    my ($sentence) = $line =~ /^\s*not ok \d+(?: -)? ?(.*)/ or return undef;
    return $self->{kind} eq 'boot' ? $sentence : "$self->{words}[0]: $sentence";
}

# Does this begin as the head says, up to a word's end? * stands for anything.
sub _expected {
    my ($self, $evidence) = @_;
    for my $wanted (grep {length} split / *\| */, $self->{'noticed by'}) {
        my $pattern = join '.*', map {quotemeta} split /\*/, $wanted, -1;
        return 1 if $evidence =~ /^$pattern(?!\w)/;
    }
    return 0;
}

sub _judge {
    my ($self, @found) = @_;
    my ($expected) = grep { $self->_expected($_) } @found;
    return { outcome => @found ? 'FAILED' : 'passed', evidence => $found[0] // '' } if $self->is_control;
    return { outcome => 'SURVIVED', evidence => "not by $self->{'noticed by'}" }  if !@found;
    return { outcome => 'noticed', evidence => $expected, more => @found - 1 }    if $expected;
    return { outcome => 'elsewhere', evidence => "$found[0], and not by $self->{'noticed by'}" };
}

1;
