# Arrays, strings, closures, generators, cycles for the collector, its own memory bound, and an uncaught exception.
# row: programs | php
# needs: php
# profiled: php*
cat > work.php <<'END'
<?php
$items = [];
for ($i = 0; $i < 20000; $i++) $items[] = ["id" => $i, "name" => "name " . ($i * 7919 % 1009), "tags" => array_fill(0, $i % 7, "t")];
$text = json_encode($items);
echo hash("sha256", $text), " ", preg_match_all('/name 1\d+/', $text), " ", json_decode($text, true) == $items ? "same" : "other", "\n";
usort($items, fn($a, $b) => [$a["name"], $b["id"]] <=> [$b["name"], $a["id"]]);
echo $items[777]["id"], " ", strlen(serialize($items)), "\n";
function numbers() { for ($i = 0; $i < 1000; $i++) yield str_repeat("x", $i); }
$sum = 0; foreach (numbers() as $word) $sum += strlen($word); echo $sum, "\n";
class Node { public $other; public $data; }
for ($i = 0; $i < 30000; $i++) { $a = new Node; $b = new Node; $a->other = $b; $b->other = $a; $a->data = str_repeat("d", 100); }
echo gc_collect_cycles() >= 0 ? "collected" : "", "\n";
set_error_handler(function($n, $s) { echo "handled $s\n"; return true; });
echo $undefined;
fwrite(STDERR, "to stderr\n");
throw new RuntimeException("last");
END
php -n work.php 2>&1 | sed 's/ in .*work.php.*//'
USE_ZEND_ALLOC=0 php -n work.php 2>&1 | sha256sum
php -n -d memory_limit=8M -r '$x = []; while (true) $x[] = str_repeat("x", 10000);' 2>&1 | grep -o 'Allowed memory size'; echo "status ${PIPESTATUS[0]}"
