"""The standings of a race: settings from best to worst, as bars with the spread over repeats."""

from __future__ import annotations

from pages.parts.components.declare import declare_component
from pages.parts.run.words import duration
from tlcore.results.compare.verdict import Standing, Verdict
from tlcore.results.figures.figures import percent

_mount = declare_component("standings")


def draw_standings(verdict: Verdict, *, key: str) -> None:
    """Draw a bar for each setting; whiskers span its repeats."""
    ahead = verdict.kind == "ahead"
    rows = [_row(standing, ahead and standing is verdict.leader) for standing in verdict.standings]
    _mount(key=key, data={"rows": rows})


def _row(standing: Standing, ahead: bool) -> dict[str, object]:
    ends = percent(standing.lowest), percent(standing.highest)
    spread = f" ({ends[0]} to {ends[1]})" if ends[0] != ends[1] else ""
    return {
        "name": standing.name,
        "share": standing.accuracy,
        "low": standing.lowest if spread else None,
        "high": standing.highest if spread else None,
        "words": f"{percent(standing.accuracy)} right{spread}",
        "time": f"ready in {duration(standing.seconds)}" if standing.seconds else "",
        "ahead": ahead,
    }
