"""Starts servers that are to be killed: each a fork of this process, which has imported all of it, so that 200 take no minutes.

Usage: server_nursery.py STATE. For each line on standard input a server is started; its process id is printed when it answers.
The next one is started when the one before is gone.
"""

from __future__ import annotations

import os
import sys

import steersman.cluster.daemon  # noqa: F401 - so that its forks need not import it
from steersman.cluster import __main__ as server_program


def main() -> None:
    server = 0
    for _ in sys.stdin:
        if server:
            os.waitpid(server, 0)
        reading, writing = os.pipe()
        server = os.fork()
        if server == 0:
            os.close(reading)
            os.setsid()
            sys.argv = ["steersman.cluster", "--state-dir", sys.argv[1], "--ready-fd", str(writing)]
            os._exit(server_program.main())
        os.close(writing)
        said = os.read(reading, 5)
        os.close(reading)
        print(server if said == b"ready" else "failed", flush=True)


if __name__ == "__main__":
    main()
