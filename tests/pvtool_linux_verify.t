# SPDX-License-Identifier: MIT
#
# pvtool verify of little kernels with Linux 6.1's layout: the bytes that must be are written down here, one by one;
# with them a dump is good, and with any byte of text changed it is not.
use strict;
use warnings;
use Pedant::LinuxImage;
use Pedant::Pvtool;
use Test::More;

our $linux = linux_image('6.1', 'sections');
my $path   = $linux->{path};

sub to { my ($op, $from, $to, $image) = @_; return sprintf '%s%s', $op, unpack 'H*', pack 'V', ($linux->at($to) - $linux->at($from) - 5) & 0xffffffff }
sub word { return unpack 'H*', pack 'V', $_[0] }

# What 6.1 makes of the sites, with two CPUs; keys as in the file, two calls updated.
my $nop5  = '3e8d742600';
my %smp = (
    traced => $nop5, early => $nop5,
    pv1 => to('e8', 'pv1', 'native_one') . '90', pv2 => '8db600000000', pv3 => '0f0b8d742600',
    fence => '0faef08d742600', init_fence => '0faef08d742600', kept => '6689c08d7600',
    moved => to('e8', 'moved', 'native_two'),
    forward => sprintf('eb%02x8d760090', $linux->at('ahead') - $linux->at('forward') - 2),
    backward => to('e9', 'backward', '_text'),
    both => '89d290', without => '89c9',
    off_likely => $nop5,
    calling => to('e8', 'calling', 'native_one'), tail => to('e9', 'tail', 'native_one'),
    __SCK__gone => word(0), __SCT__gone => 'c3cccccccc',
    __SCK__late => word($linux->at('native_two')), __SCT__late => to('e9', '__SCT__late', 'native_two'),
);
my %up = (%smp, inner => '3eff0090', lock1 => '3e');

