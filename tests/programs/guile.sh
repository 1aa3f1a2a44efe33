# Guile: a conservative collector that searches stacks and data of every library, its own code generator, threads.
# row: programs | guile (Boehm collector)
# tier: heavy
# needs: guile
# profiled: guile
export GUILE_AUTO_COMPILE=0
cat > work.scm <<'END'
(use-modules (ice-9 threads) (ice-9 regex) (srfi srfi-1) (rnrs bytevectors))
(define table (make-hash-table))
(do ((i 0 (+ i 1))) ((= i 60000)) (let ((k (string-append "word" (number->string (modulo (* i 7919) 211))))) (hash-set! table k (cons i (hash-ref table k '())))))
(display (length (hash-ref table "word7"))) (newline)
(do ((i 0 (+ i 1))) ((= i 200)) (make-bytevector 1000000 i)) (gc)
(display (par-map (lambda (k) (fold + 0 (map string-length (map number->string (iota 20000 k))))) '(0 1 2 3))) (newline)
(display (quotient (fold * 1 (iota 1500 1)) (expt 10 4050))) (newline)
(display (catch #t (lambda () (vector-ref (vector 1) 2)) (lambda (key . rest) key))) (newline)
(let ((pid (primitive-fork))) (if (= pid 0) (primitive-_exit 5) (begin (display (status:exit-val (cdr (waitpid pid)))) (newline))))
(exit 3)
END
guile work.scm; echo "status $?"
