# A directory of six thousand names listed in two locales, a deep tree searched, and processes listed.
# row: programs | ls, ps, find with big directories
# needs: ls ps find stat
# profiled: ls ps find
mkdir big && (cd big && seq -f 'file ä %.0f' 6000 | xargs -d '\n' touch -d @1000000000)
for locale in C C.UTF-8; do
  LC_ALL=$locale ls big | sha256sum
  LC_ALL=$locale ls -l --time-style=+%s --color=always big | awk 'NR > 1 { $3 = ""; $4 = ""; print }' | sha256sum
  LC_ALL=$locale ls -C -w 200 -v big | tail -2
done
deep=. && for i in $(seq 120); do deep=$deep/level; done && mkdir -p "$deep" && touch "$deep/end"
find . -name end | tr / '\n' | wc -l
find . -type d -empty -o -name '*99*' -printf '%f %s %d\n' | sort | sha256sum
find big -name '*7' -exec stat -c %n {} + | sort | md5sum
find big -name '*123*' -delete && find big -type f | wc -l
sleep 60 & sleeper=$!
until [[ $(< /proc/$sleeper/comm) == sleep && $(ps --no-headers -o stat= -p $sleeper) == S* ]]; do :; done
ps -o args= -p $sleeper; ps -e -o pid=,comm= | awk -v p=$sleeper '$1 == p { print $2 }'
ps --no-headers -o stat= -p $sleeper | cut -c 1
kill $sleeper; wait $sleeper; echo "status $?"
ps -p 4194305 > /dev/null; echo "status $?"
ls --no-such-option 2>&1 | head -1
