# SPDX-License-Identifier: MIT
#
# What pvtool takes on its command line is what its usage says: of each command these options and so many files,
# of each option these values. All else is refused, with a line that says what is wanted, or with the usage.
use strict;
use warnings;
use Pedant;
use Pedant::Elf;
use Pedant::Pvtool;
use Test::More;

my $elf   = Pedant::Elf->new(build_dir() . '/tests/adopt.elf');
my $image = $elf->path;

# Its memory before it runs: what was linked, with no features.
my $memory = $elf->memory(0x100000);
my $dump   = spew('dump', $memory);

sub usage_of {
    my ($arguments) = @_;
    my ($status, $said) = pvtool($arguments);
    return $status == 2 && $said =~ /^usage:\n/ ? 1 : 0;
}

my ($status, $help) = pvtool('--help');
is($status, 0, '--help is no mistake');
my %args = map { /^(\w+) ((?:[^\n]|\n\t\[)*)/ ? ($1 => $2) : () } split /^  pvtool /m, $help;
is(scalar keys %args, 11, 'there are so many commands');
is(usage_of($_), 1, "'$_' is none") for '', 'nonesuch', '--help x', 'sitesx', 'site';

# ---- options and files

my $zeros  = join ',', (0) x 10;
my %good   = ('--cpu' => 'i486', '--header' => 'none', '--sections' => '.own', '--family' => 'paravirt', '--nops' => 'p6', '-o' => scratch('view.json'),
    '--base' => '0x100000', '--state' => 'linked', '--features' => $zeros, '--locks' => 'smp', '--init' => 'there', '--function' => 'use_sites');
for my $command (sort keys %args) {
    my $args  = $args{$command};
    my %knows = map { $_ => 1 } $args =~ /(?:^|[ \[])(--?\w+)/g;
    my @files = $args =~ /^(\S+)(?: (\[?DUMP\]?))?/;
    my $most  = defined $files[1] ? 2 : 1;
    my $least = ($files[1] // '') eq 'DUMP' ? 2 : 1;
    my $file  = spew('copy.elf', slurp($image));    # some commands write to it
    my $needs = $args =~ /\] -o / ? ' -o ' . scratch('view.json') : '';
    my @may   = ("$command $file $dump$needs")[ 0 .. $most - 2 ];
    push @may, "$command $file$needs" if $least == 1;
    is(join(' ', map { usage_of($_) } @may), join(' ', (0) x @may), "$command: $least to $most files");
    is(join(' ', map { usage_of("$command $_") } '', ($least == 2 ? $file : ()), "$file $dump" . ' x' x ($most - 1)), join(' ', (1) x ($least + 1)), "$command: neither less nor more");
    my ($first) = $least == 2 ? "$command $file $dump$needs" : "$command $file$needs";
    is_deeply([ grep { !usage_of("$first $_ $good{$_}") } sort keys %good ], [ sort keys %knows ], "$command: these options, and no others");
    is_deeply([ grep { !usage_of("$first $_") } sort keys %good ], [], "$command: none without its value");
}

# ---- files

# Without names nothing can be said of an image; what is none is said, too.
{
    my $stripped = scratch('stripped.elf');
    system("strip -o $stripped $image") == 0 or BAIL_OUT('strip');
    for my $case ([ $stripped, qr/no symbol table, without which nothing can be named$/ ], [ spew('text', 'text'), qr/: no (?:relocatable )?ELF file/ ],
        [ scratch('none'), qr/: No such file or directory$/ ])
    {
        my ($file, $why) = @$case;
        for my $command (grep { $_ ne 'seal' || $file ne $stripped } sort keys %args) {
            my ($status, $said) = pvtool("$command $file" . ($args{$command} =~ / DUMP/ ? " $dump" : '') . ($command eq 'view' ? ' -o ' . scratch('view.json') : ''));
            ok($status == 2 && $said =~ /^pvtool: \Q$file\E: / && $said =~ $why, "$command: " . $file =~ s{.*/}{}r) or diag "status $status: $said";
        }
    }
}

# ---- values

# Those that are refused, in the words of the line that says so; the others get further.
sub values_of {
    my ($command, $option, $wants, $good, $bad) = @_;
    for my $value (@$good) {
        my (undef, $said) = pvtool("$command $option '$value'");
        unlike($said, qr/^usage:|wants/, "$option $value: is one");
    }
    for my $value (@$bad) {
        my ($status, $said) = pvtool("$command $option '$value'");
        ok($status == 2 && index($said, "pvtool: $option wants $wants, not \"$value\"\nusage:\n") == 0, "$option $value: is none") or diag $said;
    }
    return;
}
my $verify = "verify $image $dump";
values_of($verify, '--base', 'an address of 32 bits', [qw(0 1048576 0x100000 0xffffffff 4294967295)],
    [ qw(0x100000000 4294967296 99999999999999999999999 12x -1 +1 x /1 :1 0x), '', ' 1', '1 ' ]);
values_of($verify, '--features', '10 hexadecimal words with commas between', [ $zeros, join(',', ('ffffffff') x 10), join(',', 0 .. 9), join(',', ('Fe') x 10) ],
    [ join(',', (0) x 9), join(',', (0) x 11), "$zeros,", ",$zeros", $zeros =~ s/,/;/r, $zeros =~ s/0$/100000000/r, $zeros =~ s/^0/ffffffffffffffffff/r, $zeros =~ s/0$/g/r, $zeros =~ s/,0,/, 0,/r, $zeros =~ s/,0,/,-1,/r, '' ]);
values_of($verify, '--locks', 'up or smp', [qw(up smp)], [ qw(u upp smpx UP there), '' ]);
values_of($verify, '--init', 'there or gone', [qw(there gone)], [ qw(ther gonex up), '' ]);
values_of($verify, '--nops', '486, p6, k7, k8 or k10', [qw(486 p6 k7 k8 k10)], [ qw(p5 k 4866 P6 k1), '' ]);
values_of("check $image", '--cpu', 'i486, i586 or i686', [qw(i486 i586 i686)], [ qw(i386 i786 486 x486 i487 i496 i4861 i48), '' ]);
values_of("check $image", '--header', 'multiboot or none', [qw(multiboot none)], [ qw(grub no nonexx multi), '' ]);
values_of("check $image", '--sections', 'NAME[=text|exempt|data], commas between', [ '.a', '.a,.b', '.a=text', '.a=exempt,.b=data', '.a=data' ],
    [ '.a=code', '=text', '.a,,b', '.a,', '.a=tex', '.a=texts', '.a==text', '', ',' ]);

# What is said is done: the state that they tell is what is judged.
sub judged {
    my ($options, $like, $wanted, $memory) = @_;
    my ($status, $said) = pvtool("verify $image " . ($memory // $dump) . " $options");
    ok($status == $wanted && $said =~ $like, "verify $options: status $wanted") or diag substr $said, -600;
    return;
}
judged('',                               qr/: state linked, .*, no features, locks smp, .* all as they must be$/, 0);
judged('--state linked',                 qr/: state linked, .*: all as they must be$/, 0);
judged('--base 0x100000',                qr/: all as they must be$/, 0);
judged('--base 0x101000',                qr/: 0x\w+ bytes from 0x00101000 do not hold \.boot, /, 2);
judged('--base 0',                       qr/ bytes from 0x00000000 do not hold /, 2);
judged('--state native',                 qr/: paravirt irq\.irq_enable: expected fb 3e 8d 74 26 00 \(template\), found ff 15 \w\w .*\(as linked\)\n.*: state native, .*: 22 violations$/s, 1);
judged('--state zen',                    qr/: no back end zen: it has no table pv_zen_ops$/, 2);
judged('--locks up',                     qr/: smp_locks lock: expected 3e \(ds\), found f0 \(as linked\)\n.*, locks up, /s, 1);
judged('--init gone',                    qr/: all as they must be$/, 0);    # it has none
judged("--features $zeros",              qr/ alternatives !cx8: expected 83 c8 02 \(replaced\), found 90 90 90 \(as linked\)\n.*: 2 violations$/s, 1);
judged('--features ' . join(',', '02000000', (0) x 9), qr/ alternative_state\+0x0: feature word 0: expected 0x2000000, found 0$/m, 1);
judged('--features ' . join(',', (0) x 9, 'a5'), qr/ alternative_state\+0x24: feature word 9: expected 0xa5, found 0$/m, 1);
{
    my $moved = spew('moved', "\xcc" x 64 . $memory);
    judged('--base 0xfffc0', qr/: all as they must be$/, 0, $moved);
}

done_testing;
