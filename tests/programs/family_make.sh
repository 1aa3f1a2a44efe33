# make with many jobs at once, recipes that run make again, one that fails, and a jobserver between them.
# needs: make sort seq
# profiled: make sort
# row: families | make -j8, with makes inside and a recipe that fails
mkdir -p a b
cat > part.mk <<'END'
parts := $(shell seq 1 25)
all: $(parts:%=out.%)
out.%: ; @seq 1 $* | sort -rn | head -1 > $@
END
cp part.mk a/Makefile; cp part.mk b/Makefile
cat > Makefile <<'END'
all: sub.a sub.b
	@cat a/out.* b/out.* | sort -n | uniq -c | awk '{ s += $$1 * $$2 } END { print s }'
sub.%: ; +@$(MAKE) -s -C $*
broken: fine.1 bad fine.2
fine.%: ; @echo $@ > $@
bad: ; @exit 4
END
make -s -j8 && echo made
make -s -j8 -k broken 2> errors; echo "status $?"; cat fine.1 fine.2; grep -c 'Error 4' errors
