# Tcl with an allocator of its own: lists, dictionaries, strings, an interpreter in an interpreter, a pipe, an error.
# row: programs | tclsh
# needs: tclsh8.6
# profiled: tclsh8.6
cat > work.tcl <<'END'
for {set i 0} {$i < 40000} {incr i} { dict lappend words w[expr {$i * 7919 % 211}] $i }
puts "[dict size $words] [llength [dict get $words w7]]"
set list {}; for {set i 0} {$i < 20000} {incr i} { lappend list [expr {$i * 7919 % 1009}] }; puts [lrange [lsort -integer -unique $list] 3 9]
puts [string length [string map {1 one 2 two} $list]]; puts [regexp -all {9(\d)} $list]
for {set i 0} {$i < 60} {incr i} { set one [interp create]; $one eval {set x [lrepeat 1000 text]}; interp delete $one }
set pipe [open "| tr a-z A-Z" r+]; puts $pipe "through a child"; close $pipe w; puts [read $pipe]
coroutine numbers apply {{} { yield; for {set i 0} {$i < 3} {incr i} { yield [string repeat x $i] } }}; numbers; puts [numbers][numbers]
puts [catch {nonsense} message]-$message; exit 4
END
tclsh8.6 work.tcl; echo "status $?"
