"""The attribution list that goes with every pull: whom to name, under which licence, with which duties."""

from __future__ import annotations

from collections.abc import Mapping

from governance.licences import licence_table
from governance.terms import Terms, duties

FILE = "ATTRIBUTION.md"
_HEAD = """# 출처와 이용 조건 (Attribution and duties)

이 자료를 쓰는 동안 아래 출처 표시와 의무를 지켜야 합니다.
Whoever uses these texts names the holders below and keeps to the duties.
"""


def attribution(sources: Mapping[str, Terms]) -> str:
    """Markdown, one section a source, sorted by name; the same terms give the same bytes."""
    return "\n".join([_HEAD, *(_section(name, sources[name]) for name in sorted(sources))])


def _section(name: str, terms: Terms) -> str:
    table = licence_table()
    licence = table.licences[terms.licence]
    rows = [
        f"## {name}",
        "",
        f"- 권리자 (holder): {terms.holder}",
        f"- 이용허락 (licence): {licence.name_ko} · {terms.licence}{' + AI' if terms.kogl_ai else ''}",
    ]
    rows += [f"- 출처 표시 (attribution): {terms.attribution}"] if terms.attribution else []
    rows += [f"- 이용 기한 (until): {terms.expires}"] if terms.expires else []
    rows += [f"- {duty}: {table.duties[duty].ko} {table.duties[duty].en}" for duty in duties(terms)]
    return "\n".join([*rows, ""])
