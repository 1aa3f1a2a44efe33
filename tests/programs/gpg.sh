# A key made by the agent that gpg starts, a file signed, sealed and opened, and one that was changed.
# row: programs | gpg with its agent
# needs: gpg gpg-agent gpgconf
# profiled: gpg gpg-agent
mkdir -m 700 home && export GNUPGHOME=$PWD/home
gpg="gpg --batch --quiet --no-tty --no-options --trust-model always --faked-system-time 20300101T000000"
$gpg --passphrase '' --quick-generate-key 'A Name <a@b.example>' ed25519 sign never 2>&1 | grep -v -E 'keybox|trustdb|directory|revocation|marked'
seq 30000 > data
$gpg --passphrase secret --pinentry-mode loopback --symmetric --cipher-algo AES256 -o data.gpg data
$gpg --passphrase secret --pinentry-mode loopback -o - --decrypt data.gpg 2> /dev/null | cmp - data && echo same
$gpg --passphrase wrong --pinentry-mode loopback -o - --decrypt data.gpg > /dev/null 2>&1; echo "status $?"
$gpg --sign -o signed data && $gpg -o - --decrypt signed 2> /dev/null | sha256sum
$gpg --verify signed 2>&1 | grep -o 'Good signature.*'
$gpg --detach-sign -o data.sig data && echo changed >> data && $gpg --verify data.sig data 2>&1 | grep -o 'BAD signature.*'
$gpg --list-keys --with-colons | grep -v '^tru' | cut -d : -f 1,3,4 | sort
gpgconf --kill gpg-agent; echo "status $?"
