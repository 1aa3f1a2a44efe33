# Pipelines, subshells, background jobs, command substitution, here documents, traps and exec, in bash and in dash.
# needs: bash dash awk sort
# profiled: bash dash seq sort
# row: families | shells: pipelines, subshells, background jobs, substitution (bash, dash)
cat > work.sh <<'END'
total=$(seq 1 300 | while read -r n; do echo $((n * n)); done | awk '{ s += $1 } END { print s }')
echo "total $total"
for i in 1 2 3 4 5 6; do ( sleep 0.0$i; echo "job $i" > job.$i; exit $i ) & done
wait
cat job.*
( cd /; (echo "in $(pwd)"; exit 3); echo "status $?" )
echo "$(echo "$(echo "$(echo deep)")")"
trap 'echo leaving' EXIT
seq 5 -1 1 | sort -n | tr '\n' ' '; echo
false | true; echo "pipe $?"
sh -c 'kill -TERM $$'; echo "killed $?"
n=0; while [ $n -lt 40 ]; do n=$((n + 1)); x=$(/bin/echo $n); done; echo "last $x"
(exec sort <<EOF
b
a
EOF
)
exec 3> third; echo three >&3; exec 3>&-; cat third
END
for shell in bash dash; do
  "$shell" work.sh 2> errors; echo "$shell ended with $?, $(grep -c . errors) lines on stderr"
done
