#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# pvtool manifest: whatever state a kernel is in, each site in its memory holds one of the values that the manifest
# lists, and one of those that it lists for that state; no byte of text outside of sites differs. The file alone says so:
# it is read by another program than the one that made it.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use JSON::PP;
use Test::More;
use Pedant;
use Pedant::Native;
use Pedant::Pvtool;

my $elf = kernel_elf();
my ($status, $said) = pvtool('manifest ' . $elf->path);
is($status, 0, 'a manifest is made');
my $manifest = eval { JSON::PP->new->decode($said) } // BAIL_OUT("it is no JSON: $@");
is($manifest->{format}, 'pvtool manifest 3', 'it says what it is');
my @sites = @{ $manifest->{sites} };

# ---- what it lists

my (undef, $list) = pvtool('sites ' . $elf->path);
my %listed = map {/^0x([0-9a-f]{8}) +\S+ +(\w+)/ ? ("$1 $2" => 1) : ()} split /\n/, $list;
is_deeply([ sort map { substr($_->{at}, 2) . " $_->{family}" } @sites ], [ sort keys %listed ], 'the sites are those that pvtool sites lists');
is_deeply([ map { $_->{at} } @sites ], [ sort map { $_->{at} } @sites ], 'by address');
is(scalar(grep { my $s = $_; grep { length $_->{bytes} != 2 * $s->{len} } @{ $s->{values} } } @sites), 0, 'a value is as long as its site');
is_deeply([ grep { $_->{values}[0]{bytes} ne unpack 'H*', $elf->bytes(hex $_->{at}, $_->{len}) } @sites ], [], 'the first one is what was linked');
my %by_name = map { $_->{name} => $_ } @{ $manifest->{text} };
is_deeply([ map { hex $by_name{'.text'}{start} } 1 ], [ $elf->symbol('_text') ], 'text is where it is');
is_deeply([ map { $_->{name} } grep { $_->{given_up} } @{ $manifest->{text} } ], ['.init.text'], 'and one part of it is given up');

