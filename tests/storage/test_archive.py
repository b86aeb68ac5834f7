"""Archives that break a rule of what a save may be made of: each is refused in the one line of that rule."""

import io
import struct
import warnings
import zipfile
from typing import Any

import pytest
import torch
from support.saves import zipped

from lakeppo.errors import SaveError
from lakeppo.storage import archive
from lakeppo.storage.archive import read_archive
from lakeppo.storage.checkpoint import read_save

NO_SAVE = "not a lakeppo save, or is cut short"
TOO_LARGE, OTHER_STORAGE = (
    "a tensor is larger than its storage",
    "a storage has another size or type than the file says",
)
NUMBERS = (0.5, -2.0, 3.0, 0.25)


def code(value: Any) -> bytes:
    """The instructions of a pickle that make a tuple, a text, None or a small number; bytes are instructions."""
    match value:
        case bytes():
            return value
        case tuple():
            return b"(" + b"".join(map(code, value)) + b"t"
        case str():
            return b"X" + struct.pack("<I", len(value)) + value.encode()
        case None:
            return b"N"
    return b"J" + struct.pack("<i", value)


def storage(tag: Any = "storage", kind: Any = b"ctorch\nFloatStorage\n", key: Any = "0", count: Any = 4) -> bytes:
    return code((tag, kind, key, "cpu", count)) + b"Q"


def tensor(of: bytes = storage(), offset: Any = 0, size: Any = (4,), stride: Any = (1,)) -> bytes:
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + code((of, offset, size, stride)) + b"R"


def members(body: bytes, order: str = "little") -> dict[str, bytes]:
    """The members of an archive with a storage of four numbers and a pickle with these instructions."""
    numbers = struct.pack("<4f" if order == "little" else ">4f", *NUMBERS)
    return {"a/data.pkl": b"\x80\x02" + body + b".", "a/byteorder": order.encode(), "a/data/0": numbers}


def packed(body: bytes) -> bytes:
    return zipped(members(body))


def claiming(size: int) -> bytes:
    """An archive in which a member claims a size."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a/data.pkl", b"\x80\x02N.")
        file.filelist[0].file_size = file.filelist[0].compress_size = size
    return buffer.getvalue()


def twice() -> bytes:
    """An archive with two members of one name."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as file:
        warnings.simplefilter("ignore")
        for data in (b"\x80\x02N.", b"\x80\x02]."):
            file.writestr("a/data.pkl", data)
    return buffer.getvalue()


def other_bytes() -> bytes:
    data = packed(tensor())
    return data.replace(struct.pack("<4f", *NUMBERS), struct.pack("<4f", *NUMBERS[::-1]))


REFUSED = {
    "a compressed member": (zipped(members(tensor()), zipfile.ZIP_DEFLATED), "its members are compressed"),
    "a large claim": (claiming(10**6), "its members claim to be larger than the file"),
    "two of one name": (twice(), "two of its members have one name"),
    "other bytes": (other_bytes(), "some of its bytes have changed"),
    "a lower count": (packed(storage(count=3)), OTHER_STORAGE),
    "a higher count": (packed(storage(count=5)), OTHER_STORAGE),
    "a count of True": (packed(storage(count=b"\x88")), OTHER_STORAGE),
    "a type that differs later": (
        packed(code((storage(), storage(kind=b"ctorch\nDoubleStorage\n")))), OTHER_STORAGE
    ),
    "an offset": (packed(tensor(offset=1)), TOO_LARGE),
    "an offset below 0": (packed(tensor(offset=-1, size=(1,))), TOO_LARGE),
    "a long size": (packed(tensor(size=(6,))), TOO_LARGE),
    "a large product": (packed(tensor(size=(2, 3), stride=(3, 1))), TOO_LARGE),
    "a size of True": (packed(tensor(size=(b"\x88",))), TOO_LARGE),
    "a stride": (packed(tensor(size=(2,), stride=(2,))), "a tensor is not contiguous"),
    "a column": (packed(tensor(size=(2, 2), stride=(1, 2))), "a tensor is not contiguous"),
    "one number repeated": (packed(tensor(size=(4,), stride=(0,))), "a tensor is not contiguous"),
    "three axes": (packed(tensor(size=(1, 2, 2), stride=(4, 2, 1))), NO_SAVE),
    "a stride too many": (packed(tensor(stride=(4, 1))), NO_SAVE),
    "a tensor of a tensor": (packed(tensor(of=code(None))), NO_SAVE),
    "no tag of a storage": (packed(storage(tag="module")), NO_SAVE),
    "a number as a key": (packed(storage(key=0)), NO_SAVE),
    "a text as a type": (packed(storage(kind="FloatStorage")), NO_SAVE),
    "a dict as a type": (packed(storage(kind=b"ccollections\nOrderedDict\n")), NO_SAVE),
    "no such storage": (packed(storage(key="1")), NO_SAVE),
    "an argument of a dict": (packed(b"ccollections\nOrderedDict\n" + code((None,)) + b"R"), NO_SAVE),
    "a call of a type": (packed(b"ctorch\nFloatStorage\n" + code(()) + b"R"), NO_SAVE),
    "another function": (packed(b"cos\nsystem\n"), NO_SAVE),
    "a long name": (packed(b"c" + b"t" * 200 + b"\nFloatStorage\n"), NO_SAVE),
    "an item of a dict": (packed(b"}Na"), NO_SAVE),
    "a key of a list": (packed(b"]" + code("a") + b"Ns"), NO_SAVE),
    "a number as a key of a dict": (packed(b"}K\x01Ns"), NO_SAVE),
    "a key without a value": (packed(b"}(" + code("a") + b"u"), NO_SAVE),
    "an empty stack": (packed(b"N\x86"), NO_SAVE),
    "two contents": (packed(b"NN"), NO_SAVE),
    "no end": (zipped({"a/data.pkl": b"\x80\x02N"}), NO_SAVE),
    "an unknown instruction": (packed(b"N0"), NO_SAVE),
    "another order of bytes": (zipped({**members(tensor()), "a/byteorder": b"middle"}), NO_SAVE),
    "no pickle": (zipped({"a/data/0": b""}), NO_SAVE),
}  # fmt: skip
"""By what is wrong with it, an archive and what is said of it."""


