"""Goal 11, and the other pieces that Google Benchmark times. PROGRAM"""

import collections
import json
import statistics
import subprocess
import sys

from measuring import goal, paired

REPETITIONS = 20


def main():
    done = subprocess.run(
        [sys.argv[1], "--benchmark_format=json", f"--benchmark_repetitions={REPETITIONS}", "--benchmark_min_time=0.02",
         "--benchmark_enable_random_interleaving=true"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    times = collections.defaultdict(list)
    for row in json.loads(done.stdout)["benchmarks"]:
        if row["run_type"] == "iteration":
            times[row["name"]].append(row["cpu_time"])
    print(f"\n| pieces, median of {REPETITIONS} | CPU ns |\n|---|---|")
    for name, values in times.items():
        print(f"| {name.replace('_', ' ')} | {statistics.median(values):.0f} |")
    goal(11, "form body, CPU against curl_easy_escape",
         paired(times["form_with_library"], times["form_with_curl_easy_escape"]), 0.25)


main()
