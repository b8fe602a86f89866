"""`malmoi verify`: is a release what was signed? The key comes from outside the release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from governance.records.errors import NotFoundError
from governance.verify import verify_release
from pipelines.commands.output import HomeOption, JsonOption, console, emit
from pipelines.discovering import quarantined
from pipelines.home import Home
from pipelines.releases import find_release, shards_of_release


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("verify")(verify)


def verify(
    release: Annotated[
        str, typer.Argument(help="Corpus (its head), release id, or path of a release.", show_default=False)
    ],
    key: Annotated[
        Path, typer.Option("--key", help="Publisher's public key (PEM), from outside the release.", show_default=False)
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify signature, every file, the Delta version, the proofs and the books; each failure is named."""
    place = Home.of(home)
    corpus, release_id = find_release(place, release)
    if not key.is_file():
        raise NotFoundError(f"{key}: no such key file; the publisher hands it out, `malmoi keys public` prints ours")
    report = verify_release(place.corpus(corpus), release_id, key.read_bytes())
    held = sorted(quarantined(place, corpus).keys() & shards_of_release(place, corpus, release_id))
    if as_json:
        emit(
            {
                "quarantined": held,
                "ok": report.ok,
                "release_id": report.release_id,
                "corpus": report.corpus,
                "sealed": report.sealed,
                "strays": report.strays,
                "delta_version": report.delta_version,
                "files": report.files,
                "problems": [vars(problem) for problem in report.problems],
                "notes": report.notes,
            }
        )
    else:
        for note in report.notes:
            console.print(f"note: {note}", highlight=False)
        for path in held:
            console.print(f"quarantined: {path}: personal data were found in it; it is not served", highlight=False)
        for stray in report.strays:
            console.print(f"stray: {stray}: no release names it; `malmoi gc` removes it", highlight=False)
        if report.ok:
            console.print(
                f"verified: release {report.release_id}, {report.files} files, Delta version {report.delta_version}"
                + ("" if report.sealed else "; its log and lineage are not sealed yet")
            )
    report.require()
