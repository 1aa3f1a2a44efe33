# Digests, ciphers, keys, a certificate, a signature, a TLS session between two processes, and a wrong password.
# row: programs | openssl, a TLS session
# needs: openssl
# profiled: openssl
seq 200000 > data
for kind in md5 sha256 sha3-512 blake2b512; do openssl dgst -r -$kind data; done
openssl enc -aes-256-cbc -pbkdf2 -S 0102030405060708 -k secret -in data -out data.aes && sha256sum data.aes
openssl enc -d -aes-256-cbc -pbkdf2 -S 0102030405060708 -k secret -in data.aes | cmp - data && echo same
openssl enc -d -aes-256-cbc -pbkdf2 -S 0102030405060708 -k wrong -in data.aes > /dev/null 2>&1; echo "status $?"
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem 2> /dev/null
openssl req -x509 -new -key key.pem -subj /CN=localhost -days 3 -out cert.pem && openssl x509 -in cert.pem -noout -subject
openssl dgst -sha256 -sign key.pem -out data.sig data && openssl dgst -sha256 -verify <(openssl pkey -in key.pem -pubout) -signature data.sig data
openssl verify -CAfile cert.pem cert.pem
openssl s_server -accept 0 -key key.pem -cert cert.pem -www -naccept 3 > server.log 2>&1 & server=$!
for _ in $(seq 600); do grep -q ACCEPT server.log && break; sleep 0.05; done
port=$(sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' server.log | head -1)
for version in tls1_2 tls1_3 tls1_3; do
  printf 'GET / HTTP/1.0\r\n\r\n' | openssl s_client -connect "127.0.0.1:$port" -$version -CAfile cert.pem -ign_eof 2> /dev/null |
    grep -aE '^(HTTP|Verify return|New, TLS|SSL-Session)' | sort -u
done
wait $server; echo "server $?"
openssl speed -seconds 1 -bytes 1024 sha256 2>&1 | grep -c 'sha256'
