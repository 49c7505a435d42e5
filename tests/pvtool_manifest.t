#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# pvtool manifest: whatever state a kernel is in, each site in its memory holds one of the values that the manifest
# lists, and one of those that it lists for that state; no byte of text outside of sites differs. The file alone says so:
# it is read by another program than the one that made it.
use strict;
use warnings;
use JSON::PP;
use Test::More;
use Pedant;
use Pedant::Native;
use Pedant::Pvtool;

my $elf = kernel_elf();
my ($status, $said) = pvtool('manifest ' . $elf->path);
is($status, 0, 'a manifest is made');
my $manifest = eval { JSON::PP->new->decode($said) } // BAIL_OUT("it is no JSON: $@");
is($manifest->{format}, 'pvtool manifest 1', 'it says what it is');
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
            my $key  = $_->{key} ? hex $_->{key} : 0;    # of a call whose function only memory tells
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
