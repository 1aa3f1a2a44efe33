# An archive packed, compressed by two programs, listed, unpacked and compared.
# row: programs | tar, xz, gzip
# needs: tar xz gzip
# profiled: tar xz
mkdir -p tree/{a,b,c}
for i in $(seq 1 60); do seq "$i" 7 $((i * 100)) > "tree/$(echo abc | cut -c $((i % 3 + 1)))/file-$i"; done
options=(--sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner)
tar "${options[@]}" -cf - tree | sha256sum
tar "${options[@]}" -cJf tree.tar.xz tree && xz -l --robot tree.tar.xz | head -1
tar "${options[@]}" -I 'gzip -n' -cf tree.tar.gz tree && sha256sum tree.tar.gz
tar -tvf tree.tar.xz | wc -l
mkdir copy && tar -xf tree.tar.xz -C copy && diff -r tree copy/tree && echo same
xz -dc tree.tar.xz | xz -9e -T2 | xz -dc | sha256sum
tar -xf no-such-file.tar; echo "status $?"
