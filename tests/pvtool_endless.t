# SPDX-License-Identifier: MIT
#
# pvtool on input without an end, or with more than there can be, and on a disk that is full: it comes to an end,
# says why, and with a status that is not 0.
use strict;
use warnings;
use Test::More;
use POSIX qw(mkfifo);
use Pedant;
use Pedant::Pvtool;

my $image = kernel_path();
my $bytes = slurp($image);

sub refuses {
    my ($what, $command, $why) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, $said) = pvtool($command);
    is($status, 2, "$what: status 2");
    like($said, $why, "$what: and why");
    return;
}

# A process that writes for ever into a FIFO, or holds it open without a word; gone with the test.
my @children;
sub fifo {
    my ($name, $write) = @_;
    my $path = scratch($name);
    mkfifo($path, 0600) or BAIL_OUT("$path: $!");
    my $pid = fork // BAIL_OUT("fork: $!");
    if (!$pid) {
        $SIG{PIPE} = 'DEFAULT';
        open my $out, '>', $path or exit 1;
        if (!$write) { sleep 60; exit 0 }
        print {$out} $write x 4096 or exit 1 for 1 .. 1 << 20;
        exit 0;
    }
    push @children, $pid;
    return $path;
}
END { kill 'KILL', @children if @children }

for my $command ('check %s', 'index %s', 'sites %s') {
    refuses("$command of /dev/zero", sprintf($command, '/dev/zero'), qr/has more than \d+ bytes/);
}
refuses('an image from a FIFO without an end', 'check ' . fifo('endless', "\0" x 16), qr/has more than \d+ bytes/);
refuses('an image from a FIFO that says nothing', 'check ' . fifo('silent', ''), qr/nothing came for \d+ s$/m);
{
    my $sparse = scratch('sparse');
    open my $out, '>', $sparse or BAIL_OUT("$sparse: $!");
    truncate $out, 4 << 40 or BAIL_OUT("truncate: $!");
    close $out;
    refuses('a sparse file of 4 TB', "check $sparse", qr/has more than \d+ bytes/);
}

# A dump is read as far as the image goes: then it is another kernel's.
my ($status, $said) = pvtool("verify $image /dev/zero --features 0,0,0,0,0,0,0,0,0,0");
is($status, 1, 'a dump of zeros without an end: status 1');
like($said, qr/^\.\.\. and \d+ more$/m, 'and how many violations');

# Headers: e_shoff is at 32, e_shnum at 48; sh_size of section n at 20.
my $sections = unpack 'V', substr $bytes, 32, 4;
sub with { my ($offset, $new) = @_; my $copy = $bytes; substr($copy, $offset, length $new) = $new; return spew('damaged', $copy) }
for my $count (0xfeff, 5000) {
    my $grown = $bytes . "\0" x (40 * $count);
    substr($grown, 32, 4) = pack 'V', length $bytes;
    substr($grown, 48, 2) = pack 'v', $count;
    refuses("$count sections", 'check ' . spew('damaged', $grown), qr/sections, more than \d+|no symbol table|no valid name|no section names/);
}
refuses('2^32-1 sections', 'check ' . spew('damaged', do {
    my $copy = $bytes;
    substr($copy, 48, 2) = "\0\0";
    substr($copy, $sections + 20, 4) = "\xff" x 4;
    $copy;
}), qr/pvtool: \S+: /);
{
    my $text = $sections + 40;    # all of the file, over and over
    my $copy = $bytes;
    my $n    = unpack 'v', substr $bytes, 48, 2;
    substr($copy, $sections + 40 * $_ + 16, 8) = pack 'V2', 0, length $bytes for 1 .. 3;
    refuses('sections that are all the same bytes', 'check ' . spew('damaged', $copy), qr/sections share bytes/);
}

# A full disk.
for my $command ("check $image", "sites $image", "list $image", '--help') {
    my ($code, $text) = pvtool("$command > /dev/full");
    is($code, 2, "$command to a full disk: status 2");
}
{
    my $copy = spew('full.elf', $bytes);
    my $tool = $ENV{PVTOOL} || build_dir() . '/tools/pvtool';
    my $text = qx(bash -c 'ulimit -f 16; $tool index $copy' 2>&1);
    is($? >> 8, 2, 'an index that cannot be written back: status 2') or diag($text);
    is(slurp($copy), $bytes, 'the file is as it was');
    is_deeply([ glob "$copy.*" ], [], 'and nothing is left beside it');
}

done_testing;
