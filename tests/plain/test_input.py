"""The bytes of a terminal become characters, also where they are cut short or are none."""

import io
import os

import pytest

from lakeppo.errors import FileError
from lakeppo.plain.input import Keys, Script


@pytest.mark.parametrize(
    ("sent", "characters"),
    [("a界é".encode(), "a界é"), ("界".encode()[:2], ""), (b"\xff\xfea", "a"), (b"a\xf0\x9f\x90", "a"), (b"", "")],
)
def test_every_byte_is_part_of_a_character_or_dropped(sent, characters):
    reading, writing = os.pipe()
    os.write(writing, sent)
    os.close(writing)
    keys = Keys.__new__(Keys)  # without the terminal that it would set up
    keys._descriptor, keys._bytes = reading, b""
    found = ""
    while character := keys._character():
        found += character
    os.close(reading)
    assert found == characters


def test_a_script_in_another_encoding_is_an_error_that_names_it():
    script = Script(io.TextIOWrapper(io.BytesIO(b"step update\n"), "utf-16"))
    with pytest.raises(FileError, match="standard input is not text in utf-16"):
        script.read()
