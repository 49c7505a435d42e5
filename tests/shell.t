#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The laboratory's shell: scripts and their exit status; a person's keys over the serial line and at a keyboard; what is
# typed is answered, whatever it is.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Families;
use Pedant::File qw(slurp spew);
use Pedant::Pvtool qw(verify_held);
use Pedant::Shell;

my $script = log_dir() . "/shell-$$.script";
END { unlink $script if $script }

sub script {
    my ($name, $text, %args) = @_;
    spew($script, $text);
    return boot(name => "script $name", modules => ["$script shell"], cmdline => 'selftest=off shell=script', timeout => 60, %args);
}

sub sentence { my ($run) = @_; my ($test) = grep { $_->{suite} eq 'shell' } $run->events('test'); return $test ? "$test->{name} $test->{result} $test->{why}" : 'none' }

# ---- scripts

my $good = script('good', "# a script\nkeys irq*\n\nflip irq_statistics\nkeys irq*\r\nsites irq_deliver\nexit\nnever\n");
is($good->outcome, 'passed', 'a script of good commands passes') or diag $good->describe;
is_deeply([ map { $_->[0] } Pedant::Shell::transcript($good) ], [ '# a script', 'keys irq*', 'flip irq_statistics', 'keys irq*', 'sites irq_deliver', 'exit' ],
    'each command is shown as it was typed, up to exit');
is_deeply([ map { /^  irq_statistics +(on|off)/ ? $1 : () } $good->lines ], [qw(off on)], 'a key is off, is flipped, and on');
is_deeply([ map { / irq_deliver\+0x[0-9a-f]+(.*)/ ? $1 =~ s/ +(?=\S)/ /r : () } $good->lines ], [ '', ' irq_statistics' ], 'sites are listed, and no line ends in blanks');
unlike($good->log, qr/\e|-- more/, 'a script has no colours, no sequences, no pages');
is(sentence($good), 'script ok ', 'the result is an event');
is(scalar($good->lines_like(qr/^  family +sites/)), 0, 'and no table that nobody asked for stands at the end');

my $bad = script('bad', "frobnicate\nkeys irq*\nflip nothing\nswitch nowhere");
is($bad->outcome, 'failed', 'a script with an unknown command fails') or diag $bad->describe;
expect_line($bad, qr/^'frobnicate' is no command: help lists them$/, 'which is said in one line');
expect_line($bad, qr/^key nothing: there is none of this name$/, 'an unknown key is said');
expect_line($bad, qr/^switch: native to nowhere: there is no such back end$/, 'and an unknown back end');
expect_line($bad, qr/^  irq_statistics +off/, 'nothing is lost: what is between is done');
is(sentence($bad), 'script fail 3 lines of it failed', 'the result counts them');

my $exit = script('exit', "exit 3\n");
is($exit->outcome, 'failed', 'a status that is not 0 is a failure');
is(sentence($exit), 'script fail it ended with status 3', 'and is named');

my $none = boot(name => 'script none', cmdline => 'selftest=off shell=script');
is($none->outcome, 'failed', 'without a script it does not wait for a person');
expect_line($none, qr/^shell: there is no script: /, 'and says so');

srand 20261130;
my $binary = script('binary', join('', map { chr int rand 256 } 1 .. 20_000) . "\n" . 'x' x 10_000 . "\nkeys irq*\n");
is($binary->outcome, 'failed', 'a script of bytes by lot fails');
expect_line($binary, qr/^line \d+ is no line of a script/, 'what is no line is named');
expect_line($binary, qr/^  irq_statistics +off/, 'and the line behind it is done');

