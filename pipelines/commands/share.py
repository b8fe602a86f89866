"""`malmoi share`: recipients, grants, profiles, and why a recipient may or may not have something."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from governance.events import Event, EventLog
from governance.gates import korean_day
from governance.policy import Decision, Policies, default_policies
from governance.records.errors import ConfigError
from governance.records.storage import write_bytes
from governance.sharing import admin
from governance.sharing.catalogue import Catalogue
from governance.sharing.settings import PREFIX, SHARE, open_store
from governance.store.grants import Grant
from governance.store.recipients import Recipient
from governance.store.sharing import SharingStore
from pipelines.commands.output import HomeOption, JsonOption, console, emit, show
from pipelines.home import Home
from pipelines.releases import corpora

app = typer.Typer(no_args_is_help=True)

PurposeOption = Annotated[str, typer.Option(help="What for: pretrain, finetune, evaluate, label, research.")]
RecipientArgument = Annotated[str, typer.Argument(help="Name it was registered under.", show_default=False)]
CorpusArgument = Annotated[str, typer.Argument(help="Name of the corpus.", show_default=False)]
ByOption = Annotated[str | None, typer.Option(help="Who does it, for the event log (default: your account).")]


class _Office:
    """An installation's store and log, as one command uses them."""

    def __init__(self, home: str | None, by: str | None = None) -> None:
        self.home = Home.of(home)
        self.store: SharingStore = open_store(self.home.root)
        self.catalogue = Catalogue(self.home.governed)
        self.now = datetime.now(UTC)
        self.by = by or getpass.getuser()

    def record(self, action: str, *subjects: str, grant: str | None = None) -> None:
        """Puts what was done into the event log."""
        event = Event(at=self.now, actor=self.by, action=action, subjects=subjects, grant=grant)
        EventLog(self.home.events).append(event)

    def corpora(self) -> list[str]:
        """Corpora that have a release."""
        return corpora(self.home)


def _names(given: str | None) -> tuple[str, ...]:
    return tuple(sorted({name.strip() for name in (given or "").split(",") if name.strip()}))


def _day(given: str | None, otherwise: date) -> date:
    try:
        return date.fromisoformat(given) if given else otherwise
    except ValueError:
        raise ConfigError(f"{given!r}: a day is written 2026-12-31") from None


