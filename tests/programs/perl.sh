# Hashes, regular expressions, sorting, closures, string building, pack, and eval of a dying sub.
# row: programs | perl
# needs: perl
# profiled: perl
perl -e '
  use strict; use warnings; use List::Util qw(sum reduce); use Data::Dumper; use POSIX qw(floor);
  $Data::Dumper::Sortkeys = 1;
  my %seen; my $x = 12345;
  for (1..60000) { $x = ($x * 1103515245 + 12345) % 2147483648; $seen{$x % 997} .= chr(97 + $x % 26); }
  print join(",", map { "$_:" . length $seen{$_} } (sort { $a <=> $b } keys %seen)[0..20]), "\n";
  my $text = join " ", values %{{ map { $_ => "word$_" } 1..2000 }};
  my %c; $c{$1}++ while $text =~ /(\d)\b/g; print Dumper(\%c);
  my @subs = map { my $n = $_; sub { $n * shift } } 1..500; print sum(map { $_->(3) } @subs), "\n";
  eval { die { code => 42 } }; print "died $@->{code}\n";
  print unpack("H*", pack("w/a N n C", "hello", 1, 2, 3)), "\n"; print floor(7.9), "\n"; warn "to stderr\n";
'
