#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# pvtool verify by a manifest alone. Of kernels in several states it says what it says by the ELF file, and a byte that was
# changed, by lot, is found by both, wherever it is. (So do all dumps of pvtool_verify.t and pvtool_dump.t.) Then manifests that
# are damaged, cut anywhere and member by member: a line and status 2, or what is wrong with the dump is still found.
use strict;
use warnings;
use Test::More;
use JSON::PP;
use Pedant;
use Pedant::CleanImage;
use Pedant::Manifest;
use Pedant::Pvtool;
use Pedant::Share;

# ---- kernels

my $elf      = kernel_elf();
my $path     = manifest_of($elf->path);
my $manifest = JSON::PP->new->decode(slurp($path));
my ($base, $end) = map { $elf->symbol($_) } qw(_image _image_end);
my @sites = grep { !$_->{within} } @{ $manifest->{sites} };
my %in_site;
for my $site (@sites) { $in_site{ hex($site->{at}) + $_ } = 1 for 0 .. $site->{len} - 1 }
my ($init, $init_size) = (hex $manifest->{given_up}{start}, $manifest->{given_up}{size});

sub draw { my ($n, @from) = @_; return map { $from[ rand @from ] } 1 .. $n }
sub in_init { my ($at) = @_; return $at >= $init && $at < $init + $init_size }

# Places of each kind, by lot: no two of them near each other.
sub places {
    my @places;
    for my $family (qw(paravirt alternatives smp_locks jump_label static_call)) {
        my @of = grep { $_->{family} eq $family && !in_init(hex $_->{at}) } @sites;
        push @places, map { hex($_->{at}) + int rand $_->{len} } draw(12, @of);
    }
    for my $section (@{ $manifest->{text} }, grep { hex($_->{start}) < $elf->symbol('_rodata_end') } @{ $manifest->{data} }) {
        my ($at, $size) = (hex $section->{start}, $section->{size});
        push @places, grep { !$in_site{$_} } map { $at + int rand $size } 1 .. 4;
        push @places, $at + $size if !$in_site{ $at + $size } && ($at + $size) % 4096;    # between sections
    }
    push @places, map { $init + int rand $init_size } 1 .. 12;
    my %near;
    return sort { $a <=> $b } grep { !$near{ $_ >> 4 }++ && !$near{ ($_ >> 4) + 1 } } @places;
}

