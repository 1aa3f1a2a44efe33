# make with parallel jobs over a graph of rules, and jq over what they produced.
# row: programs | make -j, jq
# needs: make jq
# profiled: make jq
cat > Makefile <<'END'
numbers := $(shell seq 1 40)
all: all.json
%.json: ; @echo '{"n": $*, "square": '$$(( $* * $* ))'}' > $@
all.json: $(numbers:%=%.json) ; @cat $(sort $^) | jq -s 'sort_by(.n)' > $@
broken: ; @false
END
make -s -j4 && jq -c 'map(.square) | add, length' all.json
jq -r '.[] | select(.n % 13 == 0) | "\(.n) \(.square)"' all.json
jq -n '[range(20000)] | map(tostring) | join(",") | length'
make -s broken; echo "status $?"
echo '{"broken": ' | jq .; echo "status $?"
