# Emacs without a screen: lists, buffers, byte compilation, a subprocess, and an error.
# row: programs | emacs -batch
# tier: heavy
# needs: emacs
# profiled: emacs*
cat > work.el <<'END'
(require 'cl-lib)
(let ((table (make-hash-table :test 'equal)))
  (dotimes (i 60000) (cl-incf (gethash (format "word%d" (% (* i 7919) 211)) table 0)))
  (princ (format "%d %d\n" (hash-table-count table) (gethash "word7" table))))
(with-temp-buffer
  (dotimes (i 20000) (insert (format "line %d\n" (% (* i 7919) 1009))))
  (sort-numeric-fields 2 (point-min) (point-max))
  (goto-char 1) (while (re-search-forward "\\([0-9]\\)$" nil t) (replace-match "<\\1>"))
  (call-process-region (point-min) (point-max) "sha256sum" t t) (princ (buffer-string)))
(dotimes (i 20) (make-vector 100000 i)) (garbage-collect)
(with-temp-file "part.el" (insert "(defun part (n) (if (< n 2) n (+ (part (- n 1)) (part (- n 2)))))"))
(byte-compile-file "part.el") (load (expand-file-name "part.elc") nil t) (princ (format "%d\n" (part 21)))
(princ (condition-case e (let ((max-lisp-eval-depth 400)) (letrec ((f (lambda (n) (funcall f (1+ n))))) (funcall f 0))) (error (car e))))
(kill-emacs 3)
END
emacs -Q -batch -l work.el 2> /dev/null; echo " status $?"
