"""The server in a process of its own: `python -m benchmarks.speed.sharing.server HOME WAY CHUNK`; prints its port.

WAY is `ours`, or `file`: the same server with Starlette's FileResponse in place of our response.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn
from starlette.responses import FileResponse

from benchmarks.speed.sharing.installation import NOW
from governance.sharing import download
from governance.sharing.app import create_app
from governance.sharing.settings import SharingSettings


def _as_file(path: Path, *_: Any) -> FileResponse:
    return FileResponse(path)


def main(home: str, way: str, chunk: str) -> None:
    """Serves until standard input closes."""
    settings = replace(SharingSettings.of_home(Path(home), clock=lambda: NOW), chunk_bytes=int(chunk))
    if way == "file":
        download.ShardResponse = _as_file  # type: ignore[assignment, misc]
    config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, access_log=False, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    sys.stdout.write(f"{server.servers[0].sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:4])
