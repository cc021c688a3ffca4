"""Every mend that a detector may propose is one that the page can carry out."""

from __future__ import annotations

import pytest

from pages.parts.images.checkup.mending import changes_of
from tlcore.quality.checkup.detectors import DETECTORS
from tlcore.quality.checkup.findings import Action, Mend

ACTIONS = sorted({action for detector in DETECTORS for action in detector.mends})


@pytest.mark.parametrize("action", ACTIONS)
def test_a_mend_becomes_a_change(action: Action) -> None:
    mend = Mend(action, (1, 2), "Mend it", split="train", group="copies", question=1, label=2)
    assert changes_of(mend, question_id=1)
