"""The main job, its stages and the command line."""

import os
import sys

if sys.platform == "linux":
    # Arrow reads it when it is loaded, so before anything else. Its default, mimalloc, takes huge pages, and the first
    # touch of one costs a virtual machine 2 ms: half of the time of a short run.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")
