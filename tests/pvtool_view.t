# SPDX-License-Identifier: MIT
#
# What pvtool view shows is right, by other means: its sites are the manifest's, its lines of source are the file's
# and addr2line's, its instructions objdump's, its live bytes are the dump's, and the page, which asks nobody for
# anything, has just that. What is no dump of this kernel is one line. Of a small image, the example of
# docs/adopt.md; as a whole (tests/long/pvtool_view.t) of the kernel, and of its memory when it runs, too.

use strict;
use warnings;
use JSON::PP qw(decode_json);
use Pedant;
use Pedant::Browser;
use Pedant::Elf;
use Pedant::Pvtool;
use Pedant::Share;
use Test::More;

use constant WHOLE => share(10) == 10;

my $build = build_dir();
my $example = Pedant::Elf->new("$build/tests/adopt.elf");

sub view {
    my ($files, $out) = @_;
    return pvtool("view $files -o " . scratch($out));
}

# { path, data, view, sites, functions, function_of } of an image that is shown.
sub shown {
    my ($elf) = @_;
    my $path = $elf->path;
    my ($status, $said) = view($path, 'view.json');
    is($status, 0, 'it can be shown') or diag $said;
    my $data  = slurp(scratch('view.json'));
    my $view  = decode_json($data);
    my %shown = (elf => $elf, path => $path, data => $data, view => $view, sites => $view->{manifest}{sites}, functions => $view->{functions});
    my @before = @{ $shown{functions} };
    for my $at (map { hex $_->{at} } @{ $shown{sites} }) {
        shift @before while @before && hex($before[0]{at}) + $before[0]{size} <= $at;
        $shown{function_of}{$at} = $before[0] if @before && hex $before[0]{at} <= $at;
    }
    my $without = grep { !@{ $_->{source} } } @before = @{ $shown{functions} };
    my $line    = $without ? ", $without functions without source" : '';
    is($said, "pvtool: @{[ scratch('view.json') ]}: @{[ scalar @{ $shown{sites} } ]} sites$line\n", 'which is one line, with the number of sites');
    return \%shown;
}

