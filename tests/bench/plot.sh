#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Charts of what the measurements left in a directory: pass.json -> pass.svg, cycles.json ->
# cycles.svg, choices.json -> choices.svg, table.dat -> table.svg. Needs gnuplot (package gnuplot-nox) and perl.
#
#	tests/bench/plot.sh build/bench

set -eu

dir=${1:?usage: plot.sh DIRECTORY}
command -v gnuplot > /dev/null || { echo "plot: gnuplot is missing: apt-get install gnuplot-nox" >&2; exit 1; }

# json_rows FILE LIST CONDITIONS MEMBER...: a line for each object of the list, members by tabs;
# conditions are MEMBER=VALUE, by semicolons; LIST "": the file is the list
json_rows() {
	perl -MJSON::PP -e '
		my ($file, $list, $only, @members) = @ARGV;
		open my $in, "<", $file or die "plot: $file: $!\n";
		my $json = decode_json(do { local $/; <$in> });
		my %want = map { split /=/ } split /;/, $only;
		for my $row (@{$list eq "" ? $json : $json->{$list}}) {
			next if grep { $row->{$_} ne $want{$_} } keys %want;
			print join("\t", map { defined $row->{$_} ? $row->{$_} : "" } @members), "\n";
		}' "$@"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
made=0

if [ -f "$dir/pass.json" ]; then
	for family in paravirt alternatives smp_locks all; do
		json_rows "$dir/pass.json" "" "field=regular;family=$family;state=near" records ns floor_ns \
			> "$work/$family"
	done
	gnuplot <<- EOF
		set terminal svg size 800,500 font "sans,13" background "white"
		set termoption noenhanced
		set output "$dir/pass.svg"
		set title "The patch passes, regular text out of the first caches; dashed: stores of the final bytes"
		set xlabel "records"; set ylabel "ns a record"
		set logscale xy; set yrange [0.5:]; set xrange [80:1.25e6]
		set key outside right; set grid
		families = "paravirt alternatives smp_locks all"
		plot for [i=1:4] "$work/".word(families, i) using 1:2 with linespoints lc i pt 7 \
		     title word(families, i), \
		     for [i=1:4] "$work/".word(families, i) using 1:3 with linespoints lc i dt 2 pt 6 notitle
	EOF
	echo "$dir/pass.svg"
	made=1
fi

if [ -f "$dir/cycles.json" ]; then
	json_rows "$dir/cycles.json" forms "" form median p10 p90 > "$work/cycles"
	cpu=$(perl -MJSON::PP -e 'print decode_json(join "", <>)->{cpu}' "$dir/cycles.json")
	gnuplot <<- EOF
		set terminal svg size 800,800 font "sans,13" background "white"
		set termoption noenhanced
		set output "$dir/cycles.svg"
		set title "Cycles a site, $cpu (median, p10 to p90)"
		set xlabel "cycles of the time stamp counter"
		set datafile separator "\t"
		set style fill solid 0.5; set yrange [*:*] reverse; set grid x; set key off
		set logscale x; set xrange [0.1:]
		shown(x) = x > 0.1 ? x : 0.1
		plot "$work/cycles" using 2:0:(0.1):(shown(\$2)):(\$0-0.35):(\$0+0.35):yticlabels(1) \
		     with boxxyerror lc 1, \
		     "$work/cycles" using (shown(\$2)):0:(shown(\$3)):4 with xerrorbars lc 8 pt 7 ps 0.5
	EOF
	echo "$dir/cycles.svg"
	made=1
fi

# choice CPU WHAT: the four counts, a row of the chart
choice() {
	json_rows "$dir/choices.json" "$1" "what=$2" form instructions | perl -F'\t' -lane '
		$n{$F[0]} = $F[1]; END { print join "\t", "'"$2, $1"'", @n{qw(patched if pointer always)} }'
}

if [ -f "$dir/choices.json" ]; then
	for cpu in max pentium; do
		for what in barrier "locked increment" "selected call"; do
			choice $cpu "$what"
		done
	done > "$work/choices"
	gnuplot <<- EOF
		set terminal svg size 800,500 font "sans,13" background "white"
		set output "$dir/choices.svg"
		set title "Instructions executed for one choice (exact)"
		set ylabel "instructions"; set yrange [0:]; set grid y; set key outside right
		set datafile separator "\t"
		set style data histogram; set style fill solid 0.5; set xtics rotate by -20
		plot "$work/choices" using 2:xtic(1) title "patched", "" using 3 title "if", \
		     "" using 4 title "pointer", "" using 5 title "always"
	EOF
	echo "$dir/choices.svg"
	made=1
fi

# The seed's table: a group a workload, a bar a kernel.
if [ -f "$dir/table.dat" ]; then
	gnuplot <<- EOF
		set terminal svg size 900,520 font "sans,13" background "white"
		set output "$dir/table.svg"
		set title "The seed's workloads: instructions more than without paravirt (exact)"
		set ylabel "% more"; set grid y; set key top right
		set datafile separator "\t"
		set style data histogram; set style histogram cluster gap 1
		set style fill solid 0.6 border lc rgb "#404040"
		set xtics rotate by -35 nomirror; set bmargin 9; set rmargin 6
		set xzeroaxis lt -1
		plot "$dir/table.dat" using 2:xtic(1) title "paravirt" lc rgb "#c05050", \
		     "" using 3 title "paravirt-patch" lc rgb "#4070b0"
	EOF
	echo "$dir/table.svg"
	made=1
fi

# How costs grow: scale-WHAT.dat, two columns, each axis a logarithm.
scale() { # WHAT, title, of x, of y
	[ -f "$dir/scale-$1.dat" ] || return 0
	gnuplot <<- EOF
		set terminal svg size 600,380 font "sans,12" background "white"
		set output "$dir/scale-$1.svg"
		set title "$2"; set xlabel "$3"; set ylabel "$4"
		set logscale xy; set grid; set key off; set yrange [$5]
		plot "$dir/scale-$1.dat" using 1:2 with linespoints pt 7 lc rgb "#4070b0"
	EOF
	echo "$dir/scale-$1.svg"
}
scale paravirt "The boot pass over paravirt sites" sites instructions ""
scale smp_locks "The boot pass over lock prefixes" sites instructions ""
scale jump_label "The boot pass over branches of static keys" sites instructions ""
scale image "What sites add to the image" sites KiB ""
scale cpus "A live change of 10 sites (TCG)" CPUs microseconds ""
scale tasks "A change from one task to the next" tasks instructions "10:1000"

[ $made = 1 ] || { echo "plot: $dir has no pass.json, cycles.json, choices.json or table.dat" >&2; exit 1; }
