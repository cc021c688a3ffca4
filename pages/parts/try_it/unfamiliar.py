"""Whether new pictures are out of distribution: unlike all that a classifier learned from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pages.parts.frame.services import services
from pages.parts.run.choice import ChosenRun
from pages.parts.run.examination import kept_for, run_payload
from tlcore.errors import GraftError
from tlcore.results.score.result_cache import DETAILS_NAME

TASK = "tlcore.results.robustness.out_of_distribution:distance_task"
SECONDS = 60.0
WORDS = (
    "This picture is unlike those it learned from, so its answer may mean nothing. (About 5 in "
    "100 pictures of the right kind look unlike to it, too.)"
)


def are_unfamiliar(chosen: ChosenRun, copies: Sequence[Path]) -> list[bool]:
    """For each working copy, whether it is out of distribution; all False where that is unknown.

    It is known once the results page has computed the run's details from enough pictures.
    """
    try:
        details = kept_for(chosen, DETAILS_NAME)
        if details is None or details["familiar"] is None:
            return [False] * len(copies)
        payload = run_payload(chosen, copies=[str(path) for path in copies])
        reply = services().engine.ask(TASK, payload, timeout=SECONDS)
    except GraftError:
        return [False] * len(copies)  # the prediction matters more than this remark
    return [distance > reply["limit"] for distance in reply["distances"]]
