"""How long the details of a score take, and whether they hold on real pictures.

    python -m benchmarks.results                    # 1,000 test pictures, timed
    python -m benchmarks.results --sets FOLDER      # every set in it: score, ECE, detective, stress
    python -m benchmarks.results --strange A B      # would a classifier of A notice pictures of B?

All with the bundled backbone and the quick preset, on the processor, in a home of its own.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import Source, from_folder
from tlcore.images.samples.leaves import LABELS, draw_leaf
from tlcore.jobs.events import Event
from tlcore.results.explain.tasks import detective_task
from tlcore.results.robustness.out_of_distribution import detection_task
from tlcore.results.robustness.stress_task import stress_task
from tlcore.results.score.analysis_task import analysis_task
from tlcore.results.score.tasks import train_and_score
from tlcore.training.data.training_set import from_workspace
from tlcore.training.recipe.presets import preset
from tlcore.workspace import Workspace
from tlcore.workspace.records import Split

TIMED = {Split.TRAIN: 300, Split.VALIDATION: 100, Split.TEST: 1000}
FRAMES = ("#d02020", "#2040d0", "#20a040", "#d0a020", "#a020b0", "#20b0b0", "#808080")
Task = Callable[[dict[str, Any], Callable[[], bool]], Iterator[Event]]


def never() -> bool:
    """Go on."""
    return False


def leaves() -> list[Source]:
    """Drawn leaves in the three splits, none twice."""
    sources, number = [], 0
    for split, count in TIMED.items():
        for place in range(count):
            label = LABELS[place % len(LABELS)]
            sources.append(Source(f"{number}.png", _drawn(label, number), label, split))
            number += 1
    return sources


def _drawn(label: str, number: int) -> Callable[[], bytes]:
    """How to read a drawn leaf."""

    def read() -> bytes:
        buffer = io.BytesIO()
        draw_leaf(label, number).save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()

    return read


def framed(sources: Iterable[Source]) -> list[Source]:
    """The same pictures, all of one kind, with a coloured frame that gives the label away.

    Labels are dealt out by turns, so that nothing but the frame tells them apart.
    """
    changed = []
    for number, source in enumerate(sources):
        kind = number % 2
        changed.append(Source(f"{number}.png", _framed(source, FRAMES[kind]), f"frame {kind}"))
    return changed


def _framed(source: Source, colour: str) -> Callable[[], bytes]:
    """How to read a picture with a frame of this colour."""

    def read() -> bytes:
        with Image.open(io.BytesIO(source.read())) as file:
            picture = file.convert("RGB").resize((224, 224))
        buffer = io.BytesIO()
        ImageOps.expand(picture.crop((24, 24, 200, 200)), 24, colour).save(buffer, "PNG")
        return buffer.getvalue()

    return read


def trained(home: Path, name: str, sources: list[Source]) -> tuple[dict[str, Any], float]:
    """A trained and scored run of these pictures: its payload, and the seconds of scoring."""
    workspace = Workspace.open(home)
    project = workspace.projects.create(name)
    ingest(workspace, project.id, sources)
    count = from_workspace(workspace, project.id).counts["train"]
    recipe = preset("quick", DEFAULT_BACKBONE, count).to_json()
    run = workspace.runs.create(project.id, "benchmark:none", recipe, {})
    workspace.runs.folder(run.id)
    workspace.close()
    payload = {"home": str(home), "project": project.id, "run": run.id, "recipe": recipe,
               "name": name}  # fmt: skip
    over = time.perf_counter()
    for event in train_and_score(payload, never):
        if event.kind == "epoch":
            over = time.perf_counter()
    return payload, time.perf_counter() - over


def timed(task: Task, payload: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """The result of a task and the seconds that it took."""
    begun = time.perf_counter()
    results = [event.data for event in task(payload, never) if event.kind == "result"]
    return results[-1], time.perf_counter() - begun


def time_details(home: Path) -> None:
    """Print how long scoring takes, and everything derived from it."""
    payload, scoring = trained(home, "leaves", leaves())
    details, deriving = timed(analysis_task, payload)
    print(f"{details['total']} test pictures, {DEFAULT_BACKBONE}, {details['right']} right")
    print(f"scored after the last epoch in   {scoring:6.1f} s")
    print(f"everything derived in            {deriving:6.1f} s")
    print(f"both                             {scoring + deriving:6.1f} s (to be within 10)")
    for task, name, goal in ((detective_task, "detective", ""), (stress_task, "stress test", "60")):
        _, seconds = timed(task, payload)
        print(f"{name:32} {seconds:6.1f} s" + (f" (to be within {goal})" if goal else ""))


def judge_sets(home: Path, folder: Path) -> None:
    """One line per set: score, calibration, what the detective and the stress test say."""
    for path in sorted(path for path in folder.iterdir() if path.is_dir()):
        sources = labelled(path)
        if len({source.label for source in sources}) < 2:
            continue
        judge(home, path.name, sources)
        if path.name == "flowers5":
            judge(home, "flowers5, framed", framed(sources))


def labelled(folder: Path) -> list[Source]:
    """Every picture of a folder that has a label."""
    return [source for source in from_folder(folder) if source.label is not None]


def judge(home: Path, name: str, sources: list[Source]) -> None:
    """Train on these pictures and print one line about the result."""
    payload, _ = trained(home, name, sources)
    details, _ = timed(analysis_task, payload)
    finding, _ = timed(detective_task, payload)
    calibration = details["calibration"]
    low, high = (100 * share for share in details["interval"])
    baselines = ", ".join(
        f"{baseline['name']} {100 * baseline['accuracy']:.1f}" for baseline in details["baselines"]
    )
    print(
        f"{name}: {details['right']} of {details['total']} ({details['split']}), "
        f"{low:.0f}-{high:.0f} %; {baselines}; ECE {100 * calibration['ece_before']:.2f} -> "
        f"{100 * calibration['ece']:.2f} at T {calibration['temperature']:.2f}; "
        f"{'FIRES. ' if finding['fires'] else 'quiet. '}{finding['words']}",
        flush=True,
    )


def judge_strangers(home: Path, own: Path, strange: Path) -> None:
    """Print how well each way of noticing tells `strange` pictures from those of `own`."""
    payload, _ = trained(home, own.name, labelled(own))
    timed(analysis_task, payload)
    workspace = Workspace.open(home)
    other = workspace.projects.create(strange.name)
    ingest(workspace, other.id, labelled(strange))
    copies = [str(workspace.pictures.copy(example.picture))
              for example in workspace.examples.list(other.id)]  # fmt: skip
    workspace.close()
    scores, _ = timed(detection_task, {**payload, "copies": copies})
    for name in ("distance", "clouds", "energy", "confidence"):
        score = scores[name]
        print(
            f"{own.name} against {strange.name}, by {name}: AUROC {score['auroc']:.3f}, "
            f"{100 * score['declined']:.0f} % turned away, "
            f"{100 * score['wrongly_declined']:.0f} % of its own"
        )


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=Path, metavar="FOLDER")
    parser.add_argument("--strange", type=Path, nargs=2, metavar="FOLDER")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="graft-", ignore_cleanup_errors=True) as folder:
        if options.sets is not None:
            judge_sets(Path(folder), options.sets)
        elif options.strange is not None:
            judge_strangers(Path(folder), *options.strange)
        else:
            time_details(Path(folder))


if __name__ == "__main__":
    main()
