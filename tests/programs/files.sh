# The small ones: ls, find, sort, grep, sed, cp, du, xargs, and their complaints.
# row: programs | ls, find, sort, grep, cp
# needs: ls find sort grep sed xargs
# profiled: ls find sort
mkdir -p tree/sub/deeper && for i in $(seq 1 200); do echo "line $i" > "tree/sub/file $i.txt"; done
touch -d @1000000000 tree tree/sub tree/sub/* && chmod 600 tree/sub/*.txt
ls -lR --time-style=+%s tree | sed 's/^total .*/total/' | awk '{ $3 = ""; $4 = ""; print }' | head -30
ls --color=always -C tree/sub | head -5
find tree -name '*7*' -newermt 2000-01-01 -print0 | sort -z | xargs -0 grep -h line | tail -5
seq 1 50000 | sort -R --random-source=/dev/zero | sort -n --parallel=2 -S 1M | md5sum
grep -rE '(1|2)+$' tree | sort | sed -E 's/.*(line) ([0-9]+)/\2 \1/' | md5sum
cp -r tree copy && diff -rq tree copy && echo same
ls /no/such/place; echo "status $?"