@app.command()
def recipients(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List recipients with their grants and tokens."""
    found = [_summary_json(summary) for summary in admin.summaries(_Office(home).store)]
    if as_json:
        emit(found)
        return
    columns = ["recipient", "consortium", "country", "status", "grants", "tokens"]
    rows = [[r["name"], r["consortium"], r["country"], r["status"], _grants_cell(r), len(r["tokens"])] for r in found]
    show("Recipients", columns, rows)


def _summary_json(summary: admin.RecipientSummary) -> dict[str, Any]:
    grants = [_grant_json(grant) for grant in summary.grants]
    fields = asdict(summary.recipient)
    return fields | {"status": fields["effective_status"], "grants": grants, "tokens": list(summary.tokens)}


def _grant_json(grant: Grant) -> dict[str, Any]:
    return {"id": grant.id, **asdict(grant)}


def _grants_cell(recipient: Mapping[str, Any]) -> str:
    marks = [
        f"{g['id']} {g['corpus']}/{g['purpose']}{' (revoked)' if g['revoked_at'] else ''}" for g in recipient["grants"]
    ]
    return ", ".join(marks)


@app.command()
def register(
    name: Annotated[str, typer.Argument(help="Small letters, digits, hyphens.")],
    title: Annotated[str | None, typer.Option(help="Full name of the body.")] = None,
    consortium: Annotated[str | None, typer.Option(help="Consortium it belongs to.")] = None,
    country: Annotated[str, typer.Option(help="ISO 3166-1, two letters.")] = "KR",
    commercial: Annotated[bool, typer.Option(help="Trains models for commercial use.")] = True,
    internal: Annotated[bool, typer.Option("--internal", help="Our own organisation.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register a consortium, a member body or a labelling organisation."""
    office = _Office(home)
    made = office.store.recipients.add(
        Recipient(name, title or name, country, consortium, commercial, internal), at=office.now
    )
    office.record("share.register", f"recipient:{name}")
    emit(asdict(made)) if as_json else console.print(f"registered {name}")


@app.command()
def status(
    name: RecipientArgument,
    to: Annotated[str, typer.Argument(help="active, suspended or left; a consortium takes its bodies along.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Suspend a recipient, mark it as having left the programme, or take it back."""
    office = _Office(home)
    changed = office.store.recipients.set_status(name, to)  # type: ignore[arg-type]
    office.record("share.status", f"recipient:{name}")
    emit(asdict(changed)) if as_json else console.print(f"{name} is {changed.effective_status}")


@app.command()
def grant(
    recipient: RecipientArgument,
    corpus: CorpusArgument,
    purpose: PurposeOption = "pretrain",
    sources: Annotated[str | None, typer.Option(help="Only these, separated by commas.")] = None,
    licences: Annotated[str | None, typer.Option(help="Only these licence classes, separated by commas.")] = None,
    valid_from: Annotated[str | None, typer.Option("--from", help="First day (default: today, in Korea).")] = None,
    until: Annotated[str | None, typer.Option(help="Last day (default: a year from the first).")] = None,
    approval: Annotated[str | None, typer.Option(help="Number of the approval or contract.")] = None,
    by: ByOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Grant a recipient what it may have of a corpus."""
    office = _Office(home, by)
    first = _day(valid_from, korean_day(office.now))
    wanted = Grant(
        recipient,
        corpus,
        purpose,
        first,
        _day(until, admin.year_from(first)),
        _names(sources),
        _names(licences),
        approval,
    )
    made = admin.give_grant(office.store, wanted, at=office.now, by=office.by, corpora=office.corpora())
    office.record("share.grant", f"recipient:{recipient}", f"corpus:{corpus}", grant=made.id)
    if as_json:
        emit(_grant_json(made))
    else:
        console.print(
            f"{made.id}: {recipient} may have {corpus} for {purpose}, {made.valid_from} to {made.valid_until}"
        )


@app.command()
def revoke(
    grant_id: Annotated[str, typer.Argument(metavar="GRANT", help="G-12, or a token's id.")],
    because: Annotated[str, typer.Option(help="Why; kept with the grant.")],
    by: ByOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a grant or a token at once, downloads under way included."""
    office = _Office(home, by)
    if grant_id.upper().startswith("G-") and grant_id[2:].isdecimal():
        ended = admin.revoke_grant(office.store, int(grant_id[2:]), at=office.now, by=office.by, because=because)
        office.record("share.revoke", f"recipient:{ended.recipient}", f"grant:{ended.id}", grant=ended.id)
        result = _grant_json(ended)
    else:
        token = office.store.tokens.revoke(grant_id, at=office.now)
        office.record("share.revoke", f"recipient:{token.recipient}", f"account:{token.id}")
        result = asdict(token)
    emit(result) if as_json else console.print(f"{grant_id} is revoked")


@app.command()
def profile(
    recipient: RecipientArgument,
    file: Annotated[Path, typer.Argument(help="Where to write the profile, for its owner's eyes only.")],
    endpoint: Annotated[str, typer.Option(help="What the recipient reaches the server under.")] = (
        f"http://127.0.0.1:8000{PREFIX}"
    ),
    days: Annotated[int, typer.Option(min=1, max=366, help="How long the token holds.")] = 90,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a profile file with a new token; the token is shown nowhere else."""
    office = _Office(home)
    made = admin.new_profile(
        office.store, recipient, endpoint=endpoint, at=office.now, expires_at=office.now + timedelta(days=days)
    )
    write_bytes(file, json.dumps(made.document(), indent=1).encode(), mode=0o600)
    office.record("share.profile", f"recipient:{recipient}", f"account:{made.token_id}")
    if as_json:
        emit({"recipient": recipient, "token": made.token_id, "file": file, "expires_at": made.expires_at})
    else:
        console.print(f"{file}: profile of {recipient}, token {made.token_id}, until {made.expires_at:%Y-%m-%d}")


@app.command()
def explain(
    recipient: RecipientArgument,
    corpus: CorpusArgument,
    purpose: PurposeOption = "pretrain",
    version: Annotated[int | None, typer.Option(help="Version of the corpus (default: the newest).")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say, source by source, what a recipient may have of a corpus, and which policy decides."""
    office = _Office(home)
    shards = office.catalogue.version(corpus, version).shards
    found = admin.explain(
        office.store, Policies.load(default_policies()), recipient, shards, purpose=purpose, at=office.now
    )
    if as_json:
        emit([_explanation_json(line) for line in found])
        return
    rows = [[line.source, line.licence_class, line.shards, line.rows, _given(line.decision)] for line in found]
    show(f"{recipient} · {SHARE}.{purpose}.{corpus}", ["source", "licence", "shards", "documents", "given"], rows)
    for sentence in _reasons(found):
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def _given(decision: Decision) -> str:
    return f"yes, {decision.grant}" if decision.allowed else f"no: {', '.join(decision.policies)}"


def _reasons(found: list[admin.Explanation]) -> list[str]:
    """One line a policy that refused, in both languages, then one a source with its duties."""
    said: dict[str, str] = {}
    for decision in (line.decision for line in found if not line.decision.allowed):
        for name, korean, english in zip(decision.policies, decision.reasons_ko, decision.reasons, strict=True):
            said[name] = f"{name}: {korean} · {english}"
    duties = [f"{line.source}: {', '.join(line.decision.duties)}" for line in found if line.decision.duties]
    return [*(said[name] for name in sorted(said)), *(["duties"] if duties else []), *(f"  {d}" for d in duties)]


def _explanation_json(line: admin.Explanation) -> dict[str, Any]:
    plain = {"source": line.source, "licence": line.licence_class, "shards": line.shards, "documents": line.rows}
    decision = line.decision
    return (
        plain
        | decision.record()
        | {"reasons": decision.reasons, "reasons_ko": decision.reasons_ko, "duties": decision.duties}
    )
