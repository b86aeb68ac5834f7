"""Texts by the cells that they take."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from lakeppo.cells import CLOSING, OPENING, cut, folded, padded, wrapped

CHINESE = "裁剪（clip）已关闭：第 2 遍（pass）中，样本无论走多远都没有被“停止”。"


def test_padding_and_cutting_count_cells():
    assert padded("熵", 6) == "熵    "
    assert padded("熵", 6, "right") == "    熵"
    assert padded("裁剪", 2) == "裁剪"
    assert cut("裁剪 clip", 3) == "裁"
    assert cut("clip", 9) == "clip"


@pytest.mark.parametrize("width", range(12, 60))
def test_lines_of_chinese_fit_and_split_no_punctuation(width):
    lines = wrapped(CHINESE, width, "  ")
    assert all(cell_len(line) <= width for line in lines)
    assert not any(line.strip()[0] in CLOSING or line[-1] in OPENING for line in lines)
    assert "".join("".join(lines).split()) == "".join(CHINESE.split())


@pytest.mark.parametrize("width", [-1, 0, 1, 2, 3])
@pytest.mark.parametrize("text", [CHINESE, "a clip of .2", "熵", ""])
def test_no_width_is_too_narrow_to_fold_a_text(text, width):
    for indent in ("", "   "):
        assert "".join("".join(folded(text, width, indent)).split()) == "".join(text.split())


def test_no_character_stands_alone_in_the_last_line():
    assert wrapped("裁剪已关闭：第 2 遍中，样本无论走多远都没有被停止。", 50)[-1] == "被停止。"
    assert wrapped("停止。", 50) == ["停止。"]


@given(text=st.text("熵 ab，。c", max_size=40), width=st.integers(8, 30))
@settings(max_examples=100, deadline=None)
def test_every_text_fits(text, width):
    assert all(cell_len(line) <= width for line in wrapped(text, width))
