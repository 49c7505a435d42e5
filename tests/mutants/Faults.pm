# SPDX-License-Identifier: MIT
#
# What can be broken in a text: all faults of one line each that the operators make of it. Comments and strings
# are left alone, but for what an operator looks for in them.
#
#     for my $fault (Faults::in('pv/engine.c', $text)) {
#         print "$fault->{line}: $fault->{kind}\n- $fault->{old}\n+ $fault->{new}\n";
#     }
package Faults;

use strict;
use warnings;

my %LANGUAGE = (c => 'c', h => 'c', S => 'gas', asm => 'nasm', inc => 'nasm', def => 'ops', pm => 'perl', pl => 'perl', awk => 'awk', sh => 'sh');

# Which operators a language has; each gets a line as it is and with comments and strings blanked, and the
# blanked line before, and returns [ kind, new line ] for each fault.
my %OPERATORS = (
    c    => [ \&_delete_c, \&_conditions, \&_operands, \&_constants, \&_bounds, \&_arguments, \&_order ],
    gas  => [ \&_delete_gas, \&_constants, \&_registers, \&_jumps, \&_prefixes ],
    nasm => [ \&_delete_nasm, \&_constants, \&_registers, \&_jumps, \&_prefixes ],
    ops  => [ \&_bare_forms, \&_arguments, \&_conventions ],
    perl => [ \&_delete_perl, \&_conditions, \&_conditions_behind, \&_operands, \&_constants, \&_bounds, \&_arguments ],
    awk  => [ \&_delete_awk, \&_conditions, \&_operands, \&_constants, \&_bounds ],
    sh   => [ \&_delete_sh, \&_constants ],
);

