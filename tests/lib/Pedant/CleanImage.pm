# SPDX-License-Identifier: MIT
#
# One clean little kernel image of which pvtool check has nothing to say, a section's text a key. A case
# replaces or extends some of them, and names the line that must appear then.
#
#     use Pedant::CleanImage;
#     passes('an object in .text', text => "$clean{text}global blob:data 1\nblob: db 0xfa\nret\n");
#     passes('for a 686', options => '--cpu i686', text => ...);
#     finds('cli in .text', qr/: cli \(fa\) outside/, text => "$clean{text}cli\nret\n");
package Pedant::CleanImage;

use strict;
use warnings;
use Exporter qw(import);
use Pedant::Pvtool;
use Test::More;

our @EXPORT = qw(%clean %privileged alternative branch call call_key image check finds passes);

# Instructions that only a back end may use, and their bytes.
our %privileged = (
    cli => 'fa', sti => 'fb', hlt => 'f4', pushfd => '9c', pushfw => '66 9c', popfd => '9d',
    popfw => '66 9d', iret => 'cf', iretw => '66 cf', 'mov eax, cr0' => '0f 20 c0',
    'mov cr3, eax' => '0f 22 d8', 'mov eax, dr7' => '0f 21 f8', 'mov dr0, eax' => '0f 23 c0',
    'lgdt [eax]' => '0f 01 10', 'lidt [eax]' => '0f 01 18', 'lldt ax' => '0f 00 d0',
    'ltr ax' => '0f 00 d8', 'lmsw ax' => '0f 01 f0', clts => '0f 06', invlpg => '0f 01 38',
    wbinvd => '0f 09', invd => '0f 08', rdmsr => '0f 32', wrmsr => '0f 30', sysexit => '0f 35',
);

# A record of an alternative: site and its length, replacement and its length, feature.
sub alternative {
    my ($site, $len, $new, $new_len, $feature) = @_;
    return "dd $site - \$\ndd $new - \$\ndw $feature\ndb $len, $new_len\n";
}

# A record of a static key's branch: site, target, key and flags.
sub branch {
    my ($site, $target, $key) = @_;
    return "dd $site - \$\ndd $target - \$\ndd $key - \$\n";
}

# A record of a static call: site, key and flags.
sub call {
    my ($site, $key) = @_;
    return "dd $site - \$\ndd $key - \$\n";
}

# A key of one: two functions, the trampoline, what that is linked to, whether the result is narrow.
sub call_key { my ($name, @words) = @_; return "align 4, db 0\n$name: dd " . join(', ', @words) . "\n" }

# The parts. The keys behind the sections' are pieces of the linker script.
our %clean = (
    header => "align 4\ndd 0x1badb002, 3, -(0x1badb002 + 3)\n",
    boot => "global _start:function\n_start: cli\nlgdt [gdtr]\nmov eax, cr0\ncall kmain\nhlt\n"
        . "global gdtr:data (gdtr_end - gdtr)\ngdtr: dw 0x3f\ndd 0x0f240fff\ngdtr_end:\n",
    text => "global kmain:function\nkmain: push ebp\nsite1: call [pv_ops + 4]\nfninit\n"
        . "fnstsw ax\ncpuid\nrdtsc\ncmpxchg8b [esi]\npause\nrep bsf eax, ecx\nud2\n"
        . "site2: jmp [pv_ops + 8]\ncall [elsewhere]\n"
        . "global fence:function\nfence: nop\nalt1: lock add dword [esp], 0\nnop\nnop\nret\n"
        . "global count:function\ncount: nop\nlock1: lock inc dword [esi]\nlock dec dword [esi]\nret\n"
        . "global panic:function\npanic: jmp panic\n"
        . "global table_fatal:function\ntable_fatal: jmp panic\n",
    traced => "global traced:function\ntraced: nop\nbranch1: db 0x3e, 0x8d, 0x74, 0x26, 0\nnop\nbranch1_on: ret\n",
    called => "global __SCT__one:function\n__SCT__one: jmp near called\n"
        . "global called:function\ncalled: ret\nglobal calling:function\ncalling: call __SCT__one\ntail: jmp near __SCT__one\n",
    exempt => "global nmi:function\nnmi: call engine\nmov eax, cr2\niret\n",
    engine => "global engine:function\nengine: cli\ncall native_cli\njz panic\ncall table_fatal\nret\n",
    native => "native_cli: cli\nret\nnative_wrmsr: wrmsr\ncmovz eax, ecx\nret\n",
    init => "global init:function\ninit: push ebp\nearly: call [pv_ops + 4]\nret\n",
    table => "dd site1\ndb 1, 6\ndw 0\ndd site2\ndb 2, 6\ndw 0\ndd early\ndb 1, 6\ndw 0\n",
    alternatives => alternative('alt1', 7, 'new1', 3, 26),
    replacements => "new1: mfence\nnew1_end:\n",
    locks => "dd alt1 - \$\ndd lock1 - \$\n",
    branches => branch('branch1', 'branch1_on', 'key1'),
    calls => call('__SCT__one', '__SCK__one') . call('calling', '__SCK__one') . call('tail', '__SCK__one'),
    data => "global pv_ops:data (pv_ops_end - pv_ops)\npv_ops: times 5 dd kmain\npv_ops_end:\n"
        . "elsewhere: dd kmain\n",
    keys => "align 16, db 0\nkey1: dd 0, 0, 0, 0\n",
    call_keys => call_key('__SCK__one', qw(called called __SCT__one called 1)),
    extra => '',
    options => '',
    before => '', # linker script: output sections in front of .boot
    after => '',  # and behind the last
    begin => '__parainstructions = .;',
    end => '__parainstructions_end = .;',
    alt_begin => '__alt_instructions = .;',
    alt_end => '__alt_instructions_end = .;',
    lock_begin => '__smp_locks = .;',
    lock_end => '__smp_locks_end = .;',
    branch_begin => '__jump_table = .;',
    branch_end => '__jump_table_end = .;',
    call_begin => '__static_call_sites = .;',
    call_end => '__static_call_sites_end = .;',
    new_flags => 'noexec',
);

