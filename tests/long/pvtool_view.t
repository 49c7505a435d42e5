#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What pvtool view shows is right, by other means: its sites are the manifest's, its lines of source are the file's
# and addr2line's, its live bytes are the dump's, and the page, which asks nobody for anything, has just that. What
# is no dump of this kernel is one line.

use strict;
use warnings;
use lib 'tests/lib';
use JSON::PP qw(decode_json);
use Pedant;
use Pedant::Browser;
use Pedant::Pvtool;
use Test::More;

my $build = build_dir();
my $elf   = kernel_elf();
my $path  = $elf->path;

sub view {
    my ($files, $out) = @_;
    return pvtool("view $files -o " . scratch($out));
}

my ($status, $said) = view($path, 'view.json');
is($status, 0, 'the kernel can be shown') or diag $said;
my $data  = slurp(scratch('view.json'));
my $view  = decode_json($data);
my @sites = @{ $view->{manifest}{sites} };
like($said, qr/^pvtool: \S+: @{[ scalar @sites ]} sites(, \d+ functions without source)?\n\z/, 'which is one line, with the number of sites');
my ($manifest) = (pvtool("manifest $path"))[1] =~ /^( "text": .*)\}\n\z/ms;
cmp_ok(index($data, $manifest // 'none'), '>', 0, 'it has the manifest');
is_deeply([ map { scalar @$_ } @{ $view->{texts} } ], [ map { scalar @{ $_->{values} } } @sites ], 'and a text for each value');

my @functions = @{ $view->{functions} };

# {address of a site}
my %function_of;
{
    my @before = @functions;
    for my $at (map { hex $_->{at} } @sites) {
        shift @before while @before && hex($before[0]{at}) + $before[0]{size} <= $at;
        $function_of{$at} = $before[0] if @before && hex $before[0]{at} <= $at;
    }
}

subtest 'functions' => sub {
    cmp_ok(scalar @functions, '>', 400, scalar(@functions) . ' have sites');
    my (@gaps, @other);
    for my $one (@functions) {
        my $at = 0;
        for my $insn (@{ $one->{code} }) {
            push @gaps, "$one->{name}+$at" if $insn->[0] != $at;
            $at += $insn->[1];
        }
        push @gaps, "$one->{name}: $at" if $at != $one->{size};
        my @lines = @{ $one->{source} } or next;
        my @file = split /\n/, slurp($one->{file}), -1;
        push @other, $one->{name} if join("\n", @lines) ne join("\n", @file[ $one->{first} - 1 .. $one->{first} + @lines - 2 ]);
    }
    is_deeply(\@gaps, [], 'their instructions are all of them, one behind the other');
    is_deeply(\@other, [], "their lines are their files'");
    is_deeply([ grep { !$function_of{ hex $_->{at} } } @sites ], [], 'each site is in one');
    my @without = map { $_->{name} } grep { !@{ $_->{source} } && $_->{name} !~ /^__SCT__/ } @functions;
    cmp_ok(scalar @without, '<', 5, "all have source but what a macro makes: @without");
};

# addr2line's outermost place, of an inlined function's callers, is where the function itself says it. It does not
# always come so far, by clang's debug information least: where it stays in another file there is nothing to compare.
subtest 'the lines of sites' => sub {
    my %line;    # what we say, by address of the instruction
    for my $at (map { hex $_->{at} } @sites) {
        my $one = $function_of{$at};
        my ($insn) = grep { $at < hex($one->{at}) + $_->[0] + $_->[1] } @{ $one->{code} };
        $line{ hex($one->{at}) + $insn->[0] } = [ $one->{file}, $insn->[2] ] if $insn->[2];
    }
    my (%place, $last);
    for (split /\n/, `addr2line -i -a -e $path @{[ map { sprintf '0x%x', $_ } sort keys %line ]}`) {
        $last = hex $1 if /^(0x[0-9a-f]+)$/;
        $place{$last} = $_ if !/^0x/;
    }
    my @same = grep { $place{$_} =~ m{(?:^|/)\Q$line{$_}[0]\E:\d} } sort keys %line;
    cmp_ok(scalar @same, '>', 0.8 * @sites, @same . ' of ' . @sites . ' have one');
    is_deeply([ map { sprintf '0x%x %s:%d, addr2line has %s', $_, @{ $line{$_} }, $place{$_} } grep { $place{$_} !~ /:$line{$_}[1](?: |$)/ } @same ],
        [], "which is addr2line's");
};

# Lines of a file that was changed since may be others.
subtest 'an image that is older' => sub {
    my $old = spew('old.elf', slurp($path));
    utime 1, 1, $old;
    ($status, $said) = view($old, 'old.json');
    is($status, 0, 'is shown') or diag $said;
    my $with = grep { @{ $_->{source} } } @functions;
    like($said, qr/, $with with source that is newer than the image$/m, 'and how many of its functions may have other source is said');
};

# The member "dump", without a reader for the rest.
sub dump_of {
    my ($name) = @_;
    my ($dump) = slurp(scratch($name)) =~ /^ "dump": (\{.*\})\}\n\z/ms;
    return decode_json($dump // '{}');
}

# A page with nothing of anybody else, and the same data.
sub page_is_whole {
    my ($name, $data) = @_;
    my $page = slurp(scratch($name));
    my ($island) = $page =~ m{<script type="application/json" id="data">(.*?)</script>}s;
    unlike($island, qr/</, 'nothing in the data ends a script');
    ok($island =~ s/\\u003c/</gr eq $data, 'the page has the data');
    $page =~ s{\Q$island\E}{};
    is_deeply([ grep { !m{^(?:data:,|http://www\.w3\.org/2000/svg)$} } $page =~ m{(?:\b(?:src|href)=["']?|\burl\(["']?|["'])((?:\w+:)?//[^"'\s]+|(?<=src=")[^"]*|(?<=href=")[^"]*)}g ],
        [], 'and names nothing outside of it');
    unlike($page, qr/^\s*(?:import|export)\b|\@INCLUDE/m, 'its modules are one');
    return;
}

subtest 'the page' => sub {
    ($status, $said) = view($path, 'view.html');
    is($status, 0, 'is written') or diag $said;
    page_is_whole('view.html', $data);
};

my ($start, $end) = map { $elf->symbol($_) } qw(_image _image_end);
for my $state (qw(native soft)) {
    my $held = boot_and_hold(name => "view-$state", cmdline => "selftest=off pv=$state");
    ok($held->reached, "the kernel boots with $state") or diag $held->describe;
    my $memory = $held->pmemsave($start, $end - $start);
    my $dump   = spew("$state.dump", $memory);
    subtest "a dump of $state" => sub {
        ($status, $said) = view("$path $dump", "$state.json");
        is($status, 0, 'is shown') or diag $said;
        my $live = dump_of("$state.json");
        is($live->{ops}, $state, 'with its back end');
        is_deeply($live->{bytes}, [ map { unpack 'H*', substr $memory, hex($_->{at}) - $start, $_->{len} } @sites ], "and the dump's bytes");
        is((view("$path $dump", "$state.html"))[0], 0, 'as a page, too');
        page_is_whole("$state.html", slurp(scratch("$state.json")));
    };
}

# Each is one line, status 2, and no file.
sub refused {
    my ($files, $out, $like, $what) = @_;
    my $file = scratch($out);
    unlink $file;
    ($status, $said) = view($files, $out);
    is($status, 2, "$what: refused");
    like($said, qr/^pvtool: [^\n]*$like[^\n]*\n\z/, 'in one line');
    ok(!-e $file, 'and there is no page');
    return;
}
my $memory = slurp(scratch('native.dump'));
srand 14;
my $noise = spew('noise', pack 'C*', map { int rand 256 } 1 .. length $memory);
refused("$path $noise", 'no.html', qr/no memory of \S+ from 0x00100000 on: \d+ of \d+ sites/, 'noise');
refused("$path " . spew('other', "\0" x 64 . $memory), 'no.html', qr/no memory of/, 'memory that begins elsewhere');
refused("$path " . spew('short', substr $memory, 0, 100_000), 'no.html', qr/do not hold/, 'a part of it');
refused("$path " . scratch('none'), 'no.html', qr/No such file/, 'no file');
refused($path, 'no.txt', qr/-o FILE\.html for the page, or -o FILE\.json/, 'another kind of file');
($status, $said) = pvtool("view $path");
is($status, 2, 'a page that nobody says where to is refused');
refused("$build/pedant-native.elf", 'no.html', qr/pedant-native/, 'a kernel without sites');

# Some bytes of it are wrong: that is what one wants to see.
substr($memory, hex($sites[7]{at}) - $start, 1) = "\xf1";
is((view("$path " . spew('one', $memory), 'one.json'))[0], 0, 'a dump with a wrong byte is shown');
is(substr(dump_of('one.json')->{bytes}[7], 0, 2), 'f1', 'with that byte');

SKIP: {
    my $why = Pedant::Browser::missing();
    skip($why, 1) if $why;
    Pedant::Browser::run('tests/page/view.mjs', $build, map { scratch($_) } qw(view.html native.html soft.html));
}

done_testing;
