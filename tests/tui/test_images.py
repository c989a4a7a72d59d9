"""A network for images in the app: drawn from where its numbers are a list, looked into and changed like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlcore.config import from_dict
from tests.tui.living import living
from tui.draft import Draft

BODY = "conv 6 k3 p1 relu | pool 2 | flatten | 12 relu"
EXPERIMENT = {"layers": BODY, "dataset": {"kind": "digits"}, "epochs": 3}


@pytest.mark.usefixtures("own_home")
async def test_a_network_for_images_is_shown_in_every_pane_and_looked_into(tmp_path: Path) -> None:
    config = tmp_path / "images.toml"
    config.write_text(from_dict(EXPERIMENT).to_toml(), encoding="utf-8")
    async with living(tmp_path, str(config), size=(200, 60)) as lab:
        assert lab.frame.net.widths == (96, 12, 10)
        await lab.press(*"5678")
        await lab.says("conv2d.1 relu")
        await lab.until(lambda: lab.frame.confusion is not None and lab.frame.seen is not None)
        seen, net = lab.frame.seen, lab.frame.net
        assert net.blocks[:3] == (("input", "8x8"), ("conv 6 k3 p1 relu", "6x8x8"), ("pool 2", "6x4x4"))
        assert [each.words for each in seen.made] == ["conv 6 k3 p1 relu", "pool 2", "12 relu"]
        assert "6 maps 8x8" in lab.screen and "6 filters" in lab.screen
        await lab.press("right_parenthesis")
        await lab.until(lambda: lab.frame.seen.row == seen.row + 1)
        await lab.press("A", "6")
        screen = lab.app.screen
        await lab.until(lambda: screen.analysis.filters)
        assert screen.analysis.filters.image == (3, 3) and screen.analysis.filters.of == 6
        await lab.press("8")
        await lab.until(lambda: screen.analysis.example)
        assert screen.analysis.example.seen.saliency.shape == (8, 8)
        await lab.press("7")
        await lab.until(lambda: screen.analysis.traced)
        await lab.press("escape", "p")
        await lab.until(lambda: lab.app.screen is not lab.app.laboratory)


def test_filters_and_windows_turn_like_neurons_and_come_and_go_as_one_word() -> None:
    draft = Draft(from_dict(EXPERIMENT))
    assert (draft.hidden, draft.units) == ((("12", "relu"),), 12)
    assert draft.words == ("conv 6 k3 p1", "relu", "pool 2", "flatten", "12", "relu")
    assert draft.with_turned(0, 1).words[0] == "conv 8 k3 p1" and draft.with_turned(0, -1).words[0] == "conv 4 k3 p1"
    assert draft.with_turned(2, 1).words[2] == "pool 3" and draft.with_turned(2, -1).words[2] == "pool 2"
    assert draft.with_units(1).config.setting("layers") == BODY.replace("12", "16")
    assert draft.with_bends("tanh").config.setting("layers") == BODY.replace("12 relu", "12 tanh")
    assert draft.with_word("conv2d").config.setting("layers") == f"{BODY} | conv 16 k3"
    for word in ("conv2d", "max_pool2d"):
        assert draft.with_word(word).with_word(word).config == draft.config
