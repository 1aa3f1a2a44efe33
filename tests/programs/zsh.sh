# zsh: arrays, globs, parameter flags, modules, a coprocess, sixty subshells, and one that fails.
# row: programs | zsh
# needs: zsh
# profiled: zsh
cat > work.zsh <<'END'
typeset -A count; for i in {1..4000}; do (( count[w$((i * 7919 % 101))]++ )); done
print ${#count} ${(ok)count[1,5]}; mkdir -p t/{a,b}/{1..30}; touch t/{a,b}/{1..30}/f; files=(t/**/f(.)); print ${#files}
zmodload zsh/mathfunc zsh/datetime; print $(( int(sqrt(1764)) )); text=${(l:2000::ab:)}; print ${#text//a/xx}
autoload -Uz add-zsh-hook; f() { local -a l=("${(@s:,:)1}"); print ${(j:+:)${(On)l}} }; f 3,11,2
for i in {1..60}; do ( print -n $((i % 7)) ); done | tr 0-9 a-j; print; coproc tr a-z A-Z; print -p through; exec 4<&p; coproc exit; read -u 4 line; print $line
(exit 6); print status $?; no-such-command-here
END
zsh -f work.zsh; echo "status $?"
