# SPDX-License-Identifier: MIT
#
# One mutant by lot: a fault of Faults.pm in a file, and what becomes of it: it does not build, it builds to the
# same, it is known to be equivalent, a stage of its part (Parts.pm) notices it, or it survives.
#
#     my @lots = Lot::draw($seed, $n);
#     my $got  = $lots[0]->try($room, 1, $log, \&control);
#     $got     = $lots[0]->try_again($room, 1, $log, \&control) if $got->{outcome} eq 'left';
package Lot;

use strict;
use warnings;
use File::Find qw(find);
use Command;
use Faults;
use Parts;
use Pedant::File qw(slurp);

# Seconds for a whole build, or test; and how many times as long a boot may take: two workers keep a machine busy.
use constant { BUILD_LIMIT => 900, LIMIT => 900, PATIENCE => 3 };

# ---- the draw: a part by its weight, a kind of fault that it has, one of these

sub _faults_by_part {
    my (@files, %faults);
    find({ no_chdir => 1, wanted => sub { push @files, $_ if -f && Faults::language($_) } }, qw(pv arch boot host kernel lib tools tests/lib));
    for my $path (sort @files) {
        my $part = Parts::of($path) or next;
        push @{ $faults{ $part->{name} }{ $_->{kind} } }, { %$_, path => $path } for Faults::in($path, slurp($path));
    }
    return \%faults;
}

sub _weighted {
    my (@parts) = @_;
    my $sum = 0;
    $sum += $_->{weight} for @parts;
    my $at = rand $sum;
    for my $part (@parts) {
        return $part if ($at -= $part->{weight}) < 0;
    }
    return $parts[-1];
}

# $n of them, the same for the same seed and tree.
sub draw {
    my ($seed, $n) = @_;
    my $faults = _faults_by_part();
    srand $seed;
    my (@lots, %drawn);
    for (1 .. 50 * $n) {
        last if @lots == $n;
        my $kinds = $faults->{ _weighted(grep { $faults->{ $_->{name} } } Parts::parts())->{name} };
        my @kinds = sort keys %$kinds;
        my $kind  = $kinds->{ $kinds[ rand @kinds ] };
        my $fault = $kind->[ rand @$kind ];
        next if $drawn{"$fault->{path}:$fault->{line}:$fault->{new}"}++;
        push @lots, bless { %$fault, number => @lots + 1 }, 'Lot';
    }
    return @lots;
}

# As `diff` writes it.
sub diff {
    my ($self) = @_;
    return "--- $self->{path}:$self->{line} ($self->{kind})\n-$self->{old}\n+$self->{new}\n";
}

# ---- those that are known to change nothing: { "path\nold\nnew" => why }