sub holds_sites {
    my ($shown) = @_;
    my ($manifest) = (pvtool("manifest $shown->{path}"))[1] =~ /^( "text": .*)\}\n\z/ms;
    is($shown->{view}{format}, 'pvtool view 1', 'it says what it is');
    my $told = $shown->{view}{manifest};
    is_deeply([ @$told{qw(format image)} ], [ 'pvtool manifest 3', $shown->{path} ], 'and of which image');
    cmp_ok(index($shown->{data}, $manifest // 'none'), '>', 0, 'it has the manifest');
    my $texts = $shown->{view}{texts};
    is_deeply([ map { scalar @$_ } @$texts ], [ map { scalar @{ $_->{values} } } @{ $shown->{sites} } ], 'and a text for each value');
    # What was linked, as pvtool sites has it.
    my %linked = map { /^0x(\w{8}) .*? (call|jmp) (\*\S+ <\S+>)  / ? ("0x$1" => "$2 $3") : () } split /\n/, (pvtool("sites $shown->{path} --family paravirt"))[1];
    my %first  = map { $shown->{sites}[$_]{family} eq 'paravirt' ? ($shown->{sites}[$_]{at} => $texts->[$_][0]) : () } 0 .. $#$texts;
    is_deeply(\%first, \%linked, 'the first one of a call through a slot says through which');
    my @locks = map { $texts->[$_] } grep { $shown->{sites}[$_]{family} eq 'smp_locks' } 0 .. $#$texts;
    is_deeply([ grep { $_->[0] !~ /^lock \w+ .*\(|^lock \w+ .*0x/ || ($_->[1] // '') =~ /lock/ || length $_->[0] < 10 } @locks ], [],
        'that of a lock has the instruction behind it, too') or diag explain \@locks;
    return;
}

sub holds_functions {
    my ($shown, $least) = @_;
    my @functions = @{ $shown->{functions} };
    cmp_ok(scalar @functions, '>=', $least, scalar(@functions) . ' have sites');
    my (@gaps, @other, @names);
    my %symbol = map { ("$_->{name} $_->{addr}" => $_) } $shown->{elf}->symbols;
    for my $one (@functions) {
        my $at = 0;
        push @names, $one->{name} if !$symbol{ $one->{name} . ' ' . hex $one->{at} };
        for my $insn (@{ $one->{code} }) {
            push @gaps, "$one->{name}+$at" if $insn->[0] != $at;
            $at += $insn->[1];
        }
        push @gaps, "$one->{name}: $at" if $at != $one->{size};
        my @lines = @{ $one->{source} } or next;
        my @file = split /\n/, slurp($one->{file}), -1;
        push @other, $one->{name} if join("\n", @lines) ne join("\n", @file[ $one->{first} - 1 .. $one->{first} + @lines - 2 ]);
        my ($last) = sort { $b <=> $a } map { $_->[2] } @{ $one->{code} };
        push @other, "$one->{name}: to line $last" if $last != $one->{first} + @lines - 1;
        push @other, "$one->{name}: from line $one->{first}" if grep { $_->[2] && $_->[2] < $one->{first} } @{ $one->{code} };
        my ($name) = $one->{name} =~ /^(\w+)/;    # without what a compiler adds
        push @other, "$name: $lines[0]" if $one->{file} =~ /\.c$/ && $lines[0] !~ /\b$name\(|^\w+\(/;
    }
    is_deeply(\@names, [], 'each has a name, and is where it is');
    is_deeply(\@gaps, [], 'their instructions are all of them, one behind the other');
    is_deeply(\@other, [], "their lines are their files', from the name to the last one that code is from");
    is_deeply([ grep { !$shown->{function_of}{ hex $_->{at} } } @{ $shown->{sites} } ], [], 'each site is in one');
    my @without = map { $_->{name} } grep { !@{ $_->{source} } && $_->{name} !~ /^__SCT__/ } @functions;
    cmp_ok(scalar @without, '<', 5, "all have source but what a macro makes: @without");
    return;
}

# Where instructions begin, and what they are, by objdump.
sub holds_code {
    my ($shown) = @_;
    my (%at, @other, $n);
    for (split /\n/, `objdump -d -w --no-show-raw-insn $shown->{path}`) {
        $at{ hex $1 } = $2 if /^ *([0-9a-f]+):\s+((?:(?:lock|rep\w*|[cdefgs]s|data16|addr16) )*\w+)/;
    }
    for my $one (@{ $shown->{functions} }) {
        for my $insn (@{ $one->{code} }) {
            my $its = $at{ hex($one->{at}) + $insn->[0] };
            my ($word) = $insn->[3] =~ /^(?:(?:lock|rep\w*|[cdefgs]s) )*(call|ret|push|pop|lea|jmp|test|cmp|xor|cli|sti|hlt|leave|mov)\b/;
            next if !defined $word;
            $n++;
            push @other, sprintf '%s+%x %s: %s', $one->{name}, $insn->[0], $insn->[3], $its // 'none' if ($its // 'none') !~ /\b$word/;
        }
    }
    cmp_ok($n, '>', 100, 'there are such instructions');
    is_deeply(\@other, [], 'which begin where objdump has them, and are these');
    return;
}

# addr2line's outermost place, of an inlined function's callers, is where the function itself says it. It does not
# always come so far, by clang's debug information least: where it stays in another file there is nothing to compare.
# Of functions that have a source, $some of the instructions have a line.
sub holds_lines {
    my ($shown, $some, @functions) = @_;
    my (%line, $n);    # what we say, by address of the instruction
    for my $one (grep { @{ $_->{source} } } @functions) {
        $n += @{ $one->{code} };
        $line{ hex($one->{at}) + $_->[0] } = [ $one->{file}, $_->[2] ] for grep { $_->[2] } @{ $one->{code} };
    }
    my (%place, $last);
    for (split /\n/, `addr2line -i -a -e $shown->{path} @{[ map { sprintf '0x%x', $_ } sort keys %line ]}`) {
        $last = hex $1 if /^(0x[0-9a-f]+)$/;
        $place{$last} = $_ if !/^0x/;
    }
    my @same = grep { $place{$_} =~ m{(?:^|/)\Q$line{$_}[0]\E:\d} } sort keys %line;
    cmp_ok(scalar @same, '>', $some * $n, @same . " of $n have one");
    is_deeply([ map { sprintf '0x%x %s:%d, addr2line has %s', $_, @{ $line{$_} }, $place{$_} } grep { $place{$_} !~ /:$line{$_}[1](?: |$)/ } @same ],
        [], "which is addr2line's");
    return;
}

# Without a table of addresses, as clang's units are, it takes longer; without anything there is no source.
sub holds_debug {
    my ($shown) = @_;
    my $copy = scratch('copy.elf');
    for my $case ([ '-R .debug_aranges', qr/^pvtool: \S+: \d+ sites(?:, \d+ functions without source)?$/, $shown->{functions} ],
        [ '-g', qr/, @{[ scalar @{ $shown->{functions} } ]} functions without source$/, [ map { { %$_{qw(name at size)}, source => [], code => [ map { [ @$_[ 0, 1 ], 0, $_->[3] ] } @{ $_->{code} } ] } } @{ $shown->{functions} } ] ])
    {
        my ($option, $like, $wanted) = @$case;
        system("objcopy $option $shown->{path} $copy") == 0 or BAIL_OUT("objcopy $option");
        my ($status, $said) = view($copy, 'copy.json');
        is($status, 0, "objcopy $option: it can be shown") or diag $said;
        like($said, $like, 'and says of how many functions it has no source');
        is_deeply(decode_json(slurp(scratch('copy.json')))->{functions}, $wanted, 'all else is the same');
    }
    return;
}

# Lines of a file that was changed since may be others.
sub holds_age {
    my ($shown) = @_;
    my $old = spew('old.elf', slurp($shown->{path}));
    utime 1, 1, $old;
    my ($status, $said) = view($old, 'old.json');
    is($status, 0, 'is shown') or diag $said;
    my $with = grep { @{ $_->{source} } } @{ $shown->{functions} };
    like($said, qr/, $with with source that is newer than the image$/m, 'and how many of its functions may have other source is said');
    return;
}

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
    unlike($page, qr/^\s*(?:import|export)\b|\@INCLUDE|\@DATA\@/m, 'its modules are one');
    like($page, qr{^<!DOCTYPE html>.*</html>\s*\z}s, 'and it is whole');
    return;
}

sub holds_page {
    my ($shown) = @_;
    my ($status, $said) = view($shown->{path}, 'view.html');
    is($status, 0, 'is written') or diag $said;
    page_is_whole('view.html', $shown->{data});
    return;
}

# Of memory, as an image and a page; is: what the kernel is in.
sub holds_dump {
    my ($shown, $name, $memory, $start, %is) = @_;
    my $dump = spew("$name.dump", $memory);
    my ($status, $said) = view("$shown->{path} $dump", "$name.json");
    is($status, 0, 'is shown') or diag $said;
    my $live = dump_of("$name.json");
    is($live->{file}, $dump, 'by its name');
    is_deeply({ map { $_ => $live->{$_} } keys %is }, \%is, 'with its state');
    is_deeply($live->{bytes}, [ map { unpack 'H*', substr $memory, hex($_->{at}) - $start, $_->{len} } @{ $shown->{sites} } ], "and the dump's bytes");
    is((view("$shown->{path} $dump", "$name.html"))[0], 0, 'as a page, too');
    page_is_whole("$name.html", slurp(scratch("$name.json")));
    return;
}

# Each is one line, status 2, and no file.
sub refused {
    my ($files, $out, $like, $what) = @_;
    my $file = scratch($out);
    unlink $file;
    my ($status, $said) = view($files, $out);
    is($status, 2, "$what: refused");
    like($said, qr/^pvtool: [^\n]*$like[^\n]*\n\z/, 'in one line');
    ok(!-e $file, 'and there is no page');
    return;
}

sub refuses_others {
    my ($shown, $memory, $start) = @_;
    my ($path, $n) = ($shown->{path}, scalar grep { !$_->{within} } @{ $shown->{sites} });
    srand 14;
    my $noise = spew('noise', pack 'C*', map { int rand 256 } 1 .. length $memory);
    refused("$path $noise", 'no.html', qr/no memory of \S+ from 0x00100000 on: \d+ of $n sites hold nothing that they may ever hold/, 'noise');
    refused("$path " . spew('other', "\0" x 64 . $memory), 'no.html', qr/no memory of/, 'memory that begins elsewhere');
    refused("$path " . spew('short', substr $memory, 0, 60_000), 'no.html', qr/do not hold/, 'a part of it');
    refused("$path " . scratch('none'), 'no.html', qr/No such file/, 'no file');
    refused($path, $_, qr/-o FILE\.html for the page, or -o FILE\.json/, "$_, another kind of file") for 'no.txt', 'html';
    is((pvtool("view $path"))[0], 2, 'a page that nobody says where to is refused');
    is((view("$path -o " . scratch('nowhere/no.json'), 'nowhere/no.html'))[0], 2, 'and so is one that cannot be written');

    # Some bytes of it are wrong: that is what one wants to see. As many as half of the sites, and it may be its memory.
    my @outer = grep { !$_->{within} } @{ $shown->{sites} };
    my $wrong = sub {
        my ($n) = @_;
        my $bytes = $memory;
        substr($bytes, hex($_->{at}) - $start, 1) = "\xf1" for @outer[ 0 .. $n - 1 ];
        return spew('wrong', $bytes);
    };
    is((view("$path " . $wrong->(1), 'one.json'))[0], 0, 'a dump with a wrong byte is shown');
    is(substr(dump_of('one.json')->{bytes}[ (grep { $shown->{sites}[$_] == $outer[0] } 0 .. $#{ $shown->{sites} })[0] ], 0, 2), 'f1', 'with that byte');
    is((view("$path " . $wrong->(int @outer / 2), 'half.json'))[0], 0, 'one with a wrong half, too');
    my $most = int(@outer / 2) + 1;
    refused("$path " . $wrong->($most), 'no.html', qr/: $most of @{[ scalar @outer ]} sites hold/, 'but not one with more');

    # Where a call goes to may change at any time, and nothing else of it.
    my ($call) = grep { $_->{family} eq 'static_call' && $_->{at} gt $outer[ $most - 2 ]{at} && grep { $_->{bytes} =~ /^e8\.{8}$/ } @{ $_->{values} } } @outer;
    my $half = slurp($wrong->($most - 1));
    my @free = grep {
        my $bytes = $half;
        substr($bytes, hex($call->{at}) - $start + $_, 1) ^= "\x80";
        (view("$path " . spew('call', $bytes), 'call.json'))[0] == 0;
    } 0 .. $call->{len} - 1;
    is_deeply(\@free, [ 1 .. 4 ], 'of a call, four bytes say where it goes to');

    # And so of a jump in place of one through pv_ops, with padding behind it.
    my ($jump) = grep { $_->{family} eq 'paravirt' && $_->{at} gt $outer[ $most - 2 ]{at} && $_->{values}[0]{bytes} =~ /^ff25/ } @outer;
    my %shows = map {
        my $bytes = $half;
        substr($bytes, hex($jump->{at}) - $start, 6) = pack 'H*', $_;
        ($_ => (view("$path " . spew('jump', $bytes), 'jump.json'))[0]);
    } qw(e91122334490 e91122334491 e81122334490);
    is_deeply(\%shows, { e91122334490 => 0, e91122334491 => 2, e81122334490 => 2 }, 'and of a jump, with the byte behind them');
    return;
}

subtest 'an example' => sub {
    my $shown = shown($example);
    holds_sites($shown);
    holds_functions($shown, 5);
    holds_code($shown);
    holds_lines($shown, 0.8, @{ $shown->{functions} });
    holds_debug($shown);
    holds_age($shown);
    holds_page($shown);

    # Its memory before it runs.
    my $start  = 0x100000;
    my $memory = $example->memory($start);
    holds_dump($shown, 'linked', $memory, $start, ops => 'linked', locks => 'smp', init => 'there');
    refuses_others($shown, $memory, $start);
};

refused("$build/pedant-native.elf", 'no.html', qr/pedant-native/, 'a kernel without sites') if -e "$build/pedant-native.elf";

if (WHOLE) {
    my $elf   = kernel_elf();
    my $shown = shown($elf);
    subtest 'the kernel: sites'           => sub { holds_sites($shown) };
    subtest 'the kernel: functions'       => sub { holds_functions($shown, 400) };
    subtest 'the kernel: the lines of sites' => sub { holds_lines($shown, 0.8, map { $shown->{functions}[ 8 * $_ ] } 0 .. $#{ $shown->{functions} } / 8) };
    subtest 'the kernel: instructions'    => sub { holds_code($shown) };
    subtest 'an image that is older'      => sub { holds_age($shown) };
    subtest 'the page'                    => sub { holds_page($shown) };
    my ($start, $end) = map { $elf->symbol($_) } qw(_image _image_end);
    for my $state (qw(native soft)) {
        my $held = boot_and_hold(name => "view-$state", cmdline => "selftest=off pv=$state");
        ok($held->reached, "the kernel boots with $state") or diag $held->describe;
        my $memory = $held->pmemsave($start, $end - $start);
        subtest "a dump of $state" => sub {
            holds_dump($shown, $state, $memory, $start, ops => $state, padding => 'p6', locks => 'up', init => 'gone');
            refuses_others($shown, $memory, $start);
        };
    }
    SKIP: {
        my $why = Pedant::Browser::missing();
        skip($why, 1) if $why;
        Pedant::Browser::run('tests/page/view.mjs', $build, map { scratch($_) } qw(view.html native.html soft.html));
    }
}

done_testing;
