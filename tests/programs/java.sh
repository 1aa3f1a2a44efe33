# javac and a program: collections, threads, three collectors, direct buffers, deflate, a handled SIGSEGV and a full stack.
# row: programs | java, javac
# tier: heavy
# needs: javac java
# profiled: java javac
export MALLOC_ARENA_MAX=2
cat > Work.java <<'END'
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
import java.util.zip.*;
public class Work {
  static int depth = 0;
  static void deep() { depth++; deep(); }
  static int length(String text) { return text.length(); }
  public static void main(String[] args) throws Exception {
    Map<String, List<Integer>> words = new TreeMap<>();
    for (int i = 0; i < 100000; i++) words.computeIfAbsent("word" + i * 7919L % 211, k -> new ArrayList<>()).add(i);
    System.out.println(words.size() + " " + words.get("word7").size());
    ExecutorService pool = Executors.newFixedThreadPool(8);
    List<Future<Long>> sums = new ArrayList<>();
    for (int k = 0; k < 16; k++) { final int n = k; sums.add(pool.submit(() -> LongStream.range(0, 200000).filter(i -> i % (n + 2) == 0).sum())); }
    long total = 0;
    for (Future<Long> sum : sums) total += sum.get();
    pool.shutdown();
    System.out.println(total);
    List<ByteBuffer> buffers = new ArrayList<>();
    for (int i = 0; i < 200; i++) { ByteBuffer b = ByteBuffer.allocateDirect(10000); b.putInt(0, i); buffers.add(b); }
    System.out.println(buffers.stream().mapToInt(b -> b.getInt(0)).sum());
    byte[] data = IntStream.range(0, 50000).mapToObj(Integer::toString).collect(Collectors.joining(",")).getBytes();
    for (int i = 0; i < 20; i++) {
      Deflater deflater = new Deflater(); deflater.setInput(data); deflater.finish();
      byte[] packed = new byte[data.length]; int n = deflater.deflate(packed); deflater.end();
      Inflater inflater = new Inflater(); inflater.setInput(packed, 0, n); byte[] again = new byte[data.length];
      inflater.inflate(again); inflater.end();
      if (!Arrays.equals(data, again)) throw new Error("packed wrong");
    }
    System.out.println(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data)));
    try { deep(); } catch (StackOverflowError error) { System.out.println(depth > 500 ? "stack full" : "too early"); }
    int caught = 0;
    for (int i = 0; i < 20000; i++) try { caught += length(i % 3 == 0 ? null : "text"); } catch (NullPointerException e) { caught++; }
    System.out.println(caught);
    try { byte[][] all = new byte[1000][]; for (int i = 0; i < 1000; i++) all[i] = new byte[1 << 20]; }
    catch (OutOfMemoryError error) { System.out.println("heap full"); }
    System.out.println(new String(new ProcessBuilder("tr", "a-z", "A-Z").redirectInput(ProcessBuilder.Redirect.from(new java.io.File(args[0]))).start().getInputStream().readAllBytes()));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
    System.exit(Integer.parseInt(args[1]));
  }
}
END
printf 'through a child' > input
javac -J-Xmx128m Work.java || exit 1
for collector in Serial G1 Parallel; do java -Xmx48m -XX:+Use${collector}GC Work input 7; echo "status $?"; done
java -Xmx48m -Xcheck:jni -XX:NativeMemoryTracking=summary -Xint -cp . Work input 0 | tail -1
java -Xmx48m NoSuchClass > /dev/null 2>&1; echo "status $?"