srand 11;
my ($flips, @missed) = (0);
for my $case ([ 'native', '', 1, undef ], [ 'soft', 'pv=soft', 2, 'max' ], [ 'trace', 'pv=trace irq-statistics', 1, 'max,family=15' ],
    [ 'linked', 'noreplace-paravirt noreplace-smp', 1, '486' ], [ 'switched', 'switch=soft,native', 2, undef ], [ 'direct', 'noinline-paravirt', 1, undef ]) {
    my ($name, $options, $cpus, $cpu) = @$case;
    my $held = boot_and_hold(name => "by-manifest-$name", smp => $cpus, cpu => $cpu, cmdline => "$options selftest=irq", timeout => 100);
    ok($held->reached, "$name: the kernel comes to its end") or diag $held->describe;
    my $memory = $held->pmemsave($base, $end - $base);
    $held->quit;
    my ($status, $said) = verify_by_both($elf->path, spew('memory', $memory));
    ok($status == 0 && $said =~ /: all as they must be$/, "$name: all of it is as it must be") or diag $said;
    verify_by_both($elf->path, scratch('memory'), $_) for grep { $name =~ /^(?:native|switched)$/ } '--state soft', '--nops k8', '--locks smp', '--init there', '--features ' . join ',', (0) x 10;
    # One by one, some, and then many in a dump, each of which has to be named.
    my @places = places();
    for my $set ([ $places[0] ], [ $places[-1] ], map { my $i = $_; [ @places[ grep { $_ % 4 == $i } 0 .. $#places ] ] } 0 .. 3) {
        my $bytes = $memory;
        substr($bytes, $_ - $base, 1) ^= chr(1 + rand 255) for @$set;
        my (undef, undef, $code, $by) = verify_by_both($elf->path, spew('memory', $bytes));
        my %named = map { $_ => 1 } map { hex $_ } $by =~ /^0x(\w{8}) /mg;
        for my $at (@$set) {
            my ($site) = grep { $at - hex $_->{at} < $_->{len} && $at >= hex $_->{at} } @sites;
            $flips++;
            push @missed, sprintf '%s 0x%08x', $name, $at
                if $code != 1 || !grep { $named{$_} } $at & ~0xfff, $site ? map { hex($site->{at}) + $_ } 0 .. $site->{len} - 1 : ();
        }
    }
    # A slot of pv_ops that is another function's, or another back end's, one that is empty, one that does nothing.
    next if $name !~ /^(?:native|soft|direct)$/;
    for my $type (grep { $manifest->{pv_ops}{ops}[$_] =~ /^(?:irq\.irq_disable|cpu\.read_cr2)$/ } 0 .. $#{ $manifest->{pv_ops}{ops} }) {
        my @others = map { hex $_->{functions}[$type] } @{ $manifest->{pv_ops}{backends} };
        for my $word ($elf->symbol('kernel_main'), 0, $elf->symbol('paravirt_nop'), 0xffffffff, @others) {
            my $bytes = $memory;
            substr($bytes, $elf->symbol('pv_ops') - $base + 4 * $type, 4) = pack 'V', $word;
            verify_by_both($elf->path, spew('memory', $bytes));
        }
    }
}
cmp_ok($flips, '>', 400, "$flips bytes were changed");
is_deeply(\@missed, [], 'each was found by the manifest alone');
both_agree('kernels');

# ---- a manifest from a pipe, and one that is none

my $linked = spew('linked', $elf->bytes($base, $elf->symbol('_etext_all') - $base));
{
    my $tool = $ENV{PVTOOL} || build_dir() . '/tools/pvtool';
    like(qx(cat $path | $tool verify /dev/stdin $linked 2>&1), qr/^pvtool: \Q$linked\E: .* do not hold /, 'it may come from a pipe');
}
for my $case ([ 'nothing', '', qr/./ ], [ 'a word', '{', qr/line 1, column 1: / ], [ 'another object', '{}', qr/there is no "format"/ ],
    [ 'a list', '[]', qr/./ ], [ 'an older one', '{"format": "pvtool manifest 2"}', qr/format "pvtool manifest 2", and this reads "pvtool manifest 3"/ ],
    [ 'a member twice', '{"format": 1, "format": 2}', qr/duplicate/ ], [ 'depth', '{"a": ' . '[' x 100000, qr/depth|nesting/ ],
    [ 'more than there can be', '{' . ' ' x (64 << 20) . '}', qr/more than \d+/ ], [ 'a byte that is no UTF-8', qq({"format": "\xff"}), qr/unable to decode byte 0xff/ ]) {
    my ($what, $text, $why) = @$case;
    my ($status, $said) = pvtool('verify ' . spew('manifest', $text) . " $linked");
    ok($status == 2 && $said =~ /^pvtool: / && $said =~ $why, "$what is no manifest") or diag "status $status: $said";
}

# ---- damage, on a little image

my $words = 'dd kmain, native_cli, table_fatal, kmain, kmain';
my $image = image(data => "global pv_ops:data (pv_ops_end - pv_ops)\npv_ops: $words\npv_ops_end:\nelsewhere: dd kmain\n"
        . "global alternative_state:data 40\nalternative_state: times 10 dd 0\npv_native_ops: $words\n"
        . "pv_missing: times 5 dd panic\nglobal pv_present:data 4\npv_present: dd 0\n");
my $little = Pedant::Elf->new($image);
my @loaded = grep { $_->{flags} & 2 } $little->sections;
my ($last) = sort { $b <=> $a } map { $_->{addr} + $_->{size} } @loaded;
my $memory = "\0" x ($last - 0x100000);
substr($memory, $_->{addr} - 0x100000, $_->{size}) = $little->bytes($_->{addr}, $_->{size}) for @loaded;
my $good = spew('good', $memory);
is((verify_by_both($image, $good))[0], 0, 'a little image as linked is as it must be') or BAIL_OUT((pvtool("verify $image $good"))[1]);
substr($memory, $little->symbol('site1') - 0x100000, 1) ^= "\x01";
substr($memory, $little->symbol('kmain') - 0x100000, 1) ^= "\x01";
my $bad = spew('bad', $memory);
is((verify_by_both($image, $bad))[0], 1, 'and with two bytes changed it is not');
both_agree('a little image');

my $text = slurp(manifest_of($image));
my $json = JSON::PP->new->canonical->allow_nonref;
sub of_text { return JSON::PP->new->decode($text) }

# What has to be refused, and why. Each is done to a manifest that is whole; @_ is that.
my ($site1, $alt1, $lock) = map {
    my $at = sprintf '0x%08x', $little->symbol($_);
    my ($i) = grep { of_text()->{sites}[$_]{at} eq $at } 0 .. $#{ of_text()->{sites} };
    $i
} qw(site1 alt1 lock1);
my @refused = (
    [ 'no hashes of a page', sub { pop @{ $_[0]{memory}[-1]{pages} } }, qr/^pvtool: \S+: memory \d+: the page at 0x\w+ is not there$/ ],
    [ 'no page at all',      sub { $_[0]{memory} = [] }, qr/text: no hashes of \.boot, 0x\w+ bytes at 0x00100000$/ ],
    [ 'memory that is neither read-only nor text', sub { shift @{ $_[0]{text} } }, qr/memory 0: 0x00100000: neither read-only nor text$/ ],
    [ 'a page twice', sub { my $p = $_[0]{memory}[0]{pages}; push @$p, $p->[-1] }, qr/more pages than the memory at 0x\w+ has$/ ],
    [ 'a page elsewhere', sub { $_[0]{memory}[0]{pages}[0]{at} = '0x00200000' }, qr/the page of \d+ bytes at 0x00100000 is not there$/ ],
    [ 'half a hash', sub { substr($_[0]{memory}[0]{pages}[0]{fixed}, 60) = '' }, qr/"fixed" is no SHA-256$/ ],
    [ 'no hash for later', sub { delete $_->{gone} for map { @{ $_->{pages} } } @{ $_[0]{memory} } }, qr/has not the hashes that it should$/ ],
    [ 'memory of more than 4 GB', sub { $_[0]{memory}[0]{start} = '0xfffffff0' }, qr/memory 0: 0x\w+ bytes at 0xfffffff0$/ ],
    [ 'memory of no bytes', sub { $_[0]{memory}[0]{size} = 0 }, qr/memory 0: 0 bytes at/ ],
    [ 'text of a gigabyte', sub { $_[0]{text}[0]{size} = 1 << 30 }, qr/bytes of text, more than \d+$/ ],
    [ 'a size that is negative', sub { $_[0]{text}[0]{size} = -1 }, qr/"size" is -1, and at most 4294967295$/ ],
    [ 'a size that is a word', sub { $_[0]{text}[0]{size} = 'many' }, qr/text 0: "size" is no number$/ ],
    [ 'an address that is a number', sub { $_[0]{pv_ops}{at} = 17 }, qr/"at" is no address$/ ],
    [ 'an address of more digits', sub { $_[0]{pv_ops}{at} = '0x000100000' }, qr/"at" is no address as "0x00101234" is: "0x000100000"$/ ],
    [ 'too few functions', sub { pop @{ $_[0]{pv_ops}{backends}[0]{functions} } }, qr/back end native: "functions" has 4 words, and there are 5 ops$/ ],
    [ 'a back end twice', sub { my $b = $_[0]{pv_ops}{backends}; push @$b, $b->[0] }, qr/back end native: is there twice$/ ],
    [ 'seventeen back ends', sub { my $b = $_[0]{pv_ops}{backends}; push @$b, map { { %{ $b->[0] }, name => "b$_" } } 1 .. 16 }, qr/17 back ends, more than 16$/ ],
    [ 'no ops', sub { $_[0]{pv_ops}{ops} = [] }, qr/0 ops, and at least 1 and at most 256$/ ],
    [ 'a feature beyond the words', sub { $_[0]{features}{xmm2} = 320 }, qr/"xmm2" is 320, and at most 319$/ ],
    [ 'a feature that is not told', sub { delete $_[0]{features}{xmm2} }, qr/site $alt1: "when": no such feature$/ ],
    [ 'sites in another order', sub { @{ $_[0]{sites} } = reverse @{ $_[0]{sites} } }, qr/site \d+: 0x\w+: (?:not in the order of addresses|"within" is not what it lies in)$/ ],
    [ 'a site twice', sub { splice @{ $_[0]{sites} }, $site1, 0, $_[0]{sites}[$site1] }, qr/site @{[ $site1 + 1 ]}: 0x\w+: overlaps another one$/ ],
    [ 'a site of no text', sub { $_[0]{sites}[$site1]{at} = $_[0]{pv_ops}{at} }, qr/site $site1: 0x\w+: not in text$/ ],
    [ 'a site at the end of all', sub { $_[0]{sites}[$site1]{at} = '0xfffffffe' }, qr/site $site1: 0x\w+: not in text$/ ],
    [ 'a site of no bytes', sub { $_[0]{sites}[$site1]{len} = 0 }, qr/site $site1: 0x\w+: not in text$/ ],
    [ 'a site of 256', sub { $_[0]{sites}[$site1]{len} = 256 }, qr/site $site1: "len" is 256, and at most 255$/ ],
    [ 'a lock in no alternative', sub { $_[0]{sites}[$lock]{within} = $_[0]{sites}[$alt1]{at} }, qr/site $lock: 0x\w+: "within" is not what it lies in$/ ],
    [ 'a family that is none', sub { $_[0]{sites}[$site1]{family} = 'magic' }, qr/site $site1: no family "magic"$/ ],
    [ 'a slot that is none', sub { $_[0]{sites}[$site1]{slot} = '0x00100000' }, qr/site $site1: "slot" is none of pv_ops$/ ],
    [ 'a name that is no place', sub { $_[0]{sites}[$site1]{in} = 'kmain' }, qr/site $site1: 0x\w+ is in "kmain", which is no name\+0x12$/ ],
    map({ my $in = $_; [ "a place $in", sub { $_[0]{sites}[$site1]{in} = $in }, qr/site $site1: 0x\w+ is in "\Q$in\E", which is no name\+0x12$/ ] }
        'kmain+1', 'kmain+0x', 'kmain+0x1z', 'kmain+0x1 ', '+0x100000000', 'kmain+0xffffffff', sprintf('kmain+0x%x', $little->symbol('site1') + 1)),
    [ 'a symbol that is no address', sub { $_[0]{symbols}{pv_present} = 'near' }, qr/symbol pv_present: "pv_present" is no address as/ ],
    [ 'a name of a back end that is too long', sub { $_[0]{pv_ops}{backends}[0]{name} = 'b' x 32 }, qr/back end b+: a name of 1 to 31 bytes is wanted$/ ],
    [ 'none', sub { $_[0]{pv_ops}{backends}[0]{name} = '' }, qr/back end : a name of 1 to 31 bytes is wanted$/ ],
    [ 'too few that are missing', sub { pop @{ $_[0]{pv_ops}{missing} } }, qr/pv_ops: "missing" has 4 words, and there are 5 ops$/ ],
    [ '257 ops', sub { $_[0]{pv_ops}{ops} = [ map {"op.$_"} 1 .. 257 ] }, qr/257 ops, and at least 1 and at most 256$/ ],
    [ 'an op without a name', sub { $_[0]{pv_ops}{ops}[2] = 2 }, qr/pv_ops: "ops" is no string$/ ],
    [ 'a size beyond 32 bits', sub { $_[0]{text}[0]{size} = 1 << 32 }, qr/text 0: "size" is 4294967296, and at most 4294967295$/ ],
    [ 'a range beyond 32 bits', sub { @{ $_[0]{data}[0] }{qw(start size)} = ('0xffffff00', 0x101) }, qr/data 0: 0x101 bytes at 0xffffff00$/ ],
    [ 'read-only or not', sub { $_[0]{memory}[0]{read_only} = 1 }, qr/memory 0: "read_only" is neither true nor false$/ ],
    [ 'a page of another size', sub { $_[0]{memory}[0]{pages}[0]{size}-- }, qr/memory 0: the page of \d+ bytes at 0x00100000 is not there$/ ],
    [ 'a hash in capitals', sub { $_ = uc for $_[0]{memory}[0]{pages}[0]{fixed} }, qr/memory 0: "fixed" is no SHA-256$/ ],
    [ 'a key that is no address', sub { $_->{key} = 'x' for grep { $_->{family} eq 'jump_label' } @{ $_[0]{sites} } }, qr/site \d+: "key" is no address as/ ],
    [ 'a value of more padding than bytes', sub { $_[0]{sites}[$site1]{values}[2]{pad} = 7 }, qr/site $site1: "pad" is 7, and at most 6$/ ],
    [ 'dots at its begin', sub { $_[0]{sites}[$site1]{values}[-1]{bytes} = '........ff15' }, qr/"bytes" are not 6, in hexadecimal$/ ],
    [ 'one word more', sub { $_[0]{sites}[$site1]{values}[0]{bytes} .= '00' }, qr/"bytes" are not 6, in hexadecimal$/ ],
    [ 'capitals', sub { $_ = uc for $_[0]{sites}[$site1]{values}[0]{bytes} }, qr/"bytes" are not 6, in hexadecimal$/ ],
    [ 'no values', sub { $_[0]{sites}[$site1]{values} = [] }, qr/site $site1: 0 values, and at least 1 and at most 256$/ ],
    [ 'many values', sub { my $v = $_[0]{sites}[$site1]{values}; push @$v, ($v->[0]) x 256 }, qr/values, and at least 1 and at most 256$/ ],
    [ 'a value too short', sub { $_[0]{sites}[$site1]{values}[0]{bytes} = 'ff15' }, qr/"bytes" are not 6, in hexadecimal$/ ],
    [ 'one that is no digits', sub { $_[0]{sites}[$site1]{values}[0]{bytes} = 'xyxyxyxyxyxy' }, qr/"bytes" are not 6, in hexadecimal$/ ],
    [ 'dots where all is known', sub { $_[0]{sites}[$site1]{values}[0]{bytes} = 'ff........00' }, qr/dots where bytes are known, or the reverse$/ ],
    [ 'three dots', sub { $_[0]{sites}[$site1]{values}[-1]{bytes} = 'ff15......00' }, qr/"bytes" are not 6, in hexadecimal$/ ],
    [ 'half a dot', sub { $_[0]{sites}[$site1]{values}[-1]{bytes} =~ s/\.(?=\.{7}$)/0/ or die }, qr/"bytes" are not 6, in hexadecimal$/ ],
    [ 'dots with a gap', sub { $_[0]{sites}[$site1]{values}[-1]{bytes} = 'ff....00....' }, qr/"bytes" are not 6, in hexadecimal$/ ],
    [ 'a kind that is none', sub { $_[0]{sites}[$site1]{values}[0]{is} = 'magic' }, qr/"is": no such kind$/ ],
    [ 'two conditions', sub { $_[0]{sites}[$site1]{values}[0]{when}{key} = 'on' }, qr/"when" is of no one kind$/ ],
    [ 'a condition that is none', sub { $_[0]{sites}[$site1]{values}[0]{when} = { moon => 'full' } }, qr/"when" is of no one kind$/ ],
    [ 'a back end that is none', sub { $_[0]{sites}[$site1]{values}[1]{when}{backend} = 'magic' }, qr/"when": no such backend$/ ],
    [ 'padding of another kind', sub { $_[0]{sites}[$site1]{values}[1]{when}{padding} = ['k9'] }, qr/padding of a table that is none$/ ],
    [ 'padding of no table', sub { my $v = $_[0]{sites}[$site1]{values}[2]; $v->{when}{padding} = []; delete $v->{pad} }, qr/padding of no table$/ ],
    [ 'padding without its length', sub { delete $_[0]{sites}[$site1]{values}[2]{pad} }, qr/"pad" without "padding", or the reverse$/ ],
    map({ my $i = $_; [ "no value $i", sub { splice @{ $_[0]{sites}[$site1]{values} }, $i, 1 }, qr/site $site1: 0x\w+: not all values that a paravirt site has$/ ] } 0 .. 3),
);
for my $case (@refused) {
    my ($what, $break, $why) = @$case;
    my $broken = of_text();
    $break->($broken);
    my ($status, $said) = pvtool('verify ' . spew('manifest', $json->encode($broken)) . " $good");
    ok($status == 2 && $said =~ /\Apvtool: [^\n]*manifest: [^\n]+\n\z/ && $said =~ /${why}/m, "$what: refused") or diag "status $status: $said, wanted $why";
}

# One more back end, with a value at each site.
sub backend_more {
    my ($broken, $name) = @_;
    push @{ $broken->{pv_ops}{backends} }, { %{ $broken->{pv_ops}{backends}[0] }, name => $name };
    for my $values (map { $_->{values} } @{ $broken->{sites} }) {
        push @$values, map { { %$_, when => { %{ $_->{when} }, backend => $name } } } grep { ($_->{when}{backend} // '') eq 'native' } @$values;
    }
    return;
}

# What just may be.
for my $case ([ 'sixteen back ends', sub { backend_more($_[0], "b$_") for 2 .. 16 } ], [ 'a name of 31 bytes', sub { backend_more($_[0], 'b' x 31) } ],
    [ 'the last feature', sub { $_[0]{features}{xmm2} = 319 } ], [ 'data up to 32 bits', sub { push @{ $_[0]{data} }, { start => '0xffffff00', size => 0x100, name => 'x' } } ],
    [ 'a place at 0', sub { $_[0]{sites}[$site1]{in} = sprintf 'x+0x%x', $little->symbol('site1') } ])
{
    my ($what, $change) = @$case;
    my $other = of_text();
    $change->($other);
    my ($status, $said) = pvtool('verify ' . spew('manifest', $json->encode($other)) . " $good");
    ok($status != 2 && $said !~ /^pvtool: \S+manifest: /m, "$what: may be") or diag "status $status: $said";
}

# Cut short, anywhere; a byte changed, anywhere.
sub damaged { my ($what, $n, $make) = @_; srand 12; survives($what, share($n), $make, "verify %s $bad", "verify %s $good"); return }
damaged('manifests cut short', 2000, sub { substr $text, 0, int rand length $text });
damaged('bits in manifests', 3000, sub { flip($text, 0, length $text, 1 + int rand 3) });
damaged('digits in manifests', 3000, sub {
    my $copy = $text;
    my @digits;
    push @digits, $-[0] while $copy =~ /(?<=[0-9a-f])[0-9a-f]/g;
    substr($copy, $digits[ rand @digits ], 1) = (0 .. 9, 'a' .. 'f')[ rand 16 ] for 1 .. 2;
    return $copy;
});

# Member by member: gone, of another type, too large, twice, exchanged. A dump that is not as it must be is never found good.
sub members {
    my ($thing, @way) = @_;
    my @inner = ref $thing eq 'HASH' ? sort keys %$thing : ref $thing eq 'ARRAY' ? 0 .. $#$thing : ();
    return ((@way ? [@way] : ()), map { members(ref $thing eq 'HASH' ? $thing->{$_} : $thing->[$_], @way, $_) } @inner);
}
my @values = (undef, JSON::PP::true, 0, -1, 1, 255, 4294967295, 4294967296, 1e300, 9007199254740993, '', 'x', '0x00000000', '0x00100000', '0xffffffff', [], {}, [ {} ], [ [] ], { a => 1 });

sub change {
    my ($of, $key) = @_;
    my $how = int rand 4;
    my $to  = $values[ rand @values ];
    if (ref $of eq 'HASH') {
        return delete $of->{$key} if !$how;
        return $of->{$key} = $of->{ (sort keys %$of)[ rand keys %$of ] } if $how == 1;
        return $of->{$key} = $to;
    }
    return splice @$of, $key, 1 if !$how;
    return splice @$of, $key, 0, $of->[$key] if $how == 1;
    return @{$of}[ $key, 0 ] = @{$of}[ 0, $key ] if $how == 2;
    return $of->[$key] = $to;
}

srand 13;
my @members = members(of_text());
my (%seen, @crashed, @taken);
for my $i (1 .. share(4000)) {
    my $broken = of_text();
    my ($way) = draw(1, @members);
    my $of = $broken;
    $of = ref $of eq 'HASH' ? $of->{$_} : $of->[$_] for @$way[ 0 .. $#$way - 1 ];
    change($of, $way->[-1]);
    my ($status, $said) = pvtool('verify ' . spew('manifest', $json->encode($broken)) . " $bad");
    $seen{$status}++;
    push @crashed, "@$way: status $status: $said" if $status > 2 || !length $said;
    push @taken,   "@$way: $said" if $status == 0;
}
is_deeply(\@crashed, [], 'members that are other ones: ' . join ', ', map {"$seen{$_} with status $_"} sort keys %seen);
is_deeply(\@taken, [], 'and a bad dump is never taken for a good one');
cmp_ok($seen{2} // 0, '>', ($seen{1} // 0), 'most of them are refused');

done_testing;
