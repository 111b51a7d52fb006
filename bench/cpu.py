"""CPU time of process trees, from /proc."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")  # per second


def cpu_seconds(roots: list[int]) -> float:
    """User and system time of the processes, their descendants and their ended children; 0 where /proc is missing."""
    stats = _stats()
    return sum(stats[pid][1] for pid in _tree(roots, stats)) / TICKS


def _tree(roots: list[int], stats: dict[int, tuple[int, int]]) -> set[int]:
    found = {root for root in roots if root in stats}
    while more := {pid for pid, (parent, _ticks) in stats.items() if parent in found} - found:
        found |= more
    return found


def _stats() -> dict[int, tuple[int, int]]:
    """Parent and ticks by process id."""
    read = ((int(path.name), _stat(path)) for path in Path("/proc").glob("[0-9]*"))
    return {pid: stat for pid, stat in read if stat}


def _stat(path: Path) -> tuple[int, int] | None:
    try:
        fields = (path / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended meanwhile
        return None
    return int(fields[1]), sum(map(int, fields[11:15]))
