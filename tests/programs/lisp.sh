# SBCL: a heap at a fixed address, write barriers by page faults, threads stopped by signals; and saved as a program.
# row: programs | sbcl
# tier: heavy
# needs: sbcl
# profiled: sbcl
cat > work.lisp <<'END'
(let ((table (make-hash-table :test 'equal)))
  (dotimes (i 60000) (push i (gethash (format nil "word~d" (mod (* i 7919) 211)) table)))
  (format t "~d ~d~%" (hash-table-count table) (length (gethash "word7" table))))
(dotimes (round 20) (setf *print-base* 10) (make-array 500000) (gc))
(gc :full t)
(format t "~a~%" (mapcar #'sb-thread:join-thread (loop for k below 4 collect (let ((k k)) (sb-thread:make-thread
  (lambda () (loop for i below 20000 sum (length (princ-to-string (+ i k)))))))))) 
(defun deep (n) (+ 1 (deep (1+ n))))
(format t "~a~%" (handler-case (deep 0) (sb-kernel::control-stack-exhausted () "stack full")))
(format t "~a~%" (sb-ext:process-exit-code (sb-ext:run-program "/bin/sh" '("-c" "exit 5"))))
(finish-output)
(save-lisp-and-die "saved" :executable t :toplevel (lambda () (format t "again~%") (finish-output) (exit :code 7)))
END
sbcl --noinform --no-userinit --non-interactive --disable-debugger --load work.lisp 2> /dev/null | grep -v '^\['; ./saved; echo "status $?"
