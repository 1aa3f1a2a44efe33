# Threads of perl (each a copy of the interpreter), queues and shared variables; forks within; a server and its clients.
# row: programs | perl with threads
# needs: perl
# profiled: perl
cat > work.pl <<'END'
use strict; use warnings; use Config;
unless ($Config{useithreads}) { print "no threads\n"; exit 0 }
require threads; require threads::shared; require Thread::Queue; require IO::Socket::INET;
my $queue = Thread::Queue->new; my $done = Thread::Queue->new;
my @workers = map { threads->create(sub { my %seen; while (defined(my $n = $queue->dequeue)) { $seen{$n % 97} .= "x$n"; $done->enqueue($n * 2) } scalar keys %seen }) } 1..4;
$queue->enqueue($_) for 1..3000; $queue->end; my $keys = 0; $_->join for @workers;
my $sum = 0; $sum += $done->dequeue for 1..3000; print "$sum\n";
for my $round (1..40) { threads->create(sub { my @a = map { "text $_" x 10 } 1..200; return scalar @a })->join }
my $listen = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1") or die; my $port = $listen->sockport;
my $server = threads->create(sub { for (1..20) { my $c = $listen->accept; my $line = <$c>; print $c scalar reverse($line); close $c } });
for my $i (1..20) { my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port"); print $s "hello $i\n"; my $text = join "", <$s>; $text =~ s/\n//g; print "$text " if $i % 5 == 0; close $s }
$server->join; print "\n";
for my $i (1..5) { my $pid = fork; unless ($pid) { my %h = map { $_ => "v$_" } 1..500; exit scalar(keys %h) % 256 } waitpid $pid, 0; print $? >> 8, " " } print "\n";
END
perl work.pl
