# A repository of its own: commits, a branch, a merge with a conflict, log, grep, gc, clone, bundle.
# row: programs | git
# needs: git
# profiled: git
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000' GIT_PAGER=cat
git init -q -b main repository && cd repository || exit 1
git config gc.auto 0
for i in 1 2 3 4 5 6; do
  for j in 1 2 3 4 5; do seq "$i" "$j" $((i * 300)) > "file-$j"; done
  git add . && git commit -q -m "commit $i"
done
git checkout -q -b side HEAD~2 && echo side > file-1 && git commit -q -am side
git checkout -q main && git merge side; echo "merge: $?"
git diff --stat; git checkout -q --ours file-1 && git add file-1 && git commit -q -m merged
git log --graph --oneline --stat | cat
git grep -c 17 | cat
git blame file-2 | head -5
git gc -q --prune=now && git fsck 2>&1 | sort
git bundle create -q ../all.bundle --all && git clone -q -b main ../all.bundle ../copy && git -C ../copy rev-parse HEAD
