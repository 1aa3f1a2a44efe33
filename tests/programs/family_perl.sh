# A pre-fork server in perl: workers that answer over pipes, one that dies by a signal, one that runs another program.
# needs: perl
# profiled: perl
# row: families | a pre-fork server in perl: workers over pipes, one killed, one that execs
cat > server.pl <<'END'
use strict; use warnings;
my @workers;
for my $n (1 .. 6) {
  pipe(my $from, my $to) or die;
  my $pid = fork();
  if ($pid == 0) {
    close $from;
    my %count; $count{$_ % 17}++ for 1 .. 5000 * $n;
    kill 'KILL', $$ if $n == 3;
    if ($n == 5) { open(STDOUT, '>&', $to) or die; exec 'echo', 'another program'; }
    print {$to} join(' ', map { "$_=$count{$_}" } sort { $a <=> $b } keys %count), "\n";
    exit $n;
  }
  close $to;
  push @workers, [$n, $pid, $from];
}
for my $worker (@workers) {
  my ($n, $pid, $from) = @$worker;
  my $line = <$from> // "nothing\n";
  waitpid $pid, 0;
  print "$n: ", $? >> 8, " ", $? & 127, " ", length $line, "\n";
}
print `echo by backticks`;
END
perl server.pl
