"""The product as a process on a full disk: ``-m tests.faults.data.full_disk worker``; it cannot add a byte to a file.

RLIMIT_FSIZE 0 makes each write to a file fail with EFBIG, as ENOSPC would; pipes and sockets go on. Standard output
must therefore be a pipe or a log that somebody else writes.
"""

from __future__ import annotations

import resource
import signal

if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails then, instead of the process
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    from stream_app.__main__ import main

    main()
