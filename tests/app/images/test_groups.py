"""The pictures page: groups with their preview, the map, and how many more pictures."""

from __future__ import annotations

import pytest

from pages.parts.frame.services import Services
from pages.parts.images.insight.forecast_view import forecast_figure
from pages.parts.images.insight.map_view import _atlas
from tests.app.conftest import OpenPage, drawn
from tests.changes import change
from tlcore.images.group_splits import divided_groups
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_files
from tlcore.workspace.examples.changes import Delete, Restore
from tlcore.workspace.records import Project

PATIENCE = 120.0  # seconds, for a fresh engine on a busy machine


@pytest.fixture(scope="module")
def nests(graft: Services) -> Project:
    """Two labels of twelve pictures each, from six nests that the file names say."""
    made = graft.workspace.projects.create("Nests")
    for label, level in (("dark", 50), ("bright", 200)):
        files = [(f"nest{n % 6}_{label}{n}.png", drawn(level, n)) for n in range(12)]
        ingest(graft.workspace, made.id, from_files(files, label=label))
    return made


def test_groups_are_previewed_measured_written_and_undone(
    graft: Services, open_page: OpenPage, nests: Project
) -> None:
    examples = graft.workspace.examples
    before = examples.list(nests.id)
    page = open_page("images.py", nests)
    page.session_state[f"view_{nests.id}"] = "Groups"
    page.run()
    assert not page.exception
    assert page.text_input(key="group_pattern").value == "{group}_*"  # found by itself
    assert any("**6 groups** of 24 pictures" in text.value for text in page.markdown)
    page.text_input(key="group_pattern").set_value("nest").run()
    assert "does not say" in page.error[0].value
    page.text_input(key="group_pattern").set_value("{group}_bright*").run()
    assert any("12 pictures in none" in text.value for text in page.markdown)
    assert not any("Is this the group" in warning.value for warning in page.warning)
    page.text_input(key="group_pattern").set_value("nest#_{group}#.png").run()
    assert "Is this the group, or the label itself" in page.warning[0].value
    page.text_input(key="group_pattern").set_value("{group}_*").run()
    page.button(key="groups_measure").click().run(timeout=PATIENCE)
    assert not page.exception
    assert [metric.label for metric in page.metric] == ["Random split", "Groups kept together"]
    page.text_input(key="group_pattern").set_value("{group}_dark*").run()
    assert not page.metric  # said of other groups
    page.text_input(key="group_pattern").set_value("{group}_*").run()
    assert len(page.metric) == 2
    page.button(key="groups_use").click().run()
    grouped = examples.list(nests.id)
    assert len({example.group for example in grouped}) == 6
    assert divided_groups(grouped) == {}
    page.button(key="undo_back").click().run()
    assert examples.list(nests.id) == before
    page.segmented_control(key="group_by").set_value("The day").run()
    assert page.button(key="groups_use").disabled  # the drawings say nothing of a day


def test_a_pattern_that_groups_by_label_is_not_suggested_and_warned_of(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    """The files are called “dark 3.png”: with such groups nothing could be checked or tested."""
    before = graft.workspace.examples.list(project.id)
    page = open_page("images.py", project)
    page.session_state[f"view_{project.id}"] = "Groups"
    page.run()
    assert not page.exception and not page.error
    assert page.text_input(key="group_pattern").value == ""
    assert page.button(key="groups_use").disabled
    page.text_input(key="group_pattern").set_value("{group} *").run()
    warnings = " ".join(warning.value for warning in page.warning)
    assert "nothing is left to check" in warnings and "nothing is left to test" in warnings
    use = page.button(key="groups_use")
    assert not use.disabled and use.proto.type == "secondary"
    page.button(key="groups_measure").click().run(timeout=PATIENCE)
    assert "Where a group is a label" in page.error[0].value
    assert not page.metric
    assert graft.workspace.examples.list(project.id) == before


def test_the_map_is_drawn_on_request(graft: Services, open_page: OpenPage, nests: Project) -> None:
    page = open_page("images.py", nests)
    page.session_state[f"view_{nests.id}"] = "Map"
    page.run()
    made = f"map_{nests.id}"
    assert made not in page.session_state
    page.button(key="map_go").click().run(timeout=PATIENCE)
    assert not page.exception
    ids = {point["example"] for point in page.session_state[made]["points"]}
    assert ids == {example.id for example in graft.workspace.examples.list(nests.id)}
    page.session_state[f"map_chosen_{nests.id}"] = sorted(ids)[:3]
    page.run()
    assert any("**3 pictures** selected" in text.value for text in page.markdown)


@pytest.mark.slow
def test_the_forecast_is_made_on_request(
    graft: Services, open_page: OpenPage, nests: Project
) -> None:
    page = open_page("images.py", nests)
    page.session_state[f"view_{nests.id}"] = "Check-up"
    page.run()
    page.button(key="forecast_go").click().run(timeout=PATIENCE)
    assert not page.exception
    assert not page.error
    assert any("of 100 rightly" in text.value for text in page.markdown)
    first = graft.workspace.examples.list(nests.id)[:1]
    page.run()
    assert not any("have changed since: work" in line.value for line in page.caption)
    change(graft.workspace, Delete([first[0].id]))
    page.run()
    assert any("have changed since: work" in line.value for line in page.caption)
    change(graft.workspace, Restore([first[0].id]))


def test_the_thumbnails_stand_in_one_sheet(graft: Services, nests: Project) -> None:
    pictures = [example.picture for example in graft.workspace.examples.list(nests.id)[:3]]
    sheet = _atlas((*pictures, "0" * 64), 32, 2)
    assert sheet.startswith("data:image/jpeg;base64,")


def test_the_forecast_is_drawn_in_percent() -> None:
    point = {"pictures": 10, "accuracy": 0.5, "low": 0.4, "high": 0.7}
    figure = forecast_figure([point], [{"pictures": 40, "accuracy": 0.6}])
    assert list(figure.data[1].y) == [50.0] and list(figure.data[0].y) == [60.0]
    assert figure.data[1].error_y.array[0] == pytest.approx(20)