sub language { my ($path) = @_; return $LANGUAGE{ ($path =~ /\.(\w+)$/)[0] // '' } }

# { kind, line (its number), old, new }, in the order of lines.
sub in {
    my ($path, $text) = @_;
    my $language = language($path) or die "$path: no language that is known\n";
    my @lines    = split /\n/, $text, -1;
    my @blank    = split /\n/, _blanked($language, $text), -1;
    my (@faults, %seen);
    for my $i (0 .. $#lines) {
        next if $blank[$i] !~ /\S/ || $blank[$i] eq "1;" || ($language =~ /^(?:c|gas)$/ && $blank[$i] =~ /^\s*#\s*(?!define)/);
        my ($before) = grep {/\S/} reverse @blank[ ($i > 4 ? $i - 4 : 0) .. $i - 1 ];
        for my $operator (@{ $OPERATORS{$language} }) {
            for my $made ($operator->($lines[$i], $blank[$i], $before // '')) {
                my ($kind, $new) = @$made;
                next if $new eq $lines[$i] || $seen{"$i $new"}++;
                push @faults, { kind => $kind, line => $i + 1, old => $lines[$i], new => $new };
            }
        }
    }
    return @faults;
}

# ---- what is code

my %COMMENT = (
    c    => qr{/\*.*?\*/|//[^\n]*}s,
    gas  => qr{/\*.*?\*/}s,
    ops  => qr{PV_NOTE[^\n]*},
    nasm => qr{;[^\n]*},
    perl => qr{(?:(?<=\n)|\A)\s*#[^\n]*|(?<=[;,\}\s])#\s[^\n]*|\n__END__.*}s,
    awk  => qr{(?<!\S)#[^\n]*},
    sh   => qr{(?<!\S)#[^\n]*},
);

# The same text, comments as blanks and strings as so many times "_".
sub _blanked {
    my ($language, $text) = @_;
    my $comment = $COMMENT{$language};
    $text =~ s/($comment)|("(?:[^"\\\n]|\\.)*"|(?<![\w\$&])'(?:[^'\\\n]|\\.)*')/defined $1 ? $1 =~ s{[^\n]}{ }gr : _string($2)/ge;
    return $text;
}

sub _string { my ($s) = @_; return '"' . '_' x (length($s) - 2) . '"' }

sub _balanced {
    my ($text) = @_;
    my $depth = 0;
    for my $c ($text =~ /[()\[\]{}]/g) {
        $depth += $c =~ /[(\[{]/ ? 1 : -1;
        return 0 if $depth < 0;
    }
    return !$depth;
}

# $line with the bytes from $at on replaced.
sub _with {
    my ($line, $at, $length, $new) = @_;
    substr($line, $at, $length) = $new;
    return $line;
}

# ---- statements

my $TYPE = qr/(?:static|const|extern|struct|union|enum|typedef|register|unsigned|signed|int|char|bool|void|size_t|va_list|u?int\d+_t)\b/;

sub _begins_statement { my ($before) = @_; return $before =~ /(?:[;{})]|else|:)\s*$/ || $before !~ /\S/ }

sub _delete_c {
    my ($line, $blank, $before) = @_;
    return if $blank !~ /^(\t+)(?!return\b|case\b|default\b|goto\b|else\b|for\b|while\b|do\b|$TYPE)\S[^#]*;\s*$/ || !_balanced($blank);
    return if !_begins_statement($before) || $blank =~ /^\t+\w[\w\s]* \**\w+(?:\[\w*\])?(?:, \**\w+)*;/;    # a declaration
    return [ 'delete a statement', ($line =~ /^(\t+)/)[0] . ';' ];
}

sub _delete_nasm {
    my ($line, $blank) = @_;
    return if $blank !~ /^\s+([a-z]\w*)\b/ || $1 =~ /^(?:section|global|extern|align|bits|d[bwdq]|times|res[bwdq]|equ|org|cpu|static)$/;
    return [ 'delete an instruction', '' ];
}

sub _delete_gas {
    my ($line, $blank) = @_;
    return $blank =~ /^\s+[a-z]\w*\b/ && $blank !~ /^\s*(?:FUNCTION|ENDF)/ ? [ 'delete an instruction', '' ] : ();
}

sub _delete_perl {
    my ($line, $blank, $before) = @_;
    return if $blank !~ /^\s+(?!my\b|our\b|use\b|return\b|package\b|require\b|local\b)[\w\$\@%(*].*;\s*$/ || !_balanced($blank);
    return if !_begins_statement($before) || $blank =~ /^\s*[\w']+\s*=>/;
    return [ 'delete a statement', ($line =~ /^(\s+)/)[0] . ';' ];
}

sub _delete_awk {
    my ($line, $blank) = @_;
    return if $blank !~ /^\t+(?!if|else|for|while|return|next|function|printf? *$)[\w\$]/ || $blank =~ /[{,]\s*$/ || !_balanced($blank);
    return [ 'delete a statement', ($line =~ /^(\t+)/)[0] . ';' ];
}

sub _delete_sh {
    my ($line, $blank) = @_;
    return if $blank =~ /^\s*(?:if|then|else|elif|fi|for|while|do|done|case|esac|\{|\}|\w+\(\)|.*[\\({|]\s*$|.*;;|.*\)\s*$)/;
    return [ 'delete a command', ':' ];
}

# ---- conditions

# [ where it begins, its text, the blanked text ] of the condition in parentheses behind if or while, when it ends on
# its line.
sub _condition {
    my ($line, $blank) = @_;
    return if $blank !~ /\b(?:if|while|unless|until|elsif) ?\(/g;
    my ($from, $depth) = (pos $blank, 1);
    for my $at ($from .. length($blank) - 1) {
        $depth += { '(' => 1, ')' => -1 }->{ substr $blank, $at, 1 } // 0;
        return [ map { $_ eq 'at' ? $from : substr $_, $from, $at - $from } 'at', $line, $blank ] if !$depth;
    }
    return;
}

sub _conditions {
    my ($line, $blank) = @_;
    my $c = _condition($line, $blank) or return;
    my ($at, $text) = @$c;
    my @made = [ 'negate a condition', _with($line, $at, length $text, "!($text)") ];
    push @made, map { [ 'drop a condition', _with($line, $at, length $text, $_) ] } 0, 1 if $blank =~ /\bif ?\(/;
    return @made;
}

# Perl's, behind a statement.
sub _conditions_behind {
    my ($line, $blank) = @_;
    return if $blank !~ /^(\s*\S.*?) (if|unless) (.*);\s*$/ || $1 =~ /^\s*(?:\}|elsif|if)/;
    my ($statement, $word, $condition) = map { substr $line, $-[$_], $+[$_] - $-[$_] } 1 .. 3;
    return ([ 'negate a condition', "$statement $word !($condition);" ], [ 'drop a condition', "$statement;" ],
        [ 'drop a condition', "$statement $word 0;" ]);
}

# One side of && or ||, in a condition or in what is returned or assigned.
sub _operands {
    my ($line, $blank) = @_;
    my @made;
    while ($blank =~ / (&&|\|\|) /g) {
        my ($at, $end) = ($-[0], $+[0]);
        push @made, [ 'another operator', _with($line, $at, $end - $at, $1 eq '&&' ? ' || ' : ' && ') ];
        if (substr($blank, 0, $at) =~ /([!\w.>\$\@\[\]{}-]+(?:\([^()]*\))?(?: [=!<>]=? [!\w.>\$\@\[\]{}-]+)?)$/) {
            push @made, [ 'drop an operand', _with($line, $at - length $1, $end - $at + length $1, '') ];
        }
        if (substr($blank, $end) =~ /^([!\w.>\$\@\[\]{}-]+(?:\([^()]*\))?(?: [=!<>]=? [!\w.>\$\@\[\]{}-]+)?)(?=[);]| &&| \|\|)/) {
            push @made, [ 'drop an operand', _with($line, $at, $end - $at + length $1, '') ];
        }
    }
    return @made;
}

# ---- numbers and bounds

sub _constants {
    my ($line, $blank) = @_;
    my @made;
    while ($blank =~ /(?<![\w.\$%\\{-])(0x[0-9a-f]{1,8}|\d{1,9})(?=[uU]?(?:ll)?\b)(?![\w]*["\]]\s*=>)/gi) {
        my ($at, $text) = ($-[1], $1);
        next if $text =~ /^0\d/;
        my $value = $text =~ /^0x/i ? hex $text : $text;
        push @made, map { [ 'shift a constant', _with($line, $at, length $text, $text =~ /^0x/i ? sprintf('0x%x', $_) : $_) ] }
            $value + 1, $value ? $value - 1 : ();
    }
    return @made;
}

my %BOUND = ('<' => '<=', '<=' => '<', '>' => '>=', '>=' => '>', '==' => '!=', '!=' => '==', eq => 'ne', ne => 'eq', '=~' => '!~', '!~' => '=~');

# The smaller or the larger of two: which one, where they are equal, is the same.
sub _is_choice {
    my ($before, $behind) = @_;
    my ($one) = $before =~ /([\w.>\$\[\]{}-]+)$/ or return 0;
    my ($other, $first, $second) = $behind =~ /^([\w.>\$\[\]{}-]+) \? ([\w.>\$\[\]{}-]+) : ([\w.>\$\[\]{}-]+)/ or return 0;
    return "$first $second" eq "$one $other" || "$first $second" eq "$other $one";
}

sub _bounds {
    my ($line, $blank) = @_;
    my @made;
    while ($blank =~ / (<=?|>=?|==|!=|eq|ne|=~|!~) /g) {
        my ($bound, $at) = ($1, $-[1]);
        next if $bound =~ /^[<>]=?$/ && _is_choice(substr($line, 0, $at - 1), substr $line, $at + 1 + length $bound);
        push @made, [ 'shift a bound', _with($line, $at, length $bound, $BOUND{$bound}) ];
    }
    return @made;
}

# ---- arguments and registers

# strcmp() of which nothing but whether both are the same is asked: it is the same with its arguments exchanged.
sub _is_equality {
    my ($before, $behind) = @_;
    return $before =~ /(!?)\bstrcmp\($/ && ($1 || $behind =~ /^\) [=!]= 0\b|^\)(?:\)| &&| \|\|)/);
}

sub _arguments {
    my ($line, $blank) = @_;
    return if $blank =~ /^\w[^;]*$|^\t*(?:static|extern|$TYPE)[^=;]*\(/ && $blank !~ /^PV_OP/;    # a declaration
    my @made;
    while ($blank =~ /\w\((?:[^()]*, )?\K([^(),]+), ([^(),]+)(?=[,)])/g) {
        my ($at, $length, $one) = ($-[1], $+[2] - $-[1], $+[1] - $-[1]);
        next if _is_equality(substr($blank, 0, $at), substr $blank, $at + $length);
        my $both = substr $line, $at, $length;
        my ($first, $second) = (substr($both, 0, $one), substr $both, $one + 2);
        push @made, [ 'exchange two arguments', _with($line, $at, $length, "$second, $first") ];
    }
    return @made;
}

my $REGISTER = qr/(?:e?(?:ax|bx|cx|dx|si|di|bp|sp)|[abcd][lh]|[cdefgs]s|cr[0234]|dr[0-367])/;
my %OTHER = (eax => 'edx', edx => 'ecx', ecx => 'eax', ebx => 'esi', esi => 'edi', edi => 'ebx', ax => 'dx', dx => 'cx', al => 'dl', cr0 => 'cr4',
    cr3 => 'cr2');

sub _registers {
    my ($line, $blank) = @_;
    return if $blank !~ /^\s+[a-z]/;
    my @made;
    push @made, [ 'exchange two registers', _with($line, $-[1], $+[2] - $-[1], substr($line, $-[2], $+[2] - $-[2]) . ', ' . substr $line, $-[1], $+[1] - $-[1]) ]
        if $blank =~ /^\s+[a-z]\w* +(%?$REGISTER|\[[^\]]+\]|[\w\\]*\([^()]+\)), *(%?$REGISTER|\[[^\]]+\]|[\w\\]*\([^()]+\))\s*$/;
    while ($blank =~ /\b($REGISTER)\b/g) {
        push @made, [ 'another register', _with($line, $-[1], length $1, $OTHER{$1}) ] if $OTHER{$1};
    }
    return @made;
}

my %JUMP = map { my ($a, $b) = @$_; ($a => $b, $b => $a) } [qw(jz jnz)], [qw(je jne)], [qw(jc jnc)], [qw(ja jbe)], [qw(jb jae)],
    [qw(jg jle)], [qw(jl jge)], [qw(js jns)];

sub _jumps {
    my ($line, $blank) = @_;
    return $blank =~ /^\s+(j\w+)\b/ && $JUMP{$1} ? [ 'negate a condition', _with($line, $-[1], length $1, $JUMP{$1}) ] : ();
}

sub _prefixes {
    my ($line, $blank) = @_;
    return $blank =~ /^\s+((?:lock|rep\w*|LOCK_PREFIX) )\S/ ? [ 'drop a prefix', _with($line, $-[1], length $1, '') ] : ();
}

# ---- what orders memory

sub _order {
    my ($line, $blank) = @_;
    my @made;
    push @made, [ 'drop a clobber', $line =~ s/"memory", //r ], [ 'drop a clobber', $line =~ s/, "memory"//r ],
        [ 'drop a clobber', $line =~ s/: "memory"(?=[);])/: /r ], [ 'drop a clobber', $line =~ s/LOCK_PREFIX //r ];
    push @made, [ 'drop volatile', $line =~ s/\bvolatile ?//r ] if $blank =~ /\bvolatile\b/;
    return @made;
}

# ---- pv/ops.def: what an op is bare, and its convention

sub _bare_forms {
    my ($line, $blank) = @_;
    return if $line !~ /^PV_OP/;
    return ([ 'delete an instruction', $line =~ s/asm\("[^"]*"/asm(""/r ],
        [ 'delete an instruction', $line =~ s/asm\("([^";]*); [^"]*"/asm("$1"/r ],
        [ 'delete an instruction', $line =~ s/asm\("[^";]*; ([^"]*)"/asm("$1"/r ]);
}

sub _conventions {
    my ($line) = @_;
    return if $line !~ /^PV_OP/;
    return ([ 'another convention', $line =~ s/\bcallee_eax,/fast,/r ], [ 'another convention', $line =~ s/\bcallee, /fast, /r ],
        [ 'another register', $line =~ s/ in ecx//r ]);
}

1;