# What make does of it: the script and other modules are one word for QEMU, and what is no file is said.
spew($script, "exit\n");
my $make = qx(make -n BUILD=@{[ build_dir() ]} shell SCRIPT=$script MODULES='one two,three' SMP=3 2>&1);
like($make, qr{^tools/boot\.sh 60 .* -smp 3 .*-initrd '\Q$script\E shell,one two,three' -append "selftest=off shell=script }ms, 'make shell SCRIPT: what QEMU is told');
like(qx(make -n BUILD=@{[ build_dir() ]} shell 2>&1), qr{^tools/boot\.sh 0 .*-serial mon:stdio (?!.*-initrd).*"selftest=off shell }ms, 'make shell: it lasts as long as it likes');
is(system("make BUILD=@{[ build_dir() ]} shell SCRIPT=$script.not > $script.said 2>&1") >> 8, 2, 'make shell: a script that is not there is an error');
like(slurp("$script.said"), qr/^make shell: SCRIPT=\Q$script.not\E: there is no such file$/m, 'and is named');
unlink "$script.said";

# ---- a person

my $shell = Pedant::Shell->new(name => 'person', cmdline => 'selftest=off shell');
like($shell->said, qr/\e7\e\[999;999H\e\[6n\e8/, 'the terminal is asked for its size');
is_deeply([ grep {/irq_/} $shell->keys("ke\tirq\t\r") ], ['  irq_statistics               off       0      2'],
    'Tab completes a command and a key') or diag $shell->said;
is($shell->typed, 'keys irq_statistics', 'as one sees it');
$shell->keys("\e[A\e[D\e[D*\r");
is($shell->typed, 'pedant> keys irq_statistic*s' =~ s/^pedant> //r, 'the line before comes back and is edited');
my $from = $shell->mark;
$shell->type("f\t");
ok($shell->wait_for(qr/pedant> f\z/, $from), 'a beginning of several names');
is_deeply([ (Pedant::Shell::shown(substr $shell->said, $from))[ 1, 2 ] ], [ '  flip', '  features' ], 'which are listed');
is_deeply([ $shell->keys("\x03") ], [], 'Ctrl-C leaves the line');
is_deeply([ $shell->ask('') ], [], 'an empty line is no command');
$from = $shell->mark;
$shell->keys("\x04");
is((Pedant::Shell::shown(substr $shell->said, $from))[0], 'exit ends it', 'Ctrl-D does not end it');

$from = $shell->mark;
$shell->type("stats\r");
ok($shell->wait_for(qr/-- more: space, return; q: no --/, $from), 'long output stops at a page');
my @page = Pedant::Shell::shown(substr $shell->said, $from);
is(scalar @page, 25, 'of 23 lines, as long as nobody knows the size, below the command');
is_deeply([ grep {/^\.\.\. \d+ more/} $shell->keys('q') ], [ grep {/./} ($shell->said =~ /^(\.\.\. \d+ more)/m) ], 'q: no more of it');
$from = $shell->mark;
$shell->type("\e[50;132R");
$shell->type("frobnicate\r");
ok($shell->wait_for(qr/\e\[33m'frobnicate' is no command/, $from), 'a terminal that says its size gets colours');
$shell->sync;
$from = $shell->mark;
$shell->type("stats\r");
ok($shell->wait_for(qr/-- more/, $from), 'and longer pages');
is(scalar(my @long = Pedant::Shell::shown(substr $shell->said, $from)), 51, 'of 49 lines');
$from = $shell->mark;
$shell->type("keys irq*\r");
ok($shell->sync, 'the next command ends the pages');
like(substr($shell->said, $from), qr/^  by now .*^  irq_statistics/ms, 'and is done');

is_deeply([ grep {/room/} $shell->ask('x' x 10_000) ],
    ['the line has 8977 characters more than the 1023 that there is room for: not run'], 'a line of 10 KB is one line of answer');
is_deeply([ $shell->ask(join ' ', 'keys', (1) x 40) ], ['the line has more than 32 words: not run'], 'and so are 41 words');
is_deeply([ $shell->ask("\e[1;2;3;4;5;6;7;8;9Q\e[200~\eO1;5Pkeys irq_*") ], [ $shell->ask('keys irq_*') ], 'keys that no keyboard has do nothing');

$shell->type(join '', map { chr int rand 256 } 1 .. 100_000);
$shell->type("\x03\r");
ok($shell->sync, '100 KB by lot: it is there');
like(join("\n", $shell->ask('keys irq*')), qr/^  irq_statistics/m, 'and answers') or diag substr $shell->said, -2000;
is($shell->leave, 33, 'exit: the machine ends, and all passed');

# ---- what there is, is in the book

{
    my $words = script('words', "help\n", cmdline => 'selftest=off shell=script,wrong');
    expect_line($words, qr/^shell=wrong: there are script, colour, plain, nopages: ignored$/, 'a word of the option that means nothing is said');
    my @commands = map { /^  (\w+)/ ? $1 : () } map {@$_} Pedant::Shell::transcript($words);
    my $book = slurp('docs/shell.md');
    cmp_ok(scalar @commands, '>', 9, 'help lists commands');
    is_deeply([ grep { $book !~ /^### .*\b$_\b/m && $book !~ /^`$_`/m } @commands ], [], 'docs/shell.md has each of them');
}

# ---- sites

my $elf = kernel_elf();
my @of_op = grep { $_->{instr} >= $elf->symbol('trap_handle') && $_->{instr} < $elf->symbol('trap_handle') + 0x400 } $elf->records;
my $site  = sprintf '0x%08x', $of_op[0]{instr};
my $hex   = qr/(?:[0-9a-f]{2} ?)+?/;
my @SITES = (
    [ 'sites irq_deliver' => qr/^  0x[0-9a-f]{8}   1 smp_locks +irq_deliver\+0x[0-9a-f]+\n  0x[0-9a-f]{8}   5 jump_label +irq_deliver\+0x[0-9a-f]+ +irq_statistics\n  2 sites$/ ],
    [ 'sites xmm2' => qr/^(?:  0x[0-9a-f]{8} +\d+ alternatives .* xmm2\n)+  [1-9]\d* sites$/ ],
    [ 'sites frobnicate*' => qr/^sites: no family, no function with sites, and nothing that they are about is like frobnicate\*$/ ],
    [ 'site irq_deliver' => qr/^0x.*: smp_locks, 1 bytes\n  record .*: a lock prefix\n  memory +f0\n  may hold +f0 +more CPUs than one, and as linked <- now: 2 online\n +3e +one CPU\n.*: jump_label, 5 bytes\n  record .*: key irq_statistics, unlikely, to irq_deliver.*\n  memory +0f 1f 44 00 00\n  may hold  3e 8d 74 26 00 +as linked\n +0f 1f 44 00 00 +the key is off <- now: its count is 0\n +e9 $hex +the key is on$/ ],
    [ 'flip irq_statistics' => qr/^  irq_statistics is on\n/ ],
    [ 'site irq_deliver' => qr/the key is off\n +e9 $hex +the key is on <- now: its count is 1$/ ],
    [ "site $site" => qr/^$site trap_handle.*: paravirt, 6 bytes\n.*: op read_cr2\n  memory +3e 3e 3e 0f 20 d0\n  may hold +ff 15 $hex +as linked\n(?:.*\n)* +3e 3e 3e 0f 20 d0 +back end native <- now: it is the back end\n(?:.*\n)* +2e e8 $hex +back end trace\n(?:.*\n)* +0f 0b 0f 1f 40 00 +an op without a function\n +66 0f 1f 44 00 00 +an op that does nothing$/ ],
    [ 'switch trace' => qr/^  switch / ],
    [ "site $site" => qr/memory +(2e e8 $hex)\n(?:.*\n)* +\1 +back end trace <- now: it is the back end\n/ ],
    [ 'switch native' => qr/^  switch / ],
    [ 'site cmpxchg64' => qr/: alternatives, 5 bytes\n.*: feature cx8\n  memory +f0 0f c7 0e 90\n  may hold  e8 $hex +as linked\n +e8 $hex +nothing of this: .*\n +f0 0f c7 0e 90 +cx8 <- now: sites are for a CPU with it$/ ],
    [ 'features -cx8' => qr/ 0 refused/ ],
    [ 'site cmpxchg64' => qr/memory +(e8 $hex)\n(?:.*\n)* +\1 +nothing of this: as compiled, with this CPU's padding <- now: no record applies\n/ ],
    [ 'site timer_ns' => qr/memory +(e8 $hex)\n(?:.*\n)* +\1 +it calls tsc_ns <- now: it does$/ ],
    [ 'call timer_clock timer_ns_by_source' => qr/^  timer_clock calls/ ],
    [ 'site timer_ns' => qr/it calls timer_ns_by_source <- now: it does\n/ ],
    [ 'site 5' => qr/^site: the byte at 0x00000005 is no site's$/ ],
    [ 'site 0xffffffff' => qr/^site: the byte at 0xffffffff is no site's$/ ],
    [ sprintf('site 0x%08x', hex($site) + 5) => qr/^$site trap_handle.*: paravirt, 6 bytes\n/ ],
    [ sprintf('site trap_handle+0x%x', hex($site) + 5 - $elf->symbol('trap_handle')) => qr/^$site trap_handle.*: paravirt, 6 bytes\n/ ],
    [ sprintf('site trap_handle+0x%x', hex($site) + 6 - $elf->symbol('trap_handle')) => qr/^(?!$site)/ ],
    [ 'site trap_handle+x' => qr/^site: trap_handle\+x is no function, no FUNCTION\+0xOFFSET and no address$/ ],
    [ 'site trap_handle+' => qr/^site: trap_handle\+ is no function, / ],
    [ 'site ' . 'x' x 300 => qr/^site: x{300} is no function, / ],
    [ 'site gdt_init' => qr/^0x[0-9a-f]{8} gdt_init.*\n  record .*: op \w+\n  its text was given up$/m ],
    [ 'sites gdt_init' => qr/^(?:  0x[0-9a-f]{8} +\d \w+ +gdt_init\+0x[0-9a-f]+ .*\(its text was given up\)\n)+  \d+ sites$/ ],
    [ 'sites smp_locks' => qr/^(?:  0x[0-9a-f]{8}   1 smp_locks +\S+(?: +\(its text was given up\))?\n)+  @{[ scalar Pedant::Families::locks($elf) ]} sites$/ ],
    [ sprintf('dis 0x%x', $elf->symbol('trap_handle') + 3) => qr/^  address   as linked +as it is\n/ ],
    [ 'site frobnicate' => qr/^site: frobnicate is no function, no FUNCTION\+0xOFFSET and no address$/ ],
    [ 'site printk' => qr/^site: there is no site in printk$/ ],
    [ 'dis trap_handle' => qr/^  address   as linked +as it is\n(?:  .*\n)*  ${\substr $site, 2}  ff 15 $hex +3e 3e 3e 0f 20 d0 +ds ds ds mov %cr2, %eax +# paravirt read_cr2\n/ ],
    [ 'dis irq_deliver' => qr/\n  [0-9a-f]{8}  3e 8d 74 26 00 +e9 $hex +jmp irq_deliver\+\S+ +# jump_label irq_statistics\n(?:.*\n)*  [0-9a-f]{8}  f0 ff 05 $hex +f0 ff 05 $hex +lock incl 0x[0-9a-f]+ +# smp_locks\n/ ],
    [ 'dis kernel_main' => qr/^dis: the text of kernel_main.* was given up$/ ],
    [ 'dis 7' => qr/^dis: 7 is no function and no address in one$/ ],
    [ 'verify' => qr/^  kernel   paravirt +\d+ inline .* [1-9]\d* gone, 0 wrong\n(?:  kernel   \w+ +\d+ inline .* 0 wrong\n){4}  kernel   text of \d{6} bytes, but for sites, is as when the shell began, 0 wrong\n  kernel   read-only memory of \d{6} bytes, but for sites, is as in the file pedant, 0 wrong$/ ],
);
my $sites = Pedant::Shell->new(name => 'sites', cmdline => 'selftest=off shell=nopages,plain', smp => 2, modules => [ kernel_path() ]);
for my $case (@SITES) {
    my ($line, $answer) = @$case;
    like(join("\n", $sites->ask($line)), $answer, $line);
}

# All of them: each holds what it may hold now, whatever state that is.
my %seen;
my @all = grep { /^  (0x\S+) +\d+ \w+ / && !/given up/ } $sites->ask('sites');
cmp_ok(scalar @all, '>', 1000, 'sites lists all');
$sites->ask('switch soft');
my @functions = grep { !$seen{$_}++ } map { /^  0x\S+ +\d+ \w+ +(\w+)\+0x/ ? $1 : () } @all;
my @some = @functions[ map { $_ * int(@functions / 60) } 0 .. 59 ];
is_deeply([ grep { join("\n", $sites->ask("site $_")) =~ /holds none|what it may hold:/ } @some ], [], 'sites of 60 functions hold what they may');
is($sites->leave, 33, 'and that is all');

# What is wrong is found: in a file whose text is another in one byte, and in a record that is damaged.
my $other = $elf->write_copy(log_dir() . "/shell-$$.elf", [ $elf->symbol('printk') => "\xcc" ]);
my $wrong = script('wrong', "verify\n", modules => [ "$script shell", $other ]);
unlink $other;
is($wrong->outcome, 'failed', 'verify: another file fails') or diag $wrong->describe;
expect_line($wrong, qr/^  0x[0-9a-f]{8} printk\+0x0\/\S+: no site's: [0-9a-f]{2}, not cc$/, 'and the byte is named');
my $damaged = $elf->write_copy(log_dir() . "/shell-$$.elf", [ $elf->symbol('__parainstructions') + 4 => "\xff" ]);
my $refused = script('refused', "verify\n", image => $damaged);
my $nothing = script('nothing', "verify\n", image => $damaged, cmdline => 'selftest=off shell=script all-or-nothing');
unlink $damaged;
expect_line($refused, qr/^  kernel   paravirt .* 1 wrong$/, 'verify: a damaged record is one that is wrong');
expect_line($nothing, qr/^  kernel   $_ .* 0 wrong$/, "verify: $_ as linked") for qw(alternatives smp_locks jump_label static_call);

# And in memory, where a debugger has been.
my $poked = Pedant::Shell->new(name => 'poked', cmdline => 'selftest=off shell=plain', monitor => 1);
my ($of_key) = map { /(0x[0-9a-f]{8}) +5 jump_label/ ? $1 : () } $poked->ask('sites stress_keys*');
$poked->poke(hex($of_key) + 2, "\x55");
$poked->poke($elf->symbol('crash_provoke'), "\x90");
like(join("\n", $poked->ask("site $of_key")), qr/^  memory holds none of what the site may hold now$/m, 'site: memory that holds something else');
my $verified = join "\n", $poked->ask('verify');
like($verified, qr/^  kernel   jump_label .* 1 wrong$/m, 'verify: a site with another byte');
like($verified, qr/^  $of_key \S+: text is not what the record says$/m, 'is named');
like($verified, qr/^  kernel   text of \d+ bytes, .* 1 wrong$/m, 'verify: text that is no site\'s');
like($verified, qr/^  0x[0-9a-f]{8} crash_provoke\+0x0\S*: no site's: 90, not [0-9a-f]{2}$/m, 'is named, too');

# The kernel panics while a command waits for the next page.
$from = $poked->mark;
$poked->type("stats\r");
ok($poked->wait_for(qr/-- more/, $from), 'stats waits');
$poked->poke($elf->symbol('input_get'), "\x0f\x0b");
is($poked->end, 37, 'the kernel panics then');
like(substr($poked->said, $from), qr/-- more.*^  by now .*^  jump_label .*panic/ms, 'what was said before a panic comes out');

# ---- keys, calls, back ends, features

my @LIVE = (
    [ 'flip stress_keys[0] stress_keys[1]' => qr/^  stress_keys\[0\] is on\n  stress_keys\[1\] is on\n  one commit: \d+ sites looked at, 0 refused, 2 CPUs, \d+ us$/ ],
    [ 'keys stress_keys*' => qr/stress_keys\[0\] +on +1 +2\n.*\[1\] +on +1 +2\n.*\[2\] +off/ ],
    [ 'flip stress_keys[0] stress_keys[0]' => qr/^key stress_keys\[0\]: twice in one commit$/ ],
    [ 'flip has_lock' => qr/^key has_lock: not from here: printk's lock hangs on it$/ ],
    [ 'flip 0x12345678' => qr/^key 0x12345678: there is none of this name$/ ],
    [ 'calls choice*' => qr/choice_call +choice_fn_no +2  choice_fn_no choice_fn_yes$/ ],
    [ 'call choice_call choice_fn_yes timer_clock timer_ns_by_source' => qr/^  choice_call calls choice_fn_yes\n  timer_clock calls timer_ns_by_source\n  one commit: \d+ sites/ ],
    [ 'calls choice*' => qr/choice_call +choice_fn_yes +2  / ],
    [ 'call choice_call' => qr/^call takes more than this: CALL FUNCTION\.\.\.$/ ],
    [ 'call choice_call choice_fn_no timer_clock' => qr/^call takes pairs: / ],
    [ 'call choice_call panic' => qr/^call choice_call: that panic has the call's type is not known: of these it is: choice_fn_no choice_fn_yes$/ ],
    [ 'call choice_call 0' => qr/^call choice_call: that 0 has/ ],
    [ 'call choice_call choice_fn_no choice_call choice_fn_yes' => qr/^call choice_call: twice in one commit$/ ],
    [ 'keys frobnicate' => qr/^  key +is +count +sites$/ ],
    [ 'calls frobnicate' => qr/^  call +calls +sites  could call$/ ],
    [ sprintf('flip 0x%x', $elf->symbol('irq_statistics')) => qr/^  irq_statistics is on\n  one commit: / ],
    [ sprintf('flip 0x%x', $elf->symbol('irq_statistics') + 1) => qr/^key 0x[0-9a-f]+: there is none of this name$/ ],
    [ 'flip irq_statistics stress_keys[2] frobnicate' => qr/^key frobnicate: there is none of this name$/ ],
    [ 'keys irq_statistics' => qr/irq_statistics +on +1 +2$/ ],
    [ 'flip irq_statistics' => qr/^  irq_statistics is off\n/ ],
    [ 'call choice_call no_function' => qr/^call choice_call: there is no function no_function$/ ],
    [ 'call stress_or_nothing 0' => qr/^  stress_or_nothing calls 0\n/ ],
    [ 'commit stress_keys[0] choice_call=choice_fn_no timer_clock=tsc_ns' => qr/^  stress_keys\[0\] is off\n  choice_call calls choice_fn_no\n  timer_clock calls tsc_ns\n  one commit/ ],
    [ 'switch soft' => qr/^  switch    native to soft: \d+ sites, 0 refused; 2 CPUs, / ],
    [ 'switch trace,native' => qr/^  switch    soft to trace: .*\n  switch    trace to native: / ],
    [ 'switch lguest' => qr/^switch: native to lguest: the new back end is for a kernel in another ring$/ ],
    [ 'features -xmm2 -cx8' => qr/^  \d+ sites: \d+ replaced, \d+ as compiled, \d+ gone, 0 refused; [1-9]\d* bytes written, 2 CPUs, / ],
    [ 'features' => qr/^  cx8 +yes +no\n(?:.*\n)*  xmm2 +yes +no\n(?:.*\n)*  lfence_rdtsc +yes +no$/m ],
    [ 'features +xmm2 +cx8' => qr/^  \d+ sites: .* 0 refused; / ],
    [ 'features +smap' => qr/^features: smap: this CPU has it not$/ ],
    [ 'features -always' => qr/^features: always: every CPU has it$/ ],
    [ 'features xmm2' => qr/^features: xmm2: \+NAME or -NAME$/ ],
    [ 'features -nothing' => qr/^features: nothing: no feature has this name$/ ],
    [ 'exit x' => qr/^exit: x is no number$/ ],
    [ 'help nothing' => qr/^help: nothing is no command$/ ],
    [ 'help flip' => qr/^  flip KEY\.\.\. +turn keys/ ],
    [ 'stats 1' => qr/^stats takes less than this: no argument$/ ],
);
my $live = Pedant::Shell->new(name => 'live', cmdline => 'selftest=off shell=nopages,plain', smp => 2, monitor => 1);
unlike($live->said, qr/\e/, 'shell=plain: no sequence');
for my $case (@LIVE) {
    my ($line, $answer) = @$case;
    like(join("\n", $live->ask($line)), $answer, $line);
}

# The manifest of all this: memory is what its state asks for, and nothing else changed.
my ($status, $said) = verify_held($live, $elf);
is($status, 0, 'pvtool verify explains every byte after all of it') or diag $said;
$live->ask($_) for 'features -xmm2', 'switch soft', 'flip stress_keys[2]', 'call choice_call choice_fn_yes';
($status, $said) = verify_held($live, $elf, '--state soft');
is($status, 0, 'and with all of it changed') or diag $said;
is($live->leave('exit 1'), 35, 'exit 1: the machine failed');
is_deeply([ map {"$_->{result} $_->{why}"} grep { $_->{suite} eq 'shell' } $live->events('test') ], ['fail it ended with status 1'], 'and says with what');

# ---- CPUs, modules, what ops cost

my @MACHINE = (
    [ 'cpu' => qr/^  CPU 0  APIC 0   online\n  CPU 1  APIC 1   online$/ ],
    [ 'cpu down 1' => qr/^  CPU 1 is off: 1 of 2 run$/ ],
    [ 'site irq_deliver' => qr/memory +3e\n(?:.*\n)* +3e +one CPU <- now: 1 online\n/ ],
    [ 'cpu down 1' => qr/^smp: cpu_down\(1\): already so$/ ],
    [ 'cpu down 0' => qr/^smp: cpu_down\(0\): the boot CPU cannot go down$/ ],
    [ 'cpu up 1' => qr/^  CPU 1 is online: 2 of 2 run$/ ],
    [ 'site irq_deliver' => qr/memory +f0\n  may hold +f0 .* <- now: 2 online\n/ ],
    [ 'cpu up 7' => qr/^cpu: there are CPUs 0 to 1$/ ],
    [ 'cpu left 1' => qr/^cpu: up NUMBER, or down NUMBER$/ ],
    [ 'modules' => qr/^  sites +loaded at 0x[0-9a-f]{8}, \d+ records of sites$/ ],
    [ 'sites module_test_key' => qr/ jump_label +sites\+0x[0-9a-f]+ +module_test_key\n/ ],
    [ 'features -xmm2' => qr/ 0 refused/ ],
    [ 'verify' => qr/\n  sites +alternatives .* 0 wrong\n(?:.*\n)*  kernel   alternatives .* 0 wrong\n/ ],
    [ 'unload sites' => qr/^  module +sites: unloaded: / ],
    [ 'modules' => qr/^  sites +brought by the boot loader, \d+ bytes$/ ],
    [ 'unload sites' => qr/^unload: sites is not loaded$/ ],
    [ 'load sites' => qr/^  module +sites: loaded: / ],
    [ 'load sites' => qr/^module.*sites/ ],
    [ 'load frobnicate' => qr/^load: the boot loader has brought no frobnicate$/ ],
    [ 'top 1' => qr/^  second 1 of 1: [1-9]\d* calls, 2 CPUs\n    \w+ +[1-9]\d*(?:\n    \w+ +\d+)*$/ ],
    [ 'top 0' => qr/^top: 0 is no number of seconds$/ ],
    [ 'bench irq_disable' => qr/^  irq_disable, back end native: cycles .*\n  patched +\d+\.\d\n  as linked, by the table +\d+\.\d\n  the loop alone +\d+\.\d$/ ],
    [ 'bench frobnicate' => qr/^bench: frobnicate: there is no loop for it$/ ],
    [ 'verify' => qr/^(?:.* 0 wrong\n)+.*not compared/ ],
);
my $machine = Pedant::Shell->new(name => 'machine', cmdline => 'selftest=off shell=nopages,plain', smp => 2, modules => [ build_dir() . '/tests/module/sites.ko' ]);
for my $case (@MACHINE) {
    my ($line, $answer) = @$case;
    like(join("\n", $machine->ask($line)), $answer, $line);
}
# Calls of a second, and not all since there is a count: those of one are soon less than those of all before it.
{
    my ($all, $less) = (0, 0);
    for (1 .. 8) {
        my ($calls) = map { /^  second 1 of 1: (\d+) calls/ ? $1 : () } $machine->ask('top 1');
        last if $less = $all && $calls < $all;
        $all += $calls // 0;
    }
    ok($less, 'top: each second has its own calls');
}

# ---- what Tab offers: names from the same tables as the commands' own lists. A comment keeps the line from being run.

sub offers {
    my ($shell, $text, $becomes, @names) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $from = $shell->mark;
    $shell->type("$text\t\x01#\r");
    $shell->wait_for(qr/#[^\n]*\n\Q$Pedant::Shell::PROMPT\E\z/, $from);
    my @rows  = Pedant::Shell::shown(substr $shell->said, $from);
    my ($is)  = map { /#(.*)/ ? $1 : () } @rows;
    my @found = map { /^  (\S+)$/ ? $1 : () } @rows;
    is_deeply([ $is, sort @found ], [ $becomes, sort @names ], "Tab behind '$text'") or diag substr "$is: @found", 0, 500;
    return;
}

# What the lines of a command's own list begin with.
sub listed { my ($command, $pattern) = @_; return map { /$pattern/ } $machine->ask($command) }

my @words  = listed('help',  qr/^  (\w+)/);
my @keys   = listed('keys',  qr/^  (\S+) +(?:on|off) /);
my @called = listed('calls', qr/^  (?!call )(\S+) /);
offers($machine, '', '', @words);
offers($machine, 'help ', 'help', @words);
offers($machine, 'he', 'help');
offers($machine, "$_ ", $_, @keys) for qw(keys flip);
offers($machine, 'calls ', 'calls', @called);
offers($machine, 'call console_w', 'call console_writer');
offers($machine, 'call console_writer out_', 'call console_writer out_writer');
offers($machine, 'commit ', 'commit', @keys, @called);
my %with_sites = map { /^  0x([0-9a-f]{8}) +\d+ \w+ +([^ +]+)\+(0x[0-9a-f]+)/ ? (hex($1) - hex($3) => $2) : () } $machine->ask('sites');
offers($machine, "$_ ", $_, values %with_sites) for qw(sites site dis);
offers($machine, 'sites irq_de', 'sites irq_deliver');
offers($machine, 'switch ', 'switch', qw(native soft trace));
my %for = map { /^  (?!always )(\S+) +yes +(yes|no)$/ ? ($1 => $2 eq 'yes') : () } $machine->ask('features');
offers($machine, 'features ', 'features', map { ($for{$_} ? '-' : '+') . $_ } keys %for);
offers($machine, 'features -cm', 'features -cmov');
$machine->ask('features -cmov');
offers($machine, 'features +cm', 'features +cmov');
$machine->ask('features +cmov');
offers($machine, 'cpu ', 'cpu', qw(up down));
offers($machine, "$_ ", "$_ sites") for qw(load unload);
offers($machine, "$_ ", $_, listed('museum', qr/^  (\S+) +\d+ /)) for qw(museum break);
offers($machine, 'bench irq_', 'bench irq_', qw(irq_disable irq_enable));
offers($machine, 'bench cl', 'bench clts');
offers($machine, 'stats ', 'stats');

$from = $machine->mark;
$machine->type("top\r");
ok($machine->wait_for(qr/second 1 of 10/, $from), 'top goes on');
$machine->keys("\x03");
like(substr($machine->said, $from), qr/^interrupted, with 0 characters that were typed before\r$/m, 'Ctrl-C ends it');
$from = $machine->mark;
$machine->type("top\rkeys irq*\r");
ok($machine->wait_for(qr/second 1 of 10/, $from), 'top, and a command that was typed ahead');
$machine->type("\x03");
ok($machine->wait_for(qr/interrupted, with 10 characters that were typed before/, $from, 8), 'Ctrl-C ends what runs, whatever was typed before it');
is_deeply([ map { $_->{to} } ($machine->leave, $machine->events('switch'))[ -2, -1 ] ], [qw(trace native)], 'and the back end is what it was');

# ---- guests

my $guests = Pedant::Shell->new(name => 'guests', cmdline => 'selftest=off shell=nopages,plain', modules => [ kernel_path() . ' selftest=off' ], memory => 128);
is_deeply([ $guests->ask('guest') ], ['  pedant           brought by the boot loader'], 'guest: none was run at boot');
offers($guests, 'guest ', 'guest', qw(start stop console pedant));
is_deeply([ $guests->ask('guest stop') ], ['guest: there is none'], 'guest stop: there is none');
is_deeply([ $guests->ask('guest start frob') ], ['guest: not started: no boot module of this name is an image'], 'guest start: none of this name');
is_deeply([ $guests->ask('guest frob') ], ['guest: start, stop or console'], 'guest: no such word');
my $life = join "\n", $guests->ask('guest start pedant selftest=boot run=true'), $guests->ask('guest console', 60);
like($life, qr/^guest 1: pedant, 16 MiB: selftest=boot run=true$/m, 'guest start: it has its options');
like($life, qr/^guest 1\| pedant: \d+ passed, 0 failed, 0 skipped$/m, 'guest console: what it says');
like($life, qr/^guest 1: ended: it says that all passed$/m, 'until its end');

# One that works for long, on the only CPU: who types is answered meanwhile, and it ends when it is told to.
$guests->ask('guest start pedant selftest=*');
ok($guests->wait_for(qr/guest 1\|   # Subtest: atomic/), 'a guest runs beside the shell');
ok($guests->type("guest\r") && $guests->wait_for(qr/^  guest 1: pedant runs\r?$/m), 'guest: it runs');
ok($guests->type("guest stop 2\r") && $guests->wait_for(qr/^guest: there is none of number 2\r?$/m), 'guest stop 2: there is none');
ok($guests->type("guest stop x\r") && $guests->wait_for(qr/^guest: there is none of number x\r?$/m), 'guest stop x: that is no number');
for my $command ('keys irq*', 'switch soft', 'verify', 'features -xmm2', 'switch native') {
    ok($guests->type("$command\r") && $guests->wait_for({
        keys => qr/irq_statistics +off/, switch => qr/native to soft: .* 0 refused/, verify => qr/for sites, is as when the shell began, 0 wrong/,
        features => qr/sites: .* 0 refused/ }->{ $command =~ s/ .*//r }), "$command, under a guest");
}
$from = $guests->mark;
$guests->type("guest stop\r");
ok($guests->wait_for(qr/guest 1: ended: it was stopped/, $from), 'guest stop: it ends');
ok($guests->sync, 'and the shell goes on');
is($guests->leave, 33, 'to its own end');

# ---- the screen and its keyboard

my $screen = Pedant::Shell->new(name => 'screen', cmdline => 'selftest=off shell=plain', monitor => 1);

sub press {
    for my $key (@_) {
        $screen->execute('human-monitor-command', 'command-line' => "sendkey $key 10");
        select undef, undef, undef, 0.05;
    }
    return;
}

sub sees {
    my ($pattern, $what) = @_;
    my $end = time + 30 * ($ENV{PATIENCE} || 1);
    my @rows;
    while (1) {
        @rows = $screen->vga_text;
        last if time > $end || join("\n", @rows) =~ $pattern;
        select undef, undef, undef, 0.1;
    }
    return like(join("\n", @rows), $pattern, $what);
}
press(qw(k e tab));
sees(qr/^pedant> keys$/m, 'keys of a keyboard are on the screen, and Tab completes there');
press(qw(i r q shift-8 left left home ret));
sees(qr/^pedant> keys irq\*\n  key .*\n  irq_statistics               off       0      2\n/m, 'Shift, arrows and Enter: a command is done there');
press(qw(up ctrl-a ctrl-k f r o b ret));
sees(qr/^pedant> frob\n'frob' is no command: help lists them\n/m, 'Ctrl and the history work');
ok($screen->wait_for(qr/'frob' is no command/), 'and the serial line shows the same');
my $cell = unpack 'x' . (80 * 2 * (grep {/./} $screen->vga_text) - 160 + 2 * 8 + 1) . 'C', $screen->pmemsave(0xb8000, 80 * 25 * 2);
is($cell, 0x70, 'the cursor is behind the prompt');
press(qw(s t a t s ret));
sees(qr/^-- more: space, return; q: no --/m, 'pages are those of the screen');
press('q');
sees(qr/^\.\.\. \d+ more\npedant>/m, 'and end there');
press(qw(e x i t));
eval { press('ret') };    # the machine may have ended before QEMU says that the key went down
is($screen->end, 33, 'and so does the machine');

# One CPU: lock prefixes are not there, also in what goes back to what was compiled.
my $one = Pedant::Shell->new(name => 'one', cmdline => 'selftest=off shell=nopages,plain', monitor => 1, cpu => 'max');
like(join("\n", $one->ask($_)), qr/^  \d+ sites: .* 0 refused; /, "$_: none is refused with one CPU")
    for 'features -xmm2 -lfence_rdtsc', 'features -erms', 'features +xmm2', 'features -xmm2';
($status, $said) = verify_held($one, $elf);
is($status, 0, 'pvtool verify explains one CPU without features') or diag $said;
like(join("\n", $one->ask('features -smap')), qr/^features: smap: it is switched on|^features: smap: /, 'smap stays');
is($one->leave, 33, 'and it ends as it should');

done_testing;
