"""`export`: a classifier in a format for elsewhere, checked against the app before it is kept."""

from __future__ import annotations

import argparse
from pathlib import Path

from tlcore.classifier.manifest import read_manifest
from tlcore.commands.terminal import Progress, plain, print_json, result_of
from tlcore.serving.export.check_set import CheckSet, drawn, from_pictures, from_project
from tlcore.serving.formats.registry import format_of
from tlcore.workspace import Workspace
from tlcore.workspace.paths import RUN_ID, find_home


def run(arguments: argparse.Namespace) -> int:
    """Write, check, and say how the check went. Raises GraftError when the file is refused."""
    progress = Progress()
    check_set = check_set_for(arguments.classifier, arguments.pictures)
    progress.bar("Starting PyTorch", 0, 1)
    from tlcore.serving.export.pipeline import export

    export_format = format_of(arguments.format)
    events = export(arguments.classifier, export_format, arguments.out, check_set)
    result = result_of(events, progress)
    if arguments.json:
        print_json(result)
        return 0
    print(f"{plain(result['path'])} ({result['bytes'] / 1e6:.1f} MB)")
    print(f"Checked: {result['check']['words']}")
    if check_set is drawn():
        print("Give --pictures FOLDER to check it with pictures of yours.")
    return 0


def check_set_for(classifier: Path, pictures: Path | None) -> CheckSet:
    """Those in the folder `pictures`; else the test pictures of the run that the classifier is of.

    Without either, drawn pictures. Raises ClassifierInvalid, or GraftError for an empty folder.
    """
    labels = read_manifest(classifier).labels
    if pictures is not None:
        return from_pictures(pictures, labels)
    run_folder = classifier.absolute().parent
    home = find_home()
    if run_folder.parent == home / "runs" and RUN_ID.fullmatch(run_folder.name):
        workspace = Workspace.open(home)
        try:
            project = workspace.runs.get(run_folder.name).project_id
            return from_project(workspace, project, labels)
        finally:
            workspace.close()
    return drawn()
