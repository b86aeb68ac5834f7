"""The README's animation is what the app draws: its first screens, its size and its length."""

import re
from itertools import islice
from xml.etree import ElementTree

from support.animation import PLACE, drawn, play, shots

MOST_BYTES, MOST_SECONDS = 1_000_000, 20.0


async def test_the_first_screens_are_those_of_the_app():
    text = PLACE.read_text(encoding="utf-8")
    for frame in await play(islice(shots(), 3)):
        assert all(drawn(strip) in text for strip in frame.strips)


def test_it_is_short_small_and_whole():
    text = PLACE.read_text(encoding="utf-8")
    ElementTree.fromstring(text)
    assert len(text.encode()) <= MOST_BYTES
    (seconds,) = re.findall(r"animation:film ([0-9.]+)s", text)
    assert float(seconds) <= MOST_SECONDS
    assert len(re.findall(r"<g transform", text)) == len(list(shots()))
