"""A program of ours on a host whose clock is wrong: ``python -m tests.faults.shifted SECONDS MODULE ARGUMENTS …``."""

import runpy
import sys
from datetime import UTC, datetime, timedelta

import time_machine

if __name__ == "__main__":
    by, module, *arguments = sys.argv[1:]
    sys.argv = [module, *arguments]
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(by)), tick=True):
        runpy.run_module(module, run_name="__main__", alter_sys=True)
