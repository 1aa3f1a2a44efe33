# A file edited by substitutions, a macro, sorting, a script with lists and dictionaries, and an error.
# row: programs | vim
# needs: vim
# profiled: vim*
seq 1 20000 > text
cat > edit.vim <<'END'
%s/\v(\d)(\d)$/<\2\1>/e
g/3/m0
sort! n
normal gg0qayyp10jq20@a
let words = {}
for i in range(1, 3000)
  let key = 'w' . (i * 7919 % 211)
  let words[key] = get(words, key, []) + [i]
endfor
call append(0, map(sort(keys(words)), 'v:val . " " . len(words[v:val])'))
wq! edited
END
if vim --version | grep -q '+eval'; then echo "has scripts"; fi
vim -es -u NONE -i NONE -n text -S edit.vim; echo "status $?"
sha256sum edited text; wc -l < edited
vim -es -u NONE -i NONE -n -c 'verbose echo nonsense' -c 'cq 5'; echo "status $?"