sub assembly {
    my (%part) = @_;
    my @sections = (
        ['.boot', 'exec nowrite', $part{header} . $part{boot}],
        ['.text', 'exec nowrite', $part{traced} . $part{called} . $part{text}],
        ['.init.text', 'exec nowrite', $part{init}],
        ['.text.exempt', 'exec nowrite', $part{exempt}],
        ['.pv.text', 'exec nowrite', $part{engine}],
        ['.pv.native', 'exec nowrite', $part{native}],
        ['.parainstructions', 'noexec nowrite', $part{table}],
        ['.altinstructions', 'noexec nowrite', $part{alternatives}],
        ['.altinstr_replacement', "$part{new_flags} nowrite", $part{replacements}],
        ['.smp_locks', 'noexec nowrite', $part{locks}],
        ['__jump_table', 'noexec nowrite', $part{branches}],
        ['.static_call_sites', 'noexec nowrite', $part{calls}],
        ['.data', 'noexec write', $part{keys} . $part{call_keys} . $part{data}],
    );
    my $text = "bits 32\n";
    $text .= "section $_->[0] progbits alloc $_->[1] align=4\n$_->[2]\n" for @sections;
    return $text . $part{extra};
}

sub script {
    my (%part) = @_;
    return <<"END";
ENTRY(_start)
SECTIONS {
    . = 0x100000;
    $part{before}
    .boot : { *(.boot) }
    .text : { *(.text) }
    .init.text : { _init_text = .; *(.init.text) _init_text_end = .; }
    .text.exempt : { *(.text.exempt) }
    .pv.text : { *(.pv.text) }
    .pv.native : { *(.pv.native) }
    .parainstructions : ALIGN(8) { $part{begin} KEEP(*(.parainstructions)) $part{end} }
    .altinstructions : { $part{alt_begin} KEEP(*(.altinstructions)) $part{alt_end} }
    .altinstr_replacement : { KEEP(*(.altinstr_replacement)) }
    .smp_locks : { $part{lock_begin} KEEP(*(.smp_locks)) $part{lock_end} }
    __jump_table : { $part{branch_begin} KEEP(*(__jump_table)) $part{branch_end} }
    .static_call_sites : { $part{call_begin} KEEP(*(.static_call_sites)) $part{call_end} }
    .data : { *(.data) }
    .bss : { *(.bss) }
    $part{after}
}
END
}

# An image made of the clean one with some parts replaced; returns its path.
sub image {
    my (%change) = @_;
    my %part = (%clean, %change);
    return image_of(assembly(%part), script(%part));
}

# The exit status, and what it said.
sub check { my ($path, $options) = @_; return pvtool("check $path " . ($options // '')) }

# One thing is wrong: the line is there, and the last one counts right.
sub finds {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($name, $want, %change) = @_;
    my ($status, $said) = check(image(%change), $change{options});
    my ($n) = $said =~ /: (\d+) findings?\n\z/;
    my $lines = () = $said =~ /\n/g;
    ok($status == 1 && $said =~ $want && defined $n && $n == $lines - 1, $name)
        or diag("exit status $status, wanted $want, found:\n$said");
    return;
}

# Returns what it said.
sub passes {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($name, %change) = @_;
    my ($status, $said) = check(image(%change), $change{options});
    is($status, 0, $name) or diag($said);
    return $said;
}

1;
