# Keys made and read, a file signed and verified, an agent (set-group-id on Debian: weir cannot see it) with a key in it.
# row: programs | ssh-keygen, ssh-agent (set-group-id)
# needs: ssh-keygen ssh-agent ssh-add
# profiled: ssh-keygen ssh-add
for kind in rsa ed25519 ecdsa; do
  ssh-keygen -q -t $kind -N '' -C "$kind key" -f "$kind" && ssh-keygen -l -f "$kind.pub" | awk '{ print $1, $3, $4, $5 }'
done
seq 1000 > data
ssh-keygen -Y sign -f ed25519 -n file data 2>&1
printf 'me %s\n' "$(cat ed25519.pub)" > allowed
ssh-keygen -Y verify -f allowed -I me -n file -s data.sig < data | sed 's/key SHA.*/key/'
ssh-keygen -Y verify -f allowed -I you -n file -s data.sig < data > /dev/null 2>&1; echo "status $?"
ssh-keygen -q -p -N 'a longer phrase' -f ecdsa && ssh-keygen -y -P 'a longer phrase' -f ecdsa | awk '{ print $1 }'
ssh-keygen -y -P wrong -f ecdsa > /dev/null 2>&1; echo "status $?"
eval "$(ssh-agent -a "$PWD/agent")" > agent.said; sed 's/[0-9]*$//' agent.said
ssh-add -q ed25519 && ssh-add -l | awk '{ print $1, $3, $4, $5 }'
ssh-agent -k > /dev/null; echo "status $?"
