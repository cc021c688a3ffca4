"""What a training leaves behind, and anybody loads: network, manifest, classifier.

The manifest can be read and changed without torch. `classifier`, `writer`, `network` and `tasks`
bring torch and timm with them, so they are imported by name.
"""

from tlcore.classifier.manifest import (
    CLASSIFIER_FOLDER,
    MANIFEST_NAME,
    Manifest,
    has_classifier,
    read_manifest,
)
from tlcore.classifier.manifest_writer import change_manifest

__all__ = [
    "CLASSIFIER_FOLDER",
    "MANIFEST_NAME",
    "Manifest",
    "change_manifest",
    "classifier",
    "has_classifier",
    "manifest",
    "manifest_writer",
    "network",
    "open_classifiers",
    "read_manifest",
    "tasks",
    "writer",
]