sub values_when { my ($site, $what, $is) = @_; return grep { ($_->{when}{$what} // '') eq $is } @{ $site->{values} } }
for my $family (qw(paravirt alternatives smp_locks jump_label static_call)) {
    my @of = grep { $_->{family} eq $family } @sites;
    cmp_ok(scalar @of, '>', 30, "$family has sites");
    is(scalar(grep { @{ $_->{values} } < 2 } @of), 0, "$family: each has another value, too");
}
is(scalar(grep { my $s = $_; grep { !values_when($s, backend => $_) } qw(native soft trace) } grep { $_->{family} eq 'paravirt' } @sites), 0,
    'paravirt: one for each back end');

# ---- hashes of pages

my @pages = map { @{ $_->{pages} } } @{ $manifest->{memory} };
my ($init, $init_size) = (hex $manifest->{given_up}{start}, $manifest->{given_up}{size});
is_deeply([ map { [ hex $_->{start}, $_->{size} ] } @{ $manifest->{memory} } ], [ map { [ @{$_}{qw(vaddr memsz)} ] } grep { !($_->{flags} & 2) } $elf->segments ],
    'memory is all of the read-only segments');
is_deeply([ grep { $_->{size} != 4096 || hex($_->{at}) % 4096 } @pages ], [], 'in pages');

# All of memory that is judged as the file has it, with zeros for sites.
my ($from) = sort { $a <=> $b } map { hex $_->{at} } @pages;
my $fixed = join '', map { $elf->bytes($_->{vaddr}, $_->{memsz}) } grep { !($_->{flags} & 2) } $elf->segments;
my $gone  = $fixed;
for my $site (@sites) {
    my $at = hex($site->{at}) - $from;
    substr($_, $at, $site->{len}) = "\0" x $site->{len} for $fixed, $gone;
}
substr($gone, $init - $from, $init_size) = "\xcc" x $init_size;
sub hashes { my ($bytes) = @_; return map { sha256_hex(substr $bytes, hex($_->{at}) - $from, $_->{size}) } @pages }
is_deeply([ map { $_->{fixed} } @pages ], [ hashes($fixed) ], 'a hash of each, with zeros for sites');
is_deeply([ map { $_->{gone} // $_->{fixed} } @pages ], [ hashes($gone) ], 'and one without init text, where there was some');
is(scalar(grep { $_->{gone} } @pages), $init_size / 4096, 'where else there is none');
is(scalar(grep { $_->{whole} } @pages), 0, 'of a whole page there is none without a state');

# ---- what stands in memory

my ($start, $end) = ($elf->symbol('_text'), $elf->symbol('_etext_all'));

sub given_up { my ($at) = @_; my $t = $by_name{'.init.text'}; return $at >= hex $t->{start} && $at < hex($t->{start}) + $t->{size} }

# Of a value with dots, where the branch goes to.
sub branch_target { my ($site, $bytes) = @_; return (hex($site->{at}) + $site->{len} + unpack 'l<', substr $bytes, 1, 4) & 0xffffffff }

# Those that stand there.
sub matching {
    my ($site, $bytes) = @_;
    my $hex = unpack 'H*', $bytes;
    return grep { my $value = $_->{bytes}; $hex =~ /^$value$/ } @{ $site->{values} };
}

sub wrong {
    my ($held, $text, %is) = @_;
    my $word = sub { unpack 'V', $held->pmemsave($_[0], 4) };
    my $version = $word->($elf->symbol('pv_present'));
    my (%inner, @wrong, %replaced);
    push @{ $inner{ $_->{within} } }, $_ for grep { $_->{within} } @sites;
    for my $site (@sites) {
        my $at = hex $site->{at};
        next if given_up($at) || ($site->{within} && $replaced{ $site->{within} });
        my $bytes = substr $text, $at - $start, $site->{len};
        my @may = matching($site, $bytes);
        if (!@may) {
            my $kept = $bytes;
            substr($kept, hex($_->{at}) - $at, $_->{len}) = $elf->bytes(hex $_->{at}, $_->{len}) for @{ $inner{ $site->{at} } // [] };
            @may = grep { !$_->{when}{feature} || $_->{when}{feature} eq 'none' } matching($site, $kept);
        }
        $replaced{ $site->{at} } = @may && !grep { $_->{when}{state} || ($_->{when}{feature} // '') eq 'none' } @may;
        my @is = grep {
            my $when = $_->{when};
            my $key  = $_->{bytes} =~ /\./ && $site->{key} ? hex $site->{key} : 0;    # of a call whose function only memory tells
            (!$when->{padding} || grep { $_ eq $is{nops} } @{ $when->{padding} })
                && ($site->{family} ne 'paravirt' || ($when->{backend} // $when->{state} // '') eq $is{backend})
                && ($site->{family} ne 'smp_locks' || $when->{cpus} eq $is{cpus})
                && (!$key || branch_target($site, $bytes) == $word->($key + 4 * $version));
        } @may;
        push @wrong, "$site->{at} $site->{family} $site->{what}: " . unpack('H*', $bytes) . (@may ? ', another state\'s' : '') if !@is;
        substr($text, $at - $start, $site->{len}) = $elf->bytes($at, $site->{len}) if !$site->{within};
    }
    # The rest is as in the file, but for what was given up.
    my $file = $elf->bytes($start, $end - $start);
    for my $dump (\$text, \$file) { my $t = $by_name{'.init.text'}; substr($$dump, hex($t->{start}) - $start, $t->{size}) = "\0" x $t->{size} }
    push @wrong, 'text outside of sites' if $text ne $file;
    return @wrong;
}

my %dump;
for my $case ([ 'native', '', 1, undef ], [ 'soft', 'pv=soft', 2, 'max' ], [ 'trace', 'pv=trace irq-statistics', 1, 'max,family=15' ],
    [ 'linked', 'noreplace-paravirt noreplace-smp', 1, '486' ], [ 'native', 'switch=soft,native', 2, undef ]) {
    my ($backend, $options, $cpus, $cpu) = @$case;
    my $what = "$backend, $cpus CPUs, $options";
    my $held = boot_and_hold(name => $what =~ s/\W+/-/gr, smp => $cpus, cpu => $cpu, cmdline => "$options selftest=irq", timeout => 100);
    ok($held->reached, "$what: the kernel comes to its end") or diag $held->describe;
    my $boot = $held->event('boot');
    my $text = $held->pmemsave($start, $end - $start);
    my %is = (backend => $backend, cpus => $cpus > 1 || $options =~ /noreplace-smp/ ? 'more' : 'one', nops => Pedant::Native::nops_for($boot->{vendor}, $boot->{family}));
    my @wrong = wrong($held, $text, %is);
    is(join("\n", @wrong[ 0 .. ($#wrong < 9 ? $#wrong : 9) ]), '', "$what: each site holds a value of that state, and nothing else differs");

    # Whole pages, as they are in the state that the dump is in.
    my ($base, $stop) = map { $elf->symbol($_) } qw(_image _image_end);
    my $dump = spew($what =~ s/\W+/-/gr, $held->pmemsave($base, $stop - $base));
    my (undef, $of_dump) = pvtool('manifest ' . $elf->path . " $dump");
    my @of_dump = map { @{ $_->{pages} } } @{ JSON::PP->new->decode($of_dump)->{memory} };
    is_deeply([ map { $_->{whole} } @of_dump ], [ hashes(substr slurp($dump), $from - $base) ], "$what: the hash of each whole page is foretold");
    $dump{$what} = $dump;

    # And what is wrong is seen: a byte of each tenth site, and one beside it.
    if ($cpus == 1 && $backend eq 'native') {
        my @missed;
        for my $i (map { 10 * $_ } 0 .. $#sites / 10) {
            my $site = $sites[$i];
            next if given_up(hex $site->{at}) || $site->{within};
            my $dump = $text;
            substr($dump, hex($site->{at}) - $start, 1) ^= "\x80";
            push @missed, $site->{at} if !grep {/^$site->{at} /} wrong($held, $dump, %is);
        }
        is_deeply(\@missed, [], 'a byte of a site that is none of its values is seen');
        my $dump = $text;
        substr($dump, $elf->symbol('kernel_main') > $elf->symbol('_etext') ? 5 : $elf->symbol('kernel_main') - $start, 1) ^= "\x01";
        is_deeply([ wrong($held, $dump, %is) ], ['text outside of sites'], 'and one of no site');
        isnt(scalar(wrong($held, $text, %is, $_->[0] => $_->[1])), 0, "$_->[0] is not $_->[1]") for [ cpus => 'more' ], [ backend => 'soft' ], [ nops => 'k8' ];
    }
    $held->quit;
}

# ---- a state that is told

{
    my ($dump) = @dump{ grep {/^native, 1 CPUs, $/} keys %dump };
    my $words  = substr slurp($dump), $elf->symbol('alternative_state') - $elf->symbol('_image'), 40;
    my %option = ('--state' => 'native', '--nops' => 'p6', '--locks' => 'up', '--init' => 'gone',
        '--features' => join ',', map { sprintf '%x', $_ } unpack 'V10', $words);
    my $all = join ' ', %option;
    (undef, my $told) = pvtool('manifest ' . $elf->path . " $all");
    $told = JSON::PP->new->decode($told);
    is_deeply([ @{ $told->{state} }{qw(ops padding locks init keys calls)} ], [qw(native p6 up gone first first)], 'it says which state');
    # Of keys and calls it knows what they were linked with.
    my %moved = map { hex($_->{at}) >> 12 => 1, (hex($_->{at}) + $_->{len} - 1) >> 12 => 1 } grep { $_->{family} =~ /^(?:jump_label|static_call)$/ } @sites;
    my @want  = hashes(substr slurp($dump), $from - $elf->symbol('_image'));
    my @whole = map { $_->{whole} } map { @{ $_->{pages} } } @{ $told->{memory} };
    my @still = grep { !$moved{ hex($pages[$_]{at}) >> 12 } } 0 .. $#pages;
    is_deeply([ @whole[@still] ], [ @want[@still] ], 'pages without keys and calls are as they are in memory then');
    cmp_ok(scalar(grep { my $page = $pages[$_]; $page->{fixed} ne $whole[$_] && !$page->{gone} } @still), '>', 3, 'of which some have sites');
    (undef, my $other) = pvtool('manifest ' . $elf->path . ' ' . join ' ', %option, '--state' => 'soft');
    my @other = map { $_->{whole} } map { @{ $_->{pages} } } @{ JSON::PP->new->decode($other)->{memory} };
    cmp_ok(scalar(grep { $other[$_] ne $whole[$_] } @still), '>', 3, 'and under another back end they differ');
    for my $name (sort keys %option) {
        my %less = %option;
        delete $less{$name};
        my ($code, $why) = pvtool('manifest ' . $elf->path . ' ' . join ' ', %less);
        ok($code == 2 && $why =~ /: $name is missing$/, "without $name it is not all told") or diag $why;
    }
}

# ---- where it goes to

{
    my $file = scratch('manifest.json');
    my $tool = $ENV{PVTOOL} || build_dir() . '/tools/pvtool';
    (undef, my $whole) = pvtool('manifest ' . $elf->path);
    is_deeply([ pvtool('manifest ' . $elf->path . " -o $file") ], [ 0, '' ], '-o says nothing on stdout');
    ok(slurp($file) eq $whole, 'and the file has all of it');
    spew('manifest.json', 'older');
    for my $case ([ 'is there', $file, 'older' ], [ 'is not there', scratch('new.json'), undef ]) {
        my ($how, $path, $left) = @$case;
        my $why = qx(bash -c 'ulimit -f 16; $tool manifest @{[ $elf->path ]} -o $path' 2>&1);
        is($? >> 8, 2, "a file that $how and cannot be written whole: status 2");
        like($why, qr/^pvtool: \Q$path\E: /, 'and why');
        is(-e $path ? slurp($path) : undef, $left, 'and it is as it was');
        is_deeply([ glob "$path.*" ], [], 'with nothing left beside it');
    }
    is((pvtool('manifest ' . $elf->path . " -o $file"))[0], 0, 'one that is there is replaced');
    ok(slurp($file) eq $whole, 'whole');
    for my $case ([ '/dev/full', qr/not a regular file/ ], [ scratch('nowhere/file'), qr/No such file/ ]) {
        my ($code, $why) = pvtool('manifest ' . $elf->path . " -o $case->[0]");
        ok($code == 2 && $why =~ $case->[1], "-o $case->[0] is refused") or diag $why;
    }
    is((pvtool('manifest ' . $elf->path . ' -o'))[0], 2, '-o of nothing is wrong usage');
}

# ---- files that are none

($status, $said) = pvtool('manifest ' . spew('nothing', 'nothing'));
is($status, 2, 'of no image there is none');
like($said, qr/^pvtool: .*nothing/m, 'and a line says so');
($status, $said) = pvtool('manifest ' . $elf->path . ' > /dev/full');
is($status, 2, 'a full disk is no success');
my ($site) = grep { $_->{family} eq 'paravirt' } @sites;
my ($record) = grep { $_->{instr} == hex $site->{at} } $elf->records;
my $copy = $elf->write_copy(scratch('refused.elf'), [ $record->{record} + 4 => pack 'C', 255 ]);
($status, $said) = pvtool("manifest $copy");
is($status, 1, 'of an image with a site that cannot be patched it says so');
my ($refused) = grep { $_->{refused} } @{ JSON::PP->new->decode($said)->{sites} };
is_deeply([ @{$refused}{qw(at)}, scalar @{ $refused->{values} } ], [ $site->{at}, 1 ], 'and that site has one value, as linked');

done_testing;
