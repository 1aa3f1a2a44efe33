# Arrays, sorting, regular expressions, string building, and a pipe from inside.
# row: programs | gawk
# needs: gawk
# profiled: gawk
seq 1 30000 | gawk '
  { word = "w" ($1 * 7919 % 1009); count[word]++; text[word] = text[word] $1 "," }
  END {
    n = asorti(count, names); for (i = 1; i <= 12; i++) print names[i], count[names[i]], length(text[names[i]])
    gsub(/[0-3]+/, "<&>", text["w7"]); print substr(text["w7"], 1, 60)
    for (i = 0; i < 2000; i++) deep[i][i % 7] = i; print length(deep)
    cmd = "sort -n | tail -3"; for (i = 0; i < 9; i++) print i * 13 % 7 | cmd; close(cmd)
    printf "%s %5.2f %x\n", toupper("done"), 3.14159, 255; print "to stderr" > "/dev/stderr"
  }'
echo 'a b c' | gawk '{ print $5 / 0 }'; echo "status $?"
