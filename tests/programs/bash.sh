# Arrays, associative arrays, subshells, pipes, here documents, traps and a failing command.
# row: programs | bash
# needs: bash
# profiled: bash
set -u
trap 'echo leaving' EXIT
declare -A count
for i in $(seq 1 3000); do
  word="w$((i * 7919 % 101))"
  count[$word]=$((${count[$word]:-0} + 1))
  list+=("$word-$i")
done
for key in "${!count[@]}"; do echo "$key ${count[$key]}"; done | sort | head -20
echo "${#list[@]} ${list[1234]} ${list[*]: -3}"
(exit 3) || echo "status $?"
text=$(cat <<END
$(for i in $(seq 50); do printf '%04d ' "$i"; done)
END
)
echo "${text//0/o}" | tr ' ' '\n' | grep -c o
no-such-command-here || echo "status $?"
while read -r a b; do echo "$b $a"; done < <(printf 'one two\nthree four\n')
