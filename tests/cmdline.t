# SPDX-License-Identifier: MIT
#
# The command line, seen from outside: each option that docs/interface.md lists does what is written
# there, each way of getting it wrong is one line and then the kernel goes on. And a serial port that
# nobody reads does not stop it.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Pedant;
use Pedant::Fifo;

use constant { SITE_LEN => 6, PIPE_SIZE => Pedant::Fifo::SIZE, LINE_MAX => 1023 };

my $elf     = kernel_elf();
my @records = $elf->records;

# Types are the line numbers of the file.
sub ops_by_type {
    open my $in, '<', 'pv/ops.def' or die "pv/ops.def: $!\n";
    return map { /^PV_OP\(\w+,\s*(\w+)/ ? $1 : () } <$in>;
}
my @ops      = ops_by_type();
my %has_site = map { $ops[ $_->{type} ] => 1 } @records;

# What the kernel has against its command line.
sub complaints {
    my ($run) = @_;
    return $run->lines_like(qr/^command line: |^multiboot: |^pv=|^crash=(?!.*on purpose$)|^selftest=|^bench: the|^debug-alternative=/);
}

sub expect_complaints {
    my ($run, $what, @expected) = @_;
    is_deeply([ complaints($run) ], \@expected, $what) or diag(map {"    it said: $_\n"} complaints($run));
    return;
}

# Boot, pass, and complain about nothing but this.
sub passes {
    my ($name, $cmdline, @expected) = @_;
    my $run = boot(name => $name, cmdline => $cmdline);
    expect_pass($run, "$name: the kernel passes");
    expect_complaints($run, "$name: complaints about the command line: " . @expected, @expected);
    return $run;
}

sub pass_of {
    my ($run, $family) = @_;
    return $run->event('pass', family => $family // 'paravirt') || {};
}

# "suite.test" of all results, but for those about the boot, which are always there.
sub tests_of {
    return sort map {"$_->{suite}.$_->{name}"} grep { $_->{suite} ne 'boot' } $_[0]->events('test');
}

my $plain = passes('no option', '');
my @all   = tests_of($plain);

# noreplace-paravirt

sub expect_kept {
    my ($run, $name) = @_;
    my $pass = pass_of($run);
    is($pass->{sites}, @records, "$name: each record is a site");
    is($pass->{kept}, @records, "$name: all are kept");
    is_deeply([ @$pass{qw(bytes pad)} ], [ 0, 0 ], "$name: no byte is rewritten");
    is_deeply([ map { $_->{op} } grep { $_->{kept} != $_->{sites} } $run->events('ops') ], [],
        "$name: kept are the sites of every op");
    return;
}
expect_kept(passes('noreplace-paravirt', 'noreplace-paravirt'), 'noreplace-paravirt');
is(pass_of($plain)->{kept}, 0, 'without it no site is kept');

# noinline-paravirt

{
    my $pass = pass_of(passes('noinline-paravirt', 'noinline-paravirt'));
    is(join(' ', @$pass{qw(inline kept refused)}), '0 0 0', 'noinline-paravirt: nothing is inline, and nothing as it was');
    is($pass->{call} + $pass->{jmp}, pass_of($plain)->{inline} + pass_of($plain)->{call} + pass_of($plain)->{jmp},
        'noinline-paravirt: what was inline is called');
    is($pass->{nop}, pass_of($plain)->{nop}, 'noinline-paravirt: what does nothing still is nothing');
}

# debug-alternative

my $HEX     = qr/(?:[0-9a-f]{2} ){5}[0-9a-f]{2}/;
my $LISTING = qr/^paravirt ([0-9a-f]{8}) ([\w.]+)\+0x([0-9a-f]+)\/0x([0-9a-f]+) (\w+): ($HEX) -> ($HEX)$/;

sub hex_of { return join ' ', unpack '(H2)*', $_[0] }

# How names and addresses go together, as the file says: { name => { address => 1 } }.
my %symbols;
$symbols{ $_->{name} =~ s/(?:\.(?:constprop|isra|lto_priv)\.\d+)+$//r }{ $_->{addr} } = 1 for $elf->symbols;    # as tools/ksyms.awk

# What is wrong with one line of the listing, its record and the site's bytes in memory being known.
sub listing_problems {
    my ($line, $record, $memory) = @_;
    my ($address, $symbol, $offset, $size, $op, $old, $new) = $line =~ $LISTING;
    my $at    = hex $address;
    my $file  = hex_of($elf->bytes($at, SITE_LEN));
    my $found = hex_of($memory);
    my $stays = $elf->is_init($at) ? hex_of("\xcc" x SITE_LEN) : $new;
    my @wrong;
    push @wrong, 'no function starts there'   if !$symbols{$symbol}{ $at - hex $offset };
    push @wrong, 'beyond the function'        if hex $offset >= hex $size;
    push @wrong, "op is $ops[$record->{type}]" if $op ne $ops[ $record->{type} ];
    push @wrong, "the file has $file"         if $old ne $file;
    push @wrong, "memory has $found"          if $stays ne $found;
    return map {"$line: $_"} @wrong;
}

sub expect_listing {
    my ($name, $cmdline) = @_;
    my $held = boot_and_hold(name => $name, cmdline => "debug-alternative selftest=off $cmdline");
    ok($held->reached, "$name: the kernel runs to its end") or diag($held->describe) and return;
    my $start    = $elf->symbol('_text');
    my $text     = $held->pmemsave($start, $elf->symbol('_init_text_end') - $start);
    my @lines    = $held->lines_like(qr/^paravirt /);
    my %record   = map { sprintf('%08x', $_->{instr}) => $_ } @records;
    my %line     = map { /$LISTING/ ? ($1 => $_) : () } @lines;
    my @problems = map { listing_problems($line{$_}, $record{$_}, substr $text, hex($_) - $start, SITE_LEN) }
        grep { $record{$_} } sort keys %line;
    my $not = () = $held->lines_like(qr/^alternatives [0-9a-f]{8} \S+ !\w+:/);
    cmp_ok($not, '>', 0, "$name: a feature that is to be absent has its mark");
    $held->quit;
    is_deeply([ grep { !/$LISTING/ } @lines ], [], "$name: each line has the promised form");
    is(@lines, pass_of($held)->{sites}, "$name: there is one line for each site of the pass");
    is_deeply([ sort keys %line ], [ sort keys %record ], "$name: and one for each record");
    is_deeply(\@problems, [], "$name: name, op, bytes in the file and bytes in memory afterwards are right");
    my $same = grep { my @bytes = /$LISTING/; $bytes[5] eq $bytes[6] } @lines;
    is($same, pass_of($held)->{kept}, "$name: a site whose bytes stay is one that is kept");
    return;
}
expect_listing('debug-alternative',                    '');
expect_listing('debug-alternative noreplace-paravirt', 'noreplace-paravirt');
expect_listing('debug-alternative pv=trace',           'pv=trace');
is(scalar $plain->lines_like(qr/^paravirt [0-9a-f]/), 0, 'without it no site is listed');

# pv=

my $HISTOGRAM = qr/^  (\w+) +(\d+) +(\d+\.\d) %  (#*) *$/;

sub histogram_of {
    my ($run) = @_;
    return map { [/$HISTOGRAM/] } $run->lines_like($HISTOGRAM);
}

# The calls that the trace back end counted: as events, and as a picture.
sub expect_histogram {
    my ($run, $name) = @_;
    my @rows  = map {"$_->[0] $_->[1]"} histogram_of($run);
    my @calls = map {"$_->{op} $_->{calls}"} $run->events('calls');
    is_deeply(\@rows, \@calls, "$name: each event calls is a row of the histogram");
    my @counts = map { $_->[1] } histogram_of($run);
    is_deeply(\@counts, [ sort { $b <=> $a } @counts ], "$name: the most called op is first");
    my %counted = map { $_->[0] => 1 } histogram_of($run);
    is(keys %counted, @rows, "$name: no op is there twice");
    is_deeply([ grep { !$counted{$_} } qw(irq_enable iret write_cr0 make_pte read_tsc) ], [],
        "$name: what no boot does without was counted");
    is_deeply([ grep { !$has_site{$_} } keys %counted ], [], "$name: only ops that have sites were");
    my $share = 0;
    $share += $_->[2] for histogram_of($run);
    cmp_ok(abs($share - 100), '<', 0.1 * @rows, "$name: the shares make 100 % but for rounding");
    return;
}

sub expect_backend {
    my ($backend, $options) = @_;
    my $name = "pv=$backend" . ($options ? " $options" : '');
    my $run  = passes($name, $name);
    is(($run->event('boot') || {})->{backend}, $backend, "$name: that is the back end");
    is_deeply([ tests_of($run) ], \@all, "$name: no self-test is left out");
    expect_kept($run, $name) if $options;
    return expect_histogram($run, $name) if $backend eq 'trace';
    is_deeply([ histogram_of($run), $run->events('calls') ], [], "$name: no calls are counted");
    return;
}
for my $backend (qw(native soft trace)) {
    expect_backend($backend, $_) for '', 'noreplace-paravirt';
}
is($plain->event('boot')->{backend}, 'native', 'without it the back end is the one that fits QEMU');
is(passes('pv=nosuch', 'pv=nosuch', 'pv=nosuch: no such back end; going on with native')->event('boot')->{backend},
    'native', 'pv=nosuch: and it does');

# selftest=

sub glob_to_regexp {
    my ($glob) = @_;
    my %meaning = ('*' => '.*', '?' => '.');
    my $text = join '', map { $meaning{$_} // quotemeta } split //, $glob;
    return qr/^$text$/;
}

# Which of all tests the pattern means, by their own or their suite's name.
sub matching {
    my ($glob) = @_;
    my $regexp = glob_to_regexp($glob);
    return grep { $_ =~ $regexp || s/\..*//r =~ $regexp } @all;
}

is_deeply([ tests_of(passes('selftest=off', 'selftest=off')) ], [], 'selftest=off: no test is run');
for my $glob ('cmdline', 'cpu*', 'trap.*', '*.strings', 'l?b', 'multiboot.no_map') {
    my @expected = matching($glob);
    cmp_ok(scalar @expected, '>', 0, "selftest=$glob: there are such tests");
    cmp_ok(scalar @expected, '<', scalar @all, "selftest=$glob: and others");
    is_deeply([ tests_of(passes("selftest=$glob", "selftest=$glob")) ], \@expected, "selftest=$glob: only these are run");
}

# The results about the boot are there always, and can be asked for alone.
is_deeply([ tests_of(passes("selftest=$_", "selftest=$_")) ], [], "selftest=$_: only what is there anyway")
    for 'boot', 'boot.paravirt', 'boo?';

for my $glob ('nomatch*', 'CMDLINE', 'cmdline.', 'boot.', 'boot.nosuch') {
    my $name = "selftest=$glob";
    my $run  = boot(name => "$name-fails", cmdline => $name);
    expect_outcome($run, 'failed', "$name: a pattern that matches nothing is a failure");
    expect_complaints($run, "$name: and there is a line that says so", "selftest=$glob matches no test");
    is_deeply([ tests_of($run) ], [], "$name: and no test is run");
    like($run->last_line, qr/^pedant: \d+ passed, 1 failed, 0 skipped$/, "$name: it is counted");
    is(($run->event('end') || {})->{failed}, 1, "$name: also in the event end");
    is_deeply([ $run->ktap->problems ], [], "$name: the KTAP output is well formed");
}

# A check that is not true fails on purpose: or all of the above would mean nothing.
{
    my $run = boot(name => 'canary', cmdline => 'selftest=canary.fails');
    expect_outcome($run, 'failed', 'canary: a check that is not true makes the kernel fail');
    is_deeply([ map { $_->{name} } $run->ktap->failed ], ['fails'], 'canary: its test is "not ok"');
    is(scalar $run->lines_like(qr/^not ok \d+ canary$/), 1, 'canary: so is its suite');
    is(scalar $run->lines_like(qr/^  # not true: a canary sings.*\(tests\/kernel\/base\/canary\.c:\d+\)$/), 1,
        'canary: the sentence that is not true is there, and where it stands');
    my $event = $run->event('test', suite => 'canary', name => 'fails') || {};
    is($event->{result}, 'fail', 'canary: the event says it');
    like($event->{why}, qr/^a canary sings/, 'canary: and why');
    like($run->last_line, qr/^pedant: \d+ passed, 1 failed, 0 skipped$/, 'canary: the last line counts it');
    ok(!grep({ $_ eq 'canary.fails' } @all), 'canary: that test runs only when it is named');
}

# Options that are none, values that are wrong: named once, ignored, and the rest of the line counts.

my $UNKNOWN = 'is not an option that I know: ignored';

# What the kernel shows of a word.
sub shown {
    my ($word) = @_;
    return "command line: '" . (length $word > 40 ? substr($word, 0, 40) . '...' : $word) . "'";
}

sub ignores {
    my ($name, $cmdline, @expected) = @_;
    my $run = passes($name, "noreplace-paravirt selftest=off $cmdline", @expected);
    is(pass_of($run)->{kept}, @records, "$name: what stands before it counts");
    return $run;
}
ignores('unknown option', 'frobnicate', shown('frobnicate') . " $UNKNOWN");
ignores('unknown option with a value', 'root=/dev/sda1', shown('root=/dev/sda1') . " $UNKNOWN");
ignores('two unknown options', 'quiet splash', map { shown($_) . " $UNKNOWN" } qw(quiet splash));
ignores('value missing', 'crash', shown('crash') . ' needs a value: ignored');
ignores("value empty, $_", "$_=", shown("$_=") . ' needs a value: ignored')
    for qw(pv selftest maxcpus crash debug-alternative run);
ignores('value too many', 'bench=1', shown('bench=1') . ' takes no value: ignored');
ignores('no such family', 'debug-alternative=locks',
    'debug-alternative=locks: no such family; there are paravirt alternatives smp_locks jump_label static_call');
ignores('no number', 'maxcpus=many', shown('maxcpus=many') . ' is not a number: ignored');
ignores('value of 63 characters', 'pv=' . 'n' x 63, 'pv=' . 'n' x 63 . ': no such back end; going on with native');
ignores('value of 64 characters', 'pv=' . 'n' x 64, shown('pv=' . 'n' x 64) . ' is too long: ignored');

for my $size (300, 4000) {
    for my $kind ([ 'option', 'o' x $size, $UNKNOWN ], [ 'value', 'crash=' . 'v' x ($size - 6), 'is too long: ignored' ]) {
        my ($what, $word, $why) = @$kind;
        my $length = length(kernel_path() . " noreplace-paravirt selftest=off $word");
        my @cut = "multiboot: the command line has $length characters: the first " . LINE_MAX . ' are kept';
        ignores("$what of $size characters", $word, $length > LINE_MAX ? @cut : (), shown($word) . " $why");
    }
}
is(pass_of(passes('behind a long option', 'selftest=off ' . 'o' x 300 . ' noreplace-paravirt',
    shown('o' x 300) . " $UNKNOWN"))->{kept}, scalar @records, 'behind a long option: what follows it counts');

# One CPU alone needs no lock prefix, but for noreplace-smp.
for my $cmdline ('', 'maxcpus=1', 'noreplace-smp', 'noreplace-smp maxcpus=1') {
    my $name = $cmdline || 'no option, and no tests';
    my $pass = pass_of(passes($name, "selftest=off $cmdline"), 'smp_locks');
    my $kind = $cmdline =~ /noreplace-smp/ ? 'kept' : 'inline';
    ok($pass->{sites}, "$name: there are lock prefixes");
    is($pass->{$kind}, $pass->{sites}, "$name: all are $kind");
}

# bench (what it measures: tests/bench.t)

is_deeply([ $plain->events('bench') ], [], 'without it nothing is measured');

# run=

sub run_result { return ($_[0]->event('test', suite => 'boot', name => 'run') || {}) }
{
    my $run = passes('run=checks,fork', 'run=checks,fork selftest=off');
    is(run_result($run)->{result}, 'ok', 'run=checks,fork: it ends with 0, which is a result of the boot');
    for my $case ([ 'run=hello,two,words', 'its status is 3', qr/^hello from hello two words$/ ],
        [ 'run=nobody', 'there is no such program' ], [ 'run=hello' . ',' x 16, 'it has too many arguments' ])
    {
        my ($cmdline, $why, $line) = @$case;
        $run = boot(name => $cmdline =~ s/,+/,/r, cmdline => "$cmdline selftest=off");
        expect_outcome($run, 'failed', "$cmdline: that is a failure");
        is(run_result($run)->{why}, $why, "$cmdline: and says why");
        expect_line($run, $line, "$cmdline: it ran with its arguments") if $line;
    }
    ok(!run_result($plain)->{result}, 'without it nothing is run');
}

# crash=

my $PAGE_FAULT = 'page fault: write to address 0x';
my @REGISTERS  = (
    qr/^  eax [0-9a-f]{8}  ebx [0-9a-f]{8}  ecx [0-9a-f]{8}  edx [0-9a-f]{8}$/,
    qr/^  esi [0-9a-f]{8}  edi [0-9a-f]{8}  ebp [0-9a-f]{8}  efl [0-9a-f]{8}$/,
);
my $CONTROL = qr/^  cr0 [0-9a-f]{8}  cr2 [0-9a-f]{8}  cr3 [0-9a-f]{8}  cr4 [0-9a-f]{8}  dr6 [0-9a-f]{8}$/;

# Reason, and the function that goes wrong.
my %CRASHES = (
    panic        => [ qr/^crash=panic on the command line$/, 'crash_panic' ],
    null         => [ qr/^${PAGE_FAULT}00000004 \(page 0: a null pointer\)$/, 'crash_null' ],
    ud           => [ qr/^invalid opcode \(vector 6, error 0\)$/, 'crash_ud' ],
    div          => [ qr/^divide error \(vector 0, error 0\)$/, 'crash_div' ],
    text         => [ qr/^${PAGE_FAULT}[0-9a-f]{8} \(read-only\)$/, 'crash_text' ],
    stack        => [ qr/^double fault: stack overflow \(esp [0-9a-f]{8}\)$/, 'crash_stack' ],
    init         => [ qr/^breakpoint \(vector 3\)$/, 'kernel_main' ],
    'panic-cpu1' => [ qr/^crash=panic on the command line$/, 'crash_panic' ],
    'stack-cpu1' => [ qr/^double fault: stack overflow \(esp [0-9a-f]{8}\)$/, 'crash_stack' ],
    'missing-op' => [ qr/^the back end has no function for pv_ops\.cpu\.wbinvd$/, 'patching_break' ],
);

# Those of tests/crash_cpus.t and tests/long/locks_check.t.
my @OTHERS = qw(panic-again panic-mute panic-damaged irq-fault panic-starts panic-deaf panic-lines lock-irqs lock-on
    lock-nested lock-gather lock-starts lock-held);

# The names of "address name+offset/size", if name and address go together; the line as it is if not.
sub function_in {
    my ($line) = @_;
    my ($address, $name, $offset) = $line =~ /([0-9a-f]{8}) ([\w.]+)\+0x([0-9a-f]+)\/0x[0-9a-f]+$/;
    return $name && $symbols{$name}{ hex($address) - hex $offset } ? $name : "?? $line";
}

sub backtrace_of {
    my ($run) = @_;
    return map { function_in($_) } $run->lines_like(qr/^    [0-9a-f]{8} /);
}

# What a backtrace has to show, also where a compiler made no frame in the function that went wrong.
sub callers_of {
    my ($crash) = @_;
    return ('crash_stack') x 24 if $crash =~ /^stack/;
    return ('smp_work_run', 'ap_main') if $crash =~ /cpu1$/;
    return ($crash eq 'init' ? 'crash_init' : (), 'crash_provoke', 'run_all', 'kernel_run', 'kernel_main');
}

sub expect_panic_report {
    my ($run, $crash, $function) = @_;
    my @eip = map { function_in($_) } $run->lines_like(qr/^  eip /);
    is_deeply(\@eip, [ $function ], "$crash: eip lies where it went wrong");
    for my $line ($CONTROL, @REGISTERS) {
        is(scalar $run->lines_like($line), 1, "$crash: there is one line of registers $line");
    }
    is_deeply([ backtrace_of($run) ], [ callers_of($crash) ], "$crash: the backtrace names the callers");
    is(scalar $run->lines_like(qr/^    \.\.\. and more than 24 others$/), $crash =~ /^stack/ ? 1 : 0,
        "$crash: it says when that is not all");
    return;
}

sub expect_crash {
    my ($crash) = @_;
    my ($reason, $function) = @{ $CRASHES{$crash} };
    my $run   = boot(name => "crash=$crash", cmdline => "crash=$crash", smp => $crash =~ /cpu1$/ ? 2 : 1);
    my @panic = map { /^panic: (.*)/ ? $1 : () } $run->lines;
    checked($run, "crash=$crash", sub {
        is($run->outcome, 'panic', "$crash: the kernel ends with a panic");
        is(scalar @panic, 1, "$crash: one line says so");
        like($panic[0] // '', $reason, "$crash: with the reason");
        expect_panic_report($run, $crash, $function);
        like($run->last_line, qr/^pedant: 0 passed, 0 failed, 0 skipped$/, "$crash: the last line is as ever");
        is_deeply([ $run->bad_json ], [], "$crash: every line of the second port is an event");
        is(($run->event('end') || {})->{panic}, $panic[0], "$crash: the event end has the reason");
        is_deeply([ $run->events('test') ], [], "$crash: nothing was run after it");
    });
    return $run;
}
my %crashed = map { $_ => expect_crash($_) } sort keys %CRASHES;
expect_line($crashed{ud}, $_, 'crash=ud: registers are what they were')
    for qr/^  eax a0a0a0a0  ebx b0b0b0b0  ecx c0c0c0c0  edx d0d0d0d0$/, qr/^  esi 51515151  edi d1d1d1d1  ebp [0-9a-f]{8}  efl /;
{
    my ($line) = $crashed{null}->lines_like($CONTROL);
    my %is = map { $_ => hex(($line // '') =~ /$_ ([0-9a-f]{8})/ ? $1 : 0) } qw(cr0 cr2 cr3 cr4 dr6);
    is($is{cr0} & 0x80010001, 0x80010001, 'crash=null: cr0 says that paging is on, and holds for the kernel');
    is($is{cr2}, 4, 'crash=null: cr2 is the address');
    ok($elf->symbol('_image') < $is{cr3} && $is{cr3} < $elf->symbol('_image_end'), 'crash=null: cr3 is a directory of the kernel');
    is($is{cr4} & 0xffff0030, 0x10, 'crash=null: cr4 says that pages can be large');
    is($is{dr6}, 0xffff0ff0, 'crash=null: dr6 has no cause');
}
{
    my ($address) = ($crashed{text}->event('end') || {})->{panic} =~ /(0x[0-9a-f]{8})/;
    is($elf->function_at(hex($address // 0)), 'crash_provoke', 'crash=text: the address is that of a function');
    my $run  = passes('crash=nosuch', 'crash=nosuch selftest=off',
        'crash=nosuch: not one of panic null ud div text stack init panic-again panic-mute panic-damaged irq-fault '
            . 'missing-op panic-cpu1 stack-cpu1 panic-starts panic-deaf panic-lines lock-irqs lock-on lock-nested '
            . 'lock-gather lock-starts lock-held lost-locks');
    my ($line) = complaints($run);
    is_deeply([ sort split ' ', $line =~ s/.* one of //r ], [ sort 'lost-locks', @OTHERS, keys %CRASHES ],
        'crash=nosuch: those are the names that work');
    ok(!defined $plain->event('end')->{panic}, 'without it the event end has no panic');
}

# A serial port whose reader sleeps: QEMU's pipe is full, and the transmitter never gets empty again.

sub drain {
    my ($fifo) = @_;
    my $text = '';
    while (sysread $fifo, $text, 65536, length $text) { }
    return $text;
}

sub stuck_message {
    my ($port) = @_;
    return qr/^$port: stuck: LSR bit 0x[0-9a-f]+ not seen in \d+ reads; no more output there$/;
}

my $directory = tempdir(CLEANUP => 1);

# Boot with such a FIFO; what it holds before is in the way from the first character on.
sub boot_stuck {
    my ($name, $before, %args) = @_;
    my $path = "$directory/$name" =~ s/ /-/gr;
    my ($in, $out) = map { Pedant::Fifo::make("$path.$_") } qw(in out);
    syswrite $out, $before if length $before;
    $args{ $args{serial1} ? 'serial1' : 'extra' } = $args{serial1} ? "pipe:$path" : [ -serial => "pipe:$path" ];
    push @{ $args{extra} }, -debugcon => "file:$path.debugcon";
    my $run = boot(name => $name, %args);
    return ($run, drain($out), split /\n/, Pedant::Run::slurp("$path.debugcon"));
}

sub expect_stuck {
    my ($name, $before) = @_;
    my ($run, $piped, @console) = boot_stuck($name, $before, serial1 => 1);
    my $console = join '', map {"$_\n"} grep { $_ !~ stuck_message('ttyS0') } @console;
    expect_outcome($run, 'passed', "$name: the kernel passes all the same");
    is(scalar(grep { $_ =~ stuck_message('ttyS0') } @console), 1, "$name: the debug console says what is wrong")
        or diag(map {"    $_\n"} @console[ 0 .. 9 ]);
    like($console[-1], qr/^pedant: \d+ passed, 0 failed, \d+ skipped$/, "$name: and has the last line");
    is_deeply([ tests_of($run) ], \@all, "$name: the second port has the results of all self-tests");
    $piped = substr($piped, length $before) =~ s/\r//gr;
    cmp_ok(length $piped, '<=', PIPE_SIZE - length $before, "$name: the port got no more than fits");
    is($piped, substr($console, 0, length $piped), "$name: which is the beginning of the log");
    return $piped;
}
cmp_ok(length expect_stuck('stuck later', ''), '>', PIPE_SIZE / 2, 'stuck later: the port was in use before');
is(expect_stuck('stuck from the start', 'x' x PIPE_SIZE), '', 'stuck from the start: it was not');
{
    my ($run, undef, @console) = boot_stuck('stuck events', 'x' x PIPE_SIZE, serial => 1);
    expect_pass($run, 'stuck events: the kernel passes with the second port stuck');
    expect_line($run, stuck_message('ttyS1'), 'stuck events: the log says what is wrong');
}

done_testing;
