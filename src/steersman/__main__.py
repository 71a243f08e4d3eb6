"""`python -m steersman` is the command `steer`."""

from steersman.cli import main

main()
