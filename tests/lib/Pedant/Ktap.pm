# SPDX-License-Identifier: MIT
#
# The self-tests' results out of a log: KTAP version 1, which stands between other lines of the
# kernel. Collects the results, the skips with their reasons, and everything that is not well formed:
# no version, no plan, a plan and its results disagree, numbers out of order, a suite whose result is
# not that of its tests.
package Pedant::Ktap;

use strict;
use warnings;

my $VERSION = qr/^( *)KTAP version (\d+)$/;
my $PLAN    = qr/^( *)1\.\.(\d+)(?:\s*#\s*SKIP\b\s*(.*))?$/;
my $RESULT  = qr/^( *)(not )?ok (\d+)(?: -)?(?: ([^#]*[^# ]))?\s*(?:#\s*(SKIP|TODO|XFAIL|TIMEOUT|ERROR)\b\s*(.*))?$/;

sub new {
    my ($class, @lines) = @_;
    my $self = bless { problems => [], tests => [], open => [], suites => 0 }, $class;
    $self->_line($_) for @lines;
    $self->_close(0, 'the end of the log');
    push @{ $self->{problems} }, 'no "KTAP version" line' if !$self->{suites};
    return $self;
}

sub _problem {
    my ($self, $format, @facts) = @_;
    push @{ $self->{problems} }, sprintf $format, @facts;
    return;
}

sub _line {
    my ($self, $line) = @_;
    if    ($line =~ $VERSION) { $self->_version(length $1, $2) }
    elsif ($line =~ $PLAN)    { $self->_plan(length $1, $2) }
    elsif ($line =~ $RESULT) {
        $self->_result(length $1,
            { ok => !$2, number => $3, name => $4 // '', directive => $5 // '', why => $6 // '' });
    }
    return;
}

# A new level. KTAP nests by two columns, Linux's own tests by four; both are read.
sub _version {
    my ($self, $column, $version) = @_;
    $self->_close($column, "KTAP version at column $column");
    my $outer  = $self->{open}[-1];
    my $deeper = $outer ? $column - $outer->{column} : $column;
    $self->_problem('KTAP version at column %d, %d deeper than what it is in', $column, $deeper)
        if $outer ? $deeper != 2 && $deeper != 4 : $deeper;
    $self->_problem('KTAP version %s, expected 1', $version) if $version != 1;
    push @{ $self->{open} }, { column => $column, results => 0, failed => 0 };
    $self->{suites}++;
    return;
}

sub _plan {
    my ($self, $column, $count) = @_;
    my $level = $self->_level($column, "plan 1..$count") or return;
    $self->_problem('second plan 1..%d at column %d', $count, $column) if defined $level->{plan};
    $self->_problem('plan 1..%d after results', $count)                if $level->{results};
    $level->{plan} = $count;
    return;
}

sub _result {
    my ($self, $column, $result) = @_;
    my $inner = $self->_inner($column);
    my $level = $self->_level($column, "result $result->{number} $result->{name}") or return;
    $self->_problem('result %d %s, expected number %d', $result->{number}, $result->{name}, $level->{results})
        if $result->{number} != ++$level->{results};
    $level->{failed}++ if !$result->{ok};
    if (!$inner) {
        $result->{depth} = @{ $self->{open} };
        push @{ $self->{tests} }, $result;
        return;
    }
    $self->_problem('%s is %s but %d of its tests failed', $result->{name},
        $result->{ok} ? 'ok' : 'not ok', $inner->{failed})
        if !$result->{ok} != !!$inner->{failed};
    return;
}

# The level that a result at $column sums up, if one is open below it; it is closed by that.
sub _inner {
    my ($self, $column) = @_;
    my $inner = $self->{open}[-1];
    return if !$inner || $inner->{column} <= $column;
    $self->_close($column + 1, "the result at column $column");
    return $inner;
}

# The open level at $column; a line that stands outside of every level is a problem.
sub _level {
    my ($self, $column, $what) = @_;
    my $level = $self->{open}[-1];
    return $level if $level && $level->{column} == $column;
    $self->_problem('%s at column %d belongs to no open KTAP level', $what, $column);
    return;
}

# Close the levels at $column and deeper, and look whether each kept its plan.
sub _close {
    my ($self, $column, $before) = @_;
    while (@{ $self->{open} } && $self->{open}[-1]{column} >= $column) {
        my $level = pop @{ $self->{open} };
        $self->_problem('no plan at column %d before %s', $level->{column}, $before)
            if !defined $level->{plan};
        $self->_problem('plan 1..%d but %d results at column %d before %s', $level->{plan},
            $level->{results}, $level->{column}, $before)
            if ($level->{plan} // $level->{results}) != $level->{results};
    }
    return;
}

# Everything that is not well formed, as sentences.
sub problems { return @{ $_[0]{problems} } }

# The tests themselves, without the lines that sum up a suite: { ok, number, name, directive, why }.
sub tests   { return @{ $_[0]{tests} } }
sub failed  { return grep { !$_->{ok} } $_[0]->tests }
sub skipped { return grep { $_->{ok} && $_->{directive} eq 'SKIP' } $_[0]->tests }
sub passed  { return grep { $_->{ok} && $_->{directive} ne 'SKIP' } $_[0]->tests }

1;
