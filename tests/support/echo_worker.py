"""A worker for tests of the pool: waits, answers with the number of its job, refuses or dies."""

from __future__ import annotations

import json
import os
import sys
import time

for line in sys.stdin:
    job = json.loads(line)
    time.sleep(job.get("wait", 0.0))
    if job.get("dies"):
        print("out of memory", file=sys.stderr, flush=True)
        os._exit(1)
    answer = {"error": {"place": "job", "found": "a mistake", "remedy": "mend it"}} \
        if job.get("refused") else {"number": job["number"]}
    print(json.dumps(answer), flush=True)
