"""A worker that drains one clinic, with a second instead of minutes to begin DATA; started and stopped by tests."""

import sys
from uuid import UUID

from tasks import dispatching, reminders

dispatching.HANDING_OVER = 1.0

if __name__ == "__main__":
    with reminders.application():
        reminders.dispatch(UUID(sys.argv[1]))
