# SPDX-License-Identifier: MIT
#
# pvtool gives back what it takes, also where it fails: each command, and each way to an early end, with ASan and its
# search for leaks, whose reports have a status of their own.
use strict;
use warnings;

BEGIN { $ENV{PVTOOL} = ($ENV{BUILD} || 'build') . '/tests/pvtool-asan' }
use Pedant;
use Pedant::Elf;
use Pedant::LinuxImage;
use Pedant::Pvtool;
use Test::More;

my $elf   = Pedant::Elf->new(build_dir() . '/tests/adopt.elf');
my $image = $elf->path;

sub ends {
    my ($command, $wanted) = @_;
    my ($status, $said) = pvtool($command);
    is($status, $wanted, 'pvtool ' . $command =~ s{\S+/}{}gr) or diag substr $said, 0, 1500;
    return $said;
}

# The search works here: who may not trace itself finds nothing.
plan skip_all => 'no leaks are looked for here' if (pvtool('--help'))[0] != 0;

my $memory = $elf->memory(0x100000);
my $dump  = spew('dump', $memory);
my $wrong = spew('wrong', do { my $bytes = $memory; substr($bytes, $elf->symbol('adopt_main') - 0x100000, 1) ^= "\x10"; $bytes });
my $short = spew('short', substr $memory, 0, 1000);
my $copy  = spew('copy.elf', slurp($image));
my $text  = spew('text', "no image\n");
my $none  = scratch('none');
my $json  = scratch('manifest.json');
my $bad   = $elf->write_copy(scratch('bad.elf'), [ ($elf->records)[0]{record} + 5 => "\7" ]);

ends("$_ $image", 0) for 'check', 'sites', 'sites --family smp_locks', 'manifest', 'list', 'list --function use_sites', 'calls';
ends("index $copy",                   0);
ends("relocs $copy",                  1);
ends("manifest $image -o $json",      0);
ends("manifest $image $dump",         0);
ends("verify $image $dump",           0);
ends("verify $image $wrong",          1);
ends("verify $json $dump",            0);
ends("verify $json $wrong",           1);
ends("diff $image $dump",             0);
ends("diff $image $wrong",            1);
ends("list $image $dump",             0);
ends("view $image -o $json",          0);
ends("view $image $dump -o " . scratch('view.html'), 0);

# Early ends.
for my $file ($text, $none) {
    ends("$_ $file", 2) for qw(check index calls relocs seal sites manifest list);
    ends("$_ $file $dump", 2) for qw(verify diff list manifest), 'view -o ' . scratch('view.json');
    ends("$_ $image $file", 2) for qw(verify diff list manifest), 'view -o ' . scratch('view.json');
}
ends("$_ $image $short", 2) for qw(verify diff list manifest), 'view -o ' . scratch('view.json');
ends("verify $json $dump",                 2);    # pvtool view's
ends("verify --state zen $image $dump",    2);
ends("sites --family zen $image",          2);
ends("$_ --function zen $image $dump",     2) for qw(list diff);
ends("manifest $image -o " . scratch('nowhere/x'), 2);
ends("view $image -o " . scratch('nowhere/x.json'), 2);
ends("$_ $bad", 1) for qw(check sites manifest);
ends("index $bad", 1);
ends("verify $bad $dump", 1);

# Other people's kernels.
my $linux = linux_image('6.1', 'sections');
my $its   = spew('linux.dump', $linux->memory);
ends("check $linux->{path}",       0);
ends("sites $linux->{path}",       0);
ends("verify $linux->{path} $its", 1);
ends("verify $linux->{path} $short", 2);
$linux = linux_image('6.1', 'stripped');
ends("$_ $linux->{path}", 0) for qw(check sites);
ends("verify $linux->{path} " . spew('linux.dump', $linux->memory), 1);

done_testing;
