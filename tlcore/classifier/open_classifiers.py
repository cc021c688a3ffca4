"""The classifiers that a process has used last, kept open: loading one takes seconds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import MANIFEST_NAME

MOST_OPEN = 3


class OpenClassifiers:
    """Holds the last few classifiers; one whose folder was written anew is loaded anew."""

    def __init__(self, most: int = MOST_OPEN) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._classifiers: OrderedDict[tuple[Path, int], Classifier] = OrderedDict()

    def get(self, folder: Path) -> Classifier:
        """The classifier of a folder. Raises ClassifierInvalid."""
        key = (folder, _written(folder))
        with self._lock:
            if key not in self._classifiers:
                self._classifiers[key] = Classifier.load(folder)
            self._classifiers.move_to_end(key)
            while len(self._classifiers) > self._most:
                self._classifiers.popitem(last=False)
            return self._classifiers[key]


def _written(folder: Path) -> int:
    """When the manifest was written, in nanoseconds; 0 if there is none."""
    try:
        return (folder / MANIFEST_NAME).stat().st_mtime_ns
    except OSError:
        return 0


open_classifiers = OpenClassifiers()
