"""The settings of a race from best to worst, as bars with the spread over repeats."""

from __future__ import annotations

from pages.parts.components.declare import declare_component
from pages.parts.run.words import duration
from tlcore.results.compare.verdict import Standing, Verdict, percent

_mount = declare_component("standings")


def draw_standings(found: Verdict, *, key: str) -> None:
    """Draw a bar for each setting; whiskers span its repeats."""
    ahead = found.kind == "ahead"
    rows = [_row(one, ahead and one is found.leader) for one in found.standings]
    _mount(key=key, data={"rows": rows})


def _row(one: Standing, ahead: bool) -> dict[str, object]:
    ends = percent(one.lowest), percent(one.highest)
    spread = f" ({ends[0]} to {ends[1]})" if ends[0] != ends[1] else ""
    return {
        "name": one.name,
        "share": one.accuracy,
        "low": one.lowest if spread else None,
        "high": one.highest if spread else None,
        "words": f"{percent(one.accuracy)} right{spread}",
        "time": f"ready in {duration(one.seconds)}" if one.seconds else "",
        "ahead": ahead,
    }
