# Pictures made, blurred, resized, joined and compared by threads; a page drawn by ghostscript from PostScript and PDF.
# row: programs | imagemagick, ghostscript
# tier: heavy
# needs: /usr/bin/convert /usr/bin/identify gs
# profiled: convert* gs
export MAGICK_THREAD_LIMIT=4
/usr/bin/convert -size 300x200 gradient:red-blue -seed 7 -swirl 90 a.ppm && sha256sum a.ppm
/usr/bin/convert a.ppm -resize 150% -rotate 30 -blur 0x2 -depth 8 b.ppm && sha256sum b.ppm
/usr/bin/convert a.ppm b.ppm -append -define png:exclude-chunks=date,time -strip c.png && /usr/bin/identify -format '%w %h %m %#\n' c.png
/usr/bin/convert c.png -quality 80 d.jpg && /usr/bin/convert d.jpg -colors 8 -unique-colors txt:- | wc -l
/usr/bin/convert no-such-file.png e.png 2> /dev/null; echo "status $?"
cat > page.ps <<'END'
%!PS
/square { newpath moveto 40 0 rlineto 0 40 rlineto -40 0 rlineto closepath fill } def
0 1 11 { dup 12 div setgray dup 40 mul exch 50 mul square } for
/Helvetica findfont 24 scalefont setfont 0 setgray 72 700 moveto (weir) show
/a 5000 array def 0 1 4999 { dup 1 index mul a 3 1 roll put } for a 4999 get == showpage
END
gs -q -dBATCH -dNOPAUSE -sDEVICE=ppmraw -r72 -o page.ppm page.ps && sha256sum page.ppm
gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -o page.pdf page.ps > /dev/null && gs -q -dBATCH -dNOPAUSE -sDEVICE=txtwrite -o - page.pdf
echo 'nonsense' | gs -q -dBATCH -dNOPAUSE -sDEVICE=nullpage - > /dev/null 2>&1; echo "status $?"
