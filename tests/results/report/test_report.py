"""The report: one page with nothing from elsewhere, all names as text, and its data beside it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from tlcore.classifier.manifest import Manifest
from tlcore.results.report.drawings import confusion_svg
from tlcore.results.report.report import Content, report_data, report_html, write_report
from tlcore.results.score.baselines import TrainingFeatures
from tlcore.results.score.folder_score import folder_data
from tlcore.results.score.inference import NetworkOutputs
from tlcore.results.score.predictions import Predictions, scored
from tlcore.workspace.pictures import Pictures

LABELS = ("<script>alert(1)</script>", "$x^2$ & bee")
SHA = "b" * 64


def content_of(folder: Path, labels: tuple[str, ...]) -> Content:
    """Twenty scored pictures of the first two of these labels; a third is never answered."""
    random = np.random.default_rng(2)
    targets = np.array([0, 1] * 10)
    logits = random.normal(0, 1, (20, len(labels)))
    logits[np.arange(20), targets] += 1
    logits[:, 2:] = -9
    predictions = Predictions(
        labels, 1,
        tuple(scored([(n, SHA, "test", int(t)) for n, t in enumerate(targets)], logits.tolist())),
    )  # fmt: skip
    features = random.normal(size=(20, 6)).astype(np.float32)
    nothing = TrainingFeatures(np.zeros((0, 6), np.float32), np.zeros(0, np.int64))
    data = folder_data(predictions, NetworkOutputs(features, logits), nothing)
    manifest = Manifest.model_validate({
        "labels": labels,
        "backbone": {"name": "test_resnet", "architecture": "test_resnet", "licence": "Apache-2.0"},
        "head": {"features": 6},
        "preprocessing": {},
        "recipe": {"epochs": 3},
        "weights": [{"name": "learned.safetensors", "bytes": 1, "sha256": "0" * 64}],
    })  # fmt: skip
    pictures = Pictures(folder / "pictures")
    thumbnail = pictures.thumbnail(SHA)
    thumbnail.parent.mkdir(parents=True)
    thumbnail.write_bytes(b"\xff\xd8\xff thumbnail")
    return Content.of_folder(manifest, predictions, data, pictures, "<b>mine</b>")


@pytest.fixture
def content(tmp_path: Path) -> Content:
    return content_of(tmp_path, LABELS)


class Reader(HTMLParser):
    """Collects what a page would run or fetch, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_stands_alone_and_names_are_text(content: Content, tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", content)
    page = Reader()
    page.feed((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags and "b" in page.tags
    outside = [source for source in page.sources if not source.startswith(("data:", "#"))]
    assert not outside and any(source.startswith("data:image/jpeg") for source in page.sources)
    assert page.tags.count("svg") == 3
    for words in ("the true figure is probably between", *LABELS, "<b>mine</b>", "Apache-2.0"):
        assert words in page.words
    assert "epochs" in page.words


def test_the_data_beside_it_is_the_report(content: Content, tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", content)
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert data == json.loads(json.dumps(report_data(content)))
    for section in ("model_details", "intended_use", "factors", "metrics", "evaluation_data",
                    "training_data", "quantitative_analyses", "ethical_considerations",
                    "caveats"):  # fmt: skip
        assert data[section]
    evaluation = content.evaluation
    assert data["metrics"]["accuracy"] == evaluation.right / 20
    assert data["quantitative_analyses"]["confusion"] == [list(row) for row in evaluation.confusion]
    assert len(data["quantitative_analyses"]["worst_mistakes"]) == min(12, len(evaluation.mistakes))


def test_what_had_no_pictures_is_not_called_0_per_cent(tmp_path: Path) -> None:
    page = report_html(content_of(tmp_path, ("ant", "bee", "cat")))
    begins = '<tr><td>{}</td><td class="n">'
    lines = page.partition("Label by label")[2].splitlines()
    [cat, ant] = [
        next(line for line in lines if line.startswith(begins.format(name)))
        for name in ("cat", "ant")
    ]
    assert cat.count("–") == 3 and "%" not in cat
    assert ant.count("%") == 2 and "–" not in ant


def test_drawings_take_any_name() -> None:
    drawing = confusion_svg([[3, 1], [0, 2]], ["$\\frac{", "a\nb" * 30])
    root = ET.fromstring(drawing)
    assert root.tag.endswith("svg")
    assert "$\\frac{" in "".join(root.itertext())
