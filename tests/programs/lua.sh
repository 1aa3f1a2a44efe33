# Tables, strings, coroutines, closures, garbage collection, and an error that is caught.
# row: programs | lua
# needs: lua5.4
# profiled: lua5.4
cat > work.lua <<'END'
local function tree(depth) if depth == 0 then return {} end return { tree(depth - 1), tree(depth - 1) } end
local function count(node) if not node[1] then return 1 end return 1 + count(node[1]) + count(node[2]) end
for depth = 4, 13, 3 do print(depth, count(tree(depth))) end
local words = {}
for i = 1, 20000 do words[#words + 1] = string.format("w%d", i * 7919 % 1009) end
table.sort(words) print(words[1], words[777], #table.concat(words, ","))
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(string.rep("x", i * 1000)) end end)
print(#co(), #co(), #co())
print(pcall(function() error({ code = 7 }) end))
collectgarbage() print(select("#", string.byte(string.rep("a", 100), 1, -1)))
END
lua5.4 work.lua | sed 's/table: 0x[0-9a-f]*/table/'
lua5.4 -e 'error("to stderr")'; echo "status $?"
