"""Keeping freed memory: large blocks come from the heap, whose pages stay, and not from the system."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

MAPPED = """
import ctypes
from stream_app.engine.allocation import keep_freed_memory
if {tuned}:
    assert keep_freed_memory()
class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks a b c d e f".split()]
info = ctypes.CDLL(None).mallinfo2
info.restype = Info
before = info().hblks
block = bytes(5 << 20)
print(info().hblks - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="the C library is not glibc 2.33 or later")
@pytest.mark.parametrize(("tuned", "mapped"), [(True, 0), (False, 1)])
def test_a_large_block_is_mapped_only_while_nothing_was_said(tuned, mapped):
    done = subprocess.run(
        [sys.executable, "-c", MAPPED.format(tuned=tuned)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == mapped