sub verify { my ($memory, $of) = @_; return pvtool('verify ' . ($of // $path) . ' ' . spew('dump', $memory)) }

sub good {
    my ($name, $like, %bytes) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, $said) = verify($linux->memory(%bytes));
    is($status, 0, $name) or diag($said);
    like($said, $like, "$name: so it says");
    return;
}

sub bad {
    my ($name, $like, %bytes) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, $said) = verify($linux->memory(%bytes));
    is($status, 1, $name);
    like($said, $like, "$name: so it says");
    return;
}

# a. what is good
good('two CPUs', qr/: Linux 6\.1-pedant, locks smp, init text there: 2 mcount \(2 nothing\), 3 paravirt \(1 nothing, 1 ud2, 1 call\), 9 alternatives \(7 replaced, 2 kept\), 5 smp_locks \(2 as linked, 2 lock, 1 covered\), 3 jump_label \(2 nothing, 1 jmp\), 8 static_call \(1 as linked, 1 nothing, 5 jmp, 1 call\), \d+ of \d+ bytes of text changed: all as they must be$/m, %smp);
good('one CPU', qr/locks up.*5 smp_locks \(2 as linked, 2 ds, 1 covered\)/, %up);
good('what is not looked at is said', qr/^pvtool: \S+: not looked at: data, and code that is not in the file \(modules, copies\)$/m, %smp);
my %on = (%smp, key1 => word(1), unlikely => to('e9', 'unlikely', 'out'), short => '89f6');
good('a key that is on', qr/3 jump_label \(2 nothing, 1 jmp\)/, %on);
good('a key that is being switched on, -1', qr/3 jump_label \(2 nothing, 1 jmp\)/, %on, key1 => word(0xffffffff));
good('a key that is off', qr/3 jump_label \(1 nothing, 2 jmp\)/, %smp, key2 => word(0), off_likely => to('e9', 'off_likely', 'out'));
good('calls of nothing', qr/8 static_call \(1 as linked, 4 nothing, 3 jmp\)/, %smp, __SCK__one => word(0), calling => $nop5, tail => 'c3cccccccc', __SCT__one => 'c3cccccccc');
good('nothing again, after an update', qr/8 static_call \(2 nothing/, %smp, __SCT__none => 'c3cccccccc');
good('a CPU without extended leaves', qr/9 alternatives \(7 replaced, 2 kept\)/, %smp, sprintf('0x%x', $linux->at('boot_cpu_data') + 20) => '02000000');
my %no_fence = map { $_ => '01000000' } map { sprintf '0x%x', $linux->at('boot_cpu_data') + 28 } 1;
good('a CPU without the features', qr/9 alternatives \(1 replaced, 8 kept\), 5 smp_locks \(2 as linked, 3 lock\)/, %smp, %no_fence,
    fence => 'f08304240089f6', init_fence => 'f08304240089f6', moved => to('e8', 'moved', 'native_one'),
    forward => '8db600000000', backward => $nop5, both => '8d7600');
my $init = $linux->{elf}->section('.init.text');
my $gone = sprintf '0x%x', $init->{addr};
my $rest = $linux->{elf}->section('.altinstr_replacement');
my $n_gone = $rest->{addr} + $rest->{size} - $init->{addr};
good('init text that was given up', qr/init text gone: 2 mcount \(1 nothing, 1 gone\)/, map({ ($_ => $smp{$_}) } grep { !/^(?:early|init_fence)$/ } keys %smp), $gone => 'cc' x $n_gone);
good('and that it is not looked at is said', qr/not looked at: .*, init text, which was given up$/m, map({ ($_ => $smp{$_}) } grep { !/^(?:early|init_fence)$/ } keys %smp), $gone => 'cc' x $n_gone);

# b. a stripped kernel, whose tables are found, and the keys of two calls
{
    my $stripped = linux_image('6.1', 'stripped');
    local $linux = $stripped;
    my %found = (%smp, map { ($_ => to(substr($smp{$_}, 0, 2), $_, 'native_one')) } qw(calling tail));
    $found{$_->[1]} = to($_->[0], $_->[1], $_->[2]) . ($_->[3] // '')
        for ['e8', 'pv1', 'native_one', '90'], ['e8', 'moved', 'native_two'], ['e9', 'backward', '_text'], ['e9', '__SCT__late', 'native_two'];
    $found{__SCK__late} = word($stripped->at('native_two'));
    my ($status, $said) = verify($stripped->memory(%found), $stripped->{path});
    is($status, 0, 'a stripped kernel, with kallsyms') or diag($said);
    like($said, qr/2 mcount \(2 nothing\).*8 static_call \(2 as linked, 1 nothing, 4 jmp, 1 call\)/, 'with all of its sites');
    ($status, $said) = verify($stripped->memory(%found, __SCT__late => to('e9', '__SCT__late', 'native_one')), $stripped->{path});
    is($status, 0, 'where a call is what the key near its own says');
    unlike($said, qr/ __SCT__late/, 'where one of two keys says so, it may be');
    ($status, $said) = verify($stripped->memory(%found, map({ ($_ => word($stripped->at('native_two'))) } qw(__SCK__late __SCK__other)), __SCT__late => to('e9', '__SCT__late', 'native_one')), $stripped->{path});
    like($said, qr/^0x[0-9a-f]{8} __SCT__late\+0x0: static_call trampoline, 2 keys: expected e9 [0-9a-f ]+ \(jmp\), found e9 [0-9a-f ]+ \(as linked\)$/m, 'where neither does, it is a violation');
    ($status, $said) = verify($stripped->memory(%found, __SCK__none => word($stripped->at('native_two')), __SCT__none => to('e9', '__SCT__none', 'native_two')), $stripped->{path});
    is($status, 0, 'a key of .bss, which code hands on together with the trampoline') or diag($said);
    ($status, $said) = verify($stripped->memory(%found, __SCK__none => word($stripped->at('native_two'))), $stripped->{path});
    like($said, qr/ __SCT__none\+0x0: static_call trampoline, 1 key: expected e9 [0-9a-f ]+ \(jmp\), found c3 cc 90 90 90 \(as linked\)$/m, 'its call has to be there');
    ($status, $said) = verify($stripped->memory(%found, __SCK__late => word(0xf8000000)), $stripped->{path});
    like($said, qr/^0x[0-9a-f]{8} __SCT__late\+0x0: static_call trampoline, 2 keys: expected e9 [0-9a-f ]+ \(jmp\), found/m, 'a word that holds no function is not the key');
    unlike($said, qr/ __SCT__other/, 'and the other one is');
    ($status, $said) = verify($stripped->memory(%found, map { ($_ => word(0xf8000000)) } qw(__SCK__late __SCK__other)), $stripped->{path});
    like($said, qr/ __SCT__other\+0x0: static_call record 6: its key in the dump holds no address of text$/m, 'with no other it is');
}

# c. what is wrong
bad('a call that is still traced', qr/^0xc1000000 start_kernel\+0x0: mcount entry: expected 3e 8d 74 26 00 \(nothing\), found e8 [0-9a-f ]+ \(as linked\)$/m, %smp, traced => to('e8', 'traced', '__fentry__'));
bad('an alternative as linked', qr/ fence\+0x0: alternatives xmm2: expected 0f ae f0 8d 74 26 00 \(replaced\), found f0 83 04 24 00 90 90 \(as linked\)$/m, %smp, fence => 'f0830424009090');
bad('padding of another table', qr/ fence\+0x0: alternatives xmm2: expected .*, found 0f ae f0 0f 1f 40 00$/m, %smp, fence => '0faef00f1f4000');
bad('one lock of another mind', qr/ lock1\+0x0: smp_locks lock: expected f0 \(lock\), found 3e$/m, %smp, lock1 => '3e');
bad('a branch against its key', qr/ unlikely\+0x0: jump_label unlikely key1\+0x0: expected 3e 8d 74 26 00 \(nothing\), found e9 /m, %smp, unlikely => to('e9', 'unlikely', 'out'));
bad('a key against its branches', qr/: 2 violations$/m, %smp, key1 => word(1));
bad('a slot of pv_ops that is no text', qr/ pv1\+0x0: paravirt record 0: its slot in the dump holds no address of text$/m, %smp, sprintf('0x%x', $linux->at('pv_ops') + 8) => word(0xf8000000));
bad('a slot of another function', qr/ pv1\+0x0: paravirt type 2: expected e8 /m, %smp, sprintf('0x%x', $linux->at('pv_ops') + 8) => word($linux->at('native_two')));
bad('a key of a call that is no text', qr/ __SCT__late\+0x0: static_call record 5: its key in the dump holds no address of text$/m, %smp, __SCK__late => word(0xf8000000));
bad('a byte of no site', qr/^0x[0-9a-f]{8} ahead\+0x0: no site: expected c3, found c2 \(1 byte\)$/m, %smp, ahead => 'c2');

# d. every byte of text, one after the other: the line's place and bytes hold it
{
    my $memory = $linux->memory(%smp);
    my ($n, @missed) = 0;
    for my $section (map { $linux->{elf}->section($_) } '.text', '.init.text', '.altinstr_replacement') {
        for my $at ($section->{addr} .. $section->{addr} + $section->{size} - 1) {
            my $planted = $memory;
            substr($planted, $at - 0xc1000000, 1) ^= chr(1 << $at % 8);
            my ($status, $said) = verify($planted);
            my $told = grep { /^0x([0-9a-f]{8}) .*, found ([0-9a-f ]+?) *(?:\(|$)/ && hex($1) <= $at && $at < hex($1) + (split ' ', $2) } split /\n/, $said;
            push @missed, sprintf '0x%x', $at if $status != 1 || !$told;
            $n++;
        }
    }
    cmp_ok($n, '>', 190, "each of $n bytes of text was changed");
    is("@missed", '', 'and each is a violation there');
}

# e. what cannot be judged is said
sub refused {
    my ($name, $like, $memory, $of, $options) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, $said) = pvtool('verify ' . ($options // '') . ' ' . ($of // $path) . ' ' . spew('dump', $memory));
    is($status, 2, $name);
    like($said, $like, "$name: so it says");
    return;
}
my $memory = $linux->memory(%smp);
refused('a CPU that was not looked at yet', qr/boot_cpu_data has no vendor, levels and features/, $linux->memory(%smp, boot_cpu_data => '00' x 512));
refused('a dump that ends in text', qr/do not hold \.init\.text/, substr $memory, 0, $linux->at('early') - 0xc1000000);
refused('an option of our own kernels', qr/: Linux, and --features is for kernels with pv\/$/m, $memory, undef, '--features 0,0,0,0,0,0,0,0,0,0');
for my $version (grep { !/^6\.[12]$/ } sort keys %layouts) {
    my $other = linux_image($version, 'sections');
    refused("Linux $version", qr/: alternatives, 1\d bytes a record, .*: sites and check read these, verify knows what Linux 6\.1 has$/m, $other->memory, $other->{path})
        if $version ne '3.2';
    refused("Linux $version", qr/: jump_label, 12 bytes a record, absolute: sites and check read these/, $other->memory, $other->{path})
        if $version eq '3.2';
}
{
    local $linux = linux_image('6.2', 'sections');
    my ($status, $said) = verify($linux->memory(%smp), $linux->{path});
    is($status, 0, 'another version with the same forms') or diag($said);
    like($said, qr/^pvtool: \S+: Linux 6\.2-pedant, judged by what 6\.1 does$/m, 'it is said whose rules these are');
}
like((verify($linux->memory(%smp, '0xc1000000' => '00' x 120)))[1], qr/ a dump of another kernel, or of one that was moved \(nokaslr keeps it where it is\)/, 'a dump of something else');
done_testing;