sub _trimmed { return $_[0] =~ s/^\s+|\s+\z//gr }

sub equivalents {
    my ($path) = @_;
    my %known;
    for my $block (map { _trimmed($_) } grep {/\S/} split /\n\s*\n/, slurp($path) =~ s/^#.*\n//gmr) {
        my ($file, $old, $new, $why) = $block =~ /\A(\S+)\n-(.*)\n\+(.*)\n(.+)\z/s or die "$path: not a file, -, +, and why:\n$block\n";
        $known{ join "\n", $file, map { _trimmed($_) } $old, $new } = _trimmed($why);
    }
    return \%known;
}

sub key { my ($self) = @_; return join "\n", $self->{path}, map { _trimmed($_) } @$self{qw(old new)} }

# ---- the trial

# { outcome, evidence }: 'not built', same, noticed, left: no stage that is cheap notices it. $control->($stage, $anew) tells
# whether the tree without a fault passes it, when it was asked first, or now.
sub try {
    my ($self, $room, $worker, $log, $control) = @_;
    $room->copy($worker);
    unlink $log;
    $self->_break;
    return $self->_build($room, $log) || $self->_run($room, $log, $control, 0) || { outcome => 'left', evidence => 'nothing cheap notices it' };
}

# What was left, by the dear stages: noticed, SURVIVED.
sub try_again {
    my ($self, $room, $worker, $log, $control) = @_;
    $room->copy($worker);
    $self->_break;
    return $self->_run($room, $log, $control, 1) || { outcome => 'SURVIVED', evidence => 'nothing notices it' };
}

sub _break {
    my ($self) = @_;
    my @lines = split /\n/, slurp($self->{path}), -1;
    $lines[ $self->{line} - 1 ] eq $self->{old} or die "$self->{path}:$self->{line} is another line now\n";
    $lines[ $self->{line} - 1 ] = $self->{new};
    open my $out, '>', $self->{path} or die "$self->{path}: $!\n";
    print {$out} join "\n", @lines;
    close $out or die "$self->{path}: $!\n";
    return;
}

sub _make {
    my ($room, $log, @targets) = @_;
    return { status => 0, lines => [] } if !@targets;
    return run_command($log, limit => BUILD_LIMIT, command => [ $room->make, @targets ]);
}

my %SYNTAX = (pm => [ $^X, '-Itests/lib', '-c' ], pl => [ $^X, '-c' ], sh => [qw(sh -n)]);

# What the build says of it: one target after the other, until there is a difference.
sub _build {
    my ($self, $room, $log) = @_;
    my $part   = Parts::of($self->{path});
    my $syntax = $SYNTAX{ ($self->{path} =~ /\.(\w+)$/)[0] };
    my $checked = $syntax && run_command($log, limit => LIMIT, command => [ @$syntax, $self->{path} ]);
    return { outcome => 'not built', evidence => _reason(@{ $checked->{lines} }) } if $checked && $checked->{status};
    for my $target (@{ $part->{builds} }) {
        my $made = _make($room, $log, $room->name . "/$target");
        my ($finding) = grep {/^pvtool: .*finding/} @{ $made->{lines} };
        return { outcome => 'noticed', evidence => "pvtool check: $finding" } if $made->{status} && $finding;
        return { outcome => 'not built', evidence => _reason(@{ $made->{lines} }) } if $made->{status};
        return if _differs($room->pristine, $room->name);
    }
    return @{ $part->{builds} } && { outcome => 'same', evidence => 'each object is the same' };
}

sub _reason {
    my (@lines) = @_;
    my ($reason) = grep {/: finding|findings?$|prohibited cross reference|error|undefined|multiple definition/i} @lines;
    return $reason // $lines[-1] // '';
}

# Is an object that was remade another one, but for what debuggers read?
sub _differs {
    my ($pristine, $build) = @_;
    my @remade;
    find({ no_chdir => 1, wanted => sub { push @remade, $_ if /\.o$/ && (stat)[9] != ((stat "$pristine/$_")[9] // 0) } }, $build);
    for my $object (@remade) {
        my @plain = map { my $to = "$build/differs.$$." . ($_ eq $object ? 1 : 2); system('objcopy', '-g', $_, $to) == 0 or return 1; $to }
            $object, "$pristine/$object";
        my $same = slurp($plain[0]) eq slurp($plain[1]);
        unlink @plain;
        return 1 if !$same;
    }
    return 0;
}

# What a test says that fails: the sentence of the first result that is not ok, or how it ended.
sub _failure {
    my ($ran) = @_;
    my ($sentence) = map { /^\s*not ok \d+(?: -)? ?(.*)/ ? $1 : () } @{ $ran->{lines} };
    return $sentence if defined $sentence;
    return "status $ran->{status}" if $ran->{status};
    my ($plan)  = map { /^1\.\.(\d+)/ ? $1 : () } @{ $ran->{lines} };
    my $results = grep {/^ok \d/} @{ $ran->{lines} };
    return defined $plan && $plan == $results ? undef : "no plan, or another one: $results results";
}

# $done: what this copy was asked to make already.
sub make_stage {
    my ($room, $log, $stage, $done) = @_;
    my $made = _make($room, $log, grep { !$done->{$_} } @{ $stage->{targets} });
    return 'make: ' . _reason(@{ $made->{lines} }) if $made->{status};
    $done->{$_} = 1 for @{ $stage->{targets} };
    return undef;
}

sub run_stage {
    my ($room, $log, $stage, $done) = @_;
    local @ENV{qw(BUILD PVTOOL PATIENCE PERL5LIB)} = ($room->name, $room->name . '/tools/pvtool', PATIENCE, 'tests/lib');
    my $failure = make_stage($room, $log, $stage, $done);
    return $failure if defined $failure || !$stage->{command};
    return _failure(run_command($log, limit => LIMIT, command => $stage->{command}, stop => sub { $_[0] =~ /^\s*not ok \d/ }));
}

# Does a stage look at a file only that the fault has left as it was?
sub _is_blind {
    my ($room, $stage) = @_;
    my $file = $stage->{watches} or return 0;
    my $was  = $room->pristine . "/$file";
    return -e $file && -e $was && ((stat $file)[9] == (stat $was)[9] || slurp($file) eq slurp($was));
}

# What fails is asked twice, since a busy machine can be the reason, and once without the fault.
sub _run {
    my ($self, $room, $log, $control, $dear) = @_;
    my %made;
    for my $stage (grep { $_->{dear} == $dear } Parts::stages($self->{path}, $room->name)) {
        my $failure = make_stage($room, $log, $stage, \%made) // (_is_blind($room, $stage) ? undef : run_stage($room, $log, $stage, \%made)) // next;
        $failure = run_stage($room, $log, $stage, \%made) // next if $stage->{name} =~ /^tests/ || $failure =~ /^(?:hang|status)/;
        next if !$control->($stage, $failure =~ /^hang/);
        return { outcome => 'noticed', evidence => "$stage->{name}: $failure" };
    }
    return undef;
}

1;
