# Objects, strings, a fiber, threads, a forked child, compaction of the heap, an exception, a signal to itself.
# row: programs | ruby
# needs: ruby
# profiled: ruby*
cat > work.rb <<'END'
require "json"
require "digest"
require "zlib"
Item = Struct.new(:id, :name, :tags)
items = (0...8000).map { |i| Item.new(i, "name #{i * 7919 % 1009}", ["t"] * (i % 7)) }
text = JSON.generate(items.map(&:to_h))
puts Digest::SHA256.hexdigest(text), text.scan(/name 1\d+/).length, Zlib.inflate(Zlib.deflate(text)) == text
puts items.group_by(&:name).transform_values(&:length).sort.first(5).inspect
squares = Fiber.new { 1.upto(3) { |i| Fiber.yield i * i } }
puts 3.times.map { squares.resume }.sum
sums = (0...4).map { |k| Thread.new { (k * 10000...(k + 1) * 10000).sum { |i| i.to_s.length } } }.map(&:value)
puts sums.inspect
items = nil
GC.start
GC.compact if GC.respond_to?(:compact)
reader, writer = IO.pipe
child = fork { reader.close; writer.write(("x" * 100_000).upcase[0, 5]); exit! 3 }
writer.close
puts reader.read, Process.wait2(child)[1].exitstatus
def deep(n) = deep(n + 1) + 1
begin
  deep(0)
rescue SystemStackError => error
  puts error.class
end
trap("USR1") { puts "signal" }
Process.kill("USR1", Process.pid)
sleep 0.01
warn "to stderr"
END
ruby work.rb
ruby -e 'abort "ended"'; echo "status $?"
{ ruby -e 'Process.kill("KILL", Process.pid)'; } 2> /dev/null; echo "status $?"
