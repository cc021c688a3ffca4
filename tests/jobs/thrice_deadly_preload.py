"""A module whose first three imports end the process, like a computer that recovers by itself."""

import os
from pathlib import Path

deaths = Path(os.environ["GRAFT_HOME"], "deaths")
seen = len(deaths.read_bytes()) if deaths.exists() else 0
if seen < 3:
    deaths.write_bytes(b"x" * (seen + 1))
    os._exit(9)
