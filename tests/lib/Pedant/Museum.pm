# SPDX-License-Identifier: MIT
#
# The museum's exhibits as a script of the shell breaks and repairs them, and as docs/museum.md tells of them.
#
#     my $run = museum_script('all', [ 'break lock-nop', 'repair' ], smp => 2);
#     my @answers = Pedant::Shell::transcript($run);    # [ command, lines ]
#     my %docs = documented();        # name => [ mistake, test ]
package Pedant::Museum;

use strict;
use warnings;
use Exporter qw(import);
use Pedant;
use Pedant::File qw(slurp spew);
use Test::More;

our @EXPORT = qw(museum_script documented check_exhibit);

# With the kernel's own file as a boot module, or file => one like it; '' for none.
sub museum_script {
    my ($name, $commands, %args) = @_;
    my $path   = log_dir() . "/museum-$name-$$.script";
    my $file   = delete $args{file} // kernel_path();
    my $said   = delete $args{cmdline} // '';
    spew($path, join '', map {"$_\n"} @$commands);
    my $run = boot(name => "museum $name", modules => [ "$path shell", $file || () ], cmdline => "selftest=off shell=script $said", timeout => 120, %args);
    unlink $path;
    return $run;
}

# Rows of docs/museum.md: | `name` | mistake | what | made by | caught by |
sub documented {
    return map { /^\| `([\w-]+)` \| (\d+) \|.*\| ([^|]*) \|$/ ? ($1 => [ $2, $3 ]) : () } split /\n/, slurp('docs/museum.md');
}

# Both answers of one: the mistake shows by its own sentence, its test has noticed it, and the repair helps. $where: 'a guest' or 'this kernel'.
sub check_exhibit {
    my ($name, $happens, $where, $broken, $repaired) = @_;
    my ($test) = $happens->[0];
    my $text   = join "\n", @$broken;
    my $passes = $where eq 'a guest' ? 'guest 1' : 'this kernel';
    return subtest $name => sub {
        is($broken->[0], "break $name", 'it is broken');
        like($text, qr/^  mistake   \d+: .+\n  made in   \Q$where\E: .+\n  expected  .+$/m, 'what is done, where, and what the right one does');
        like($text, qr/^  happened  $happens->[1]$/m,                                      'what happens is its own');
        like($text, qr/^  caught by (?:the test|a panic in) \Q$test\E(?:; see also: .+)?$/m, 'and is caught by what it says');
        is($repaired->[0], 'repair', 'it is repaired');
        like($repaired->[1] // '', qr/^  \Q$name\E is put right: [1-9]\d* bytes$/, 'the bytes are back');
        is($repaired->[2], "  $test passes in $passes", 'and the same test passes');
    } || diag join "\n", @$broken, @$repaired;
}

1;
