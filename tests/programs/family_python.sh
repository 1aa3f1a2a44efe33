# Python's multiprocessing with fork, spawn and forkserver: Pool, Process, Queue; pools of processes whose work raises or dies;
# os.fork in a program with threads; subprocess in several forms.
# needs: /usr/bin/python3
# profiled: python3
# row: families | Python: multiprocessing by fork, spawn, forkserver; process pools with exceptions; os.fork with threads
export PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore
cat > work.py <<'END'
import concurrent.futures, multiprocessing, os, subprocess, sys, threading

def square(n):
    return sum(len(str(i)) for i in range(n % 50 * 20)) + n * n

def fail(n):
    if n % 3 == 0:
        raise ValueError(f"no {n}")
    return n

def die(n):
    if n == 5:
        os._exit(9)
    return n

def put(queue, words):
    queue.put([word.upper() for word in words])

def main():
    for method in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            print(method, sum(pool.map(square, range(60))), pool.apply(square, (7,)))
        queue = context.Queue()
        process = context.Process(target=put, args=(queue, ["one", "two"]))
        process.start()
        print(method, queue.get(timeout=100))
        process.join()
        print(method, process.exitcode)
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        results = []
        for future in [pool.submit(fail, n) for n in range(10)]:
            try:
                results.append(future.result(timeout=100))
            except ValueError as error:
                results.append(str(error))
        print(results)
    try:
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
            list(pool.map(die, range(20)))
    except concurrent.futures.process.BrokenProcessPool:
        print("a worker died, and the pool says so")
    stop = threading.Event()
    def churn():
        while not stop.is_set():
            [bytearray(n) for n in range(0, 3000, 100)]
    threads = [threading.Thread(target=churn) for _ in range(3)]
    [thread.start() for thread in threads]
    sys.stdout.flush()
    statuses = []
    for n in range(10):
        pid = os.fork()
        if pid == 0:
            data = [str(i) * 5 for i in range(1000 + n)]
            os._exit(len(data) % 100)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    stop.set()
    [thread.join() for thread in threads]
    print(statuses)
    print(subprocess.run("echo $0; exit 3", shell=True, capture_output=True, text=True))
    print(subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True).communicate(b"words"))
    print(subprocess.run(["env"], env={"ONLY": "this"}, capture_output=True, text=True).stdout.strip())

if __name__ == "__main__":
    main()
END
/usr/bin/python3 work.py