def refusal(path) -> str:
    with pytest.raises(SaveError) as caught:
        read_save(path)
    return str(caught.value)


@pytest.mark.parametrize(("data", "line"), REFUSED.values(), ids=REFUSED)
def test_an_archive_that_breaks_a_rule_is_refused_by_it(tmp_path, data, line):
    path = tmp_path / "crafted.pt"
    path.write_bytes(data)
    assert refusal(path) == (f"{path} is {line}" if line == NO_SAVE else f"{path} is damaged: {line}")


@pytest.mark.parametrize("order", ["little", "big"])
def test_the_numbers_of_a_storage_are_read_in_either_order(order):
    assert read_archive(zipped(members(tensor(), order))).tolist() == list(NUMBERS)


@pytest.mark.parametrize(
    ("offset", "size", "stride", "expected"),
    [
        (1, (3,), (1,), [-2.0, 3.0, 0.25]), (0, (2, 2), (2, 1), [[0.5, -2.0], [3.0, 0.25]]), (3, (), (), 0.25),
        (2, (1,), (4,), [3.0]), (4, (0,), (1,), []), (0, (1, 4), (5, 1), [list(NUMBERS)]),
    ],
)  # fmt: skip
def test_a_tensor_is_a_part_of_its_storage(offset, size, stride, expected):
    assert read_archive(packed(tensor(offset=offset, size=size, stride=stride))).tolist() == expected


def test_plain_values_are_read_as_pickle_writes_them():
    content = {"a": [1, -1, 300, 2**40, -(2**40), 0.5, None, True, False, "界\ud800", (), (1,), (1, 2, 3, 4)], "b": {}}
    buffer = io.BytesIO()
    torch.save(content, buffer)
    assert read_archive(buffer.getvalue()) == content


BODY = code((tensor(), tensor(), tensor()))
LIMITS = {
    "MOST_MEMBERS": (3, "it has over 2 members"),
    "MOST_PICKLED": (len(BODY) + 3, f"its pickle is over {len(BODY) + 2} bytes"),
    "MOST_INSTRUCTIONS": (3 * 19 + 4, "its pickle has over 60 instructions"),
    "MOST_TENSORS": (3, "it has over 2 tensors"),
}
"""By the name of a limit, how much an archive of three tensors has of it, and what is said if it is one less."""


@pytest.mark.parametrize("limit", LIMITS)
def test_an_archive_may_have_as_much_as_its_limits(tmp_path, monkeypatch, limit):
    path, (most, line) = tmp_path / "large.pt", LIMITS[limit]
    path.write_bytes(packed(BODY))
    monkeypatch.setattr(archive, limit, most)
    assert len(read_archive(path.read_bytes())) == 3
    monkeypatch.setattr(archive, limit, most - 1)
    assert refusal(path) == f"{path} is damaged: {line}"
