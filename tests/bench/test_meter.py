"""The meter: CPU time and memory of another process, from the kernel."""

import subprocess
import sys
import time

from benchmarks import meter

BUSY = """
import subprocess, sys, time
held = bytearray(64 << 20)
while time.process_time() < 0.3: pass
if len(sys.argv) > 1:
    subprocess.run([sys.executable, "-c", "import time\\nwhile time.process_time() < 0.3: pass"])
print("done", flush=True)
sys.stdin.read()
"""


def test_a_process_is_read_with_its_ended_children():
    """
    What a process and its children have used counts, and so does the most memory it held.
    """
    with subprocess.Popen([sys.executable, "-c", BUSY, "child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as busy:
        assert busy.stdout
        busy.stdout.readline()
        reading = meter.read(busy.pid)
        busy.kill()

    assert reading is not None
    assert 0.55 <= reading.cpu <= 5
    assert reading.peak_bytes > 64 << 20


def test_an_ended_process_tells_its_status_and_what_it_used():
    """
    While it runs there is nothing to tell.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", "import time,sys\nwhile time.process_time() < 0.3: pass\nsys.stdin.read()\nsys.exit(3)"],
        stdin=subprocess.PIPE,
    )
    assert meter.ended(process.pid) is None
    assert process.stdin
    process.stdin.close()
    deadline = time.monotonic() + 20
    while (told := meter.ended(process.pid)) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.returncode = 3

    assert told is not None
    status, reading = told
    assert status == 3
    assert reading.cpu >= 0.3


def test_nobody_is_no_reading():
    """
    A process that does not exist has no reading.
    """
    assert meter.read(2**22 + 1) is None
