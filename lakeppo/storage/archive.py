"""Reading what `torch.save` writes, from anyone: within limits, and without running code.

The archive's members are stored, not compressed; its pickle may use the instructions that dicts, lists, numbers, texts
and tensors need; a tensor is contiguous and lies in its storage. Everything else is refused.
"""

import io
import math
import struct
import zipfile
from collections.abc import Callable
from enum import Enum
from typing import Any, Literal

import numpy as np
import torch

from lakeppo.errors import InvalidValue
from lakeppo.files import no_gc

MOST_MEMBERS = 20_000
MOST_PICKLED = 5 * 2**20
MOST_INSTRUCTIONS = 2_200_000
"""Instructions of the pickle; one of a single byte makes an object of up to 72. 65,536 steps take 800,000."""
MOST_TENSORS = 40_000
DIRECTORY_ENTRY = b"PK\x01\x02"
Order = Literal["<", ">"]


class _Global(Enum):
    """The names from other modules that a save's pickle may use."""

    FLOATS = ("torch", "FloatStorage")
    DOUBLES = ("torch", "DoubleStorage")
    TENSOR = ("torch._utils", "_rebuild_tensor_v2")
    DICT = ("collections", "OrderedDict")


TYPES = {_Global.FLOATS: np.float32, _Global.DOUBLES: np.float64}


def read_archive(data: bytes) -> Any:
    """Return the content of a file of `torch.save`.

    Raises `InvalidValue` if the file exceeds a limit or its bytes have changed, and errors of many types if it is none.
    """
    if data.count(DIRECTORY_ENTRY) > MOST_MEMBERS:  # before zipfile makes an object of each
        raise InvalidValue("it has over {most:,} members", most=MOST_MEMBERS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if any(e.compress_type != zipfile.ZIP_STORED or e.file_size != e.compress_size for e in entries):
            raise InvalidValue("its members are compressed")
        if sum(e.file_size for e in entries) > len(data):
            raise InvalidValue("its members claim to be larger than the file")
        names = {e.filename for e in entries}
        if len(names) < len(entries):
            raise InvalidValue("two of its members have one name")
        root = next(name for name in names if name.endswith("/data.pkl")).removesuffix("data.pkl")
        orders: dict[bytes, Order] = {b"little": "<", b"big": ">"}
        order = orders[_read(archive, f"{root}byteorder") if f"{root}byteorder" in names else b"little"]
        pickled = _read(archive, f"{root}data.pkl")
        if len(pickled) > MOST_PICKLED:
            raise InvalidValue("its pickle is over {most:,} bytes", most=MOST_PICKLED)
        return _Unpickler(pickled, lambda key: _read(archive, f"{root}data/{key}"), order).load()


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)  # which checks the checksum; `torch.load` does not
    except zipfile.BadZipFile as error:
        if "Bad CRC-32" in str(error):
            raise InvalidValue("some of its bytes have changed") from None
        raise


class _Unpickler:
    """Interprets a pickle of protocol 2, as far as saves need it; anything else raises an error."""

    def __init__(self, data: bytes, member: Callable[[str], bytes], order: Order) -> None:
        self.data, self.at = data, 0
        self.member, self.order = member, order
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.storages: dict[str, torch.Tensor] = {}
        self.tensors = 0

    def load(self) -> Any:
        """Return the content."""
        with no_gc():
            return self.interpret()

    def interpret(self) -> Any:
        for _ in range(MOST_INSTRUCTIONS):
            code = self.data[self.at]
            self.at += 1
            if code == STOP:
                (content,) = self.stack
                return content
            _STEPS[code](self)
        raise InvalidValue("its pickle has over {most:,} instructions", most=MOST_INSTRUCTIONS)

    def take(self, count: int) -> bytes:
        """Return the next bytes of the pickle."""
        taken = self.data[self.at : self.at + count]
        self.at += count
        return taken

    def number(self, form: struct.Struct) -> Any:
        self.at += form.size
        return form.unpack_from(self.data, self.at - form.size)[0]

    def line(self) -> str:
        end = self.data.index(b"\n", self.at, self.at + 100)
        return self.take(end + 1 - self.at)[:-1].decode("ascii")

    def push(self, value: object) -> None:
        self.stack.append(value)

    def mark(self) -> None:
        self.marks.append(len(self.stack))

    def since_mark(self) -> list[Any]:
        mark = self.marks.pop()
        items = self.stack[mark:]
        del self.stack[mark:]
        return items

    def last(self, count: int) -> tuple[Any, ...]:
        items = tuple(self.stack[-count:])
        del self.stack[-count:]
        if len(items) != count:
            raise ValueError("the stack is empty")
        return items

    def append(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            raise TypeError("not a list")
        target.extend(items)

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict or any(type(key) is not str for key in items[::2]):  # a key's hash may not recurse
            raise TypeError("not a dict with texts as keys")
        target.update(zip(items[::2], items[1::2], strict=True))

    def find_global(self) -> None:
        self.push(_Global((self.line(), self.line())))

    def reduce(self) -> None:
        called, arguments = self.last(2)
        if called is _Global.DICT and arguments == ():
            self.push({})
        elif called is _Global.TENSOR:
            self.push(self.tensor(*arguments))
        else:
            raise TypeError("not a function of a save")

    def storage(self) -> None:
        """Replace a reference to a storage by the numbers in it, `(N,)`."""
        tag, kind, key, _, count = self.stack.pop()
        if tag != "storage" or type(key) is not str or not isinstance(kind, _Global):
            raise TypeError("not a storage")
        if key not in self.storages:
            stored = np.frombuffer(self.member(key), np.dtype(TYPES[kind]).newbyteorder(self.order))
            self.storages[key] = torch.from_numpy(stored.astype(TYPES[kind]))
        found = self.storages[key]
        if type(count) is not int or len(found) != count or found.numpy().dtype != TYPES[kind]:
            raise InvalidValue("a storage has another size or type than the file says")
        self.push(found)

    def tensor(self, storage: Any, offset: int, size: Any, stride: Any, *_: Any) -> torch.Tensor:
        self.tensors += 1
        if self.tensors > MOST_TENSORS:
            raise InvalidValue("it has over {most:,} tensors", most=MOST_TENSORS)
        numbers = [offset, *size, *stride]
        if not isinstance(storage, torch.Tensor) or len(size) > 2 or len(size) != len(stride):
            raise TypeError("not a tensor of a save")
        if any(type(number) is not int or not 0 <= number <= len(storage) + 1 for number in numbers):
            raise InvalidValue("a tensor is larger than its storage")
        count, steps = math.prod(size), [math.prod(size[axis + 1 :]) for axis in range(len(size))]
        if any(length > 1 and step != given for length, step, given in zip(size, steps, stride, strict=True)):
            raise InvalidValue("a tensor is not contiguous")
        if offset + count > len(storage):
            raise InvalidValue("a tensor is larger than its storage")
        return storage[offset : offset + count].view(size)


BYTE, SHORT, INTEGER, INDEX, FLOAT = (struct.Struct(form) for form in ("<B", "<H", "<i", "<I", ">d"))
STOP = ord(".")
_Step = Callable[[_Unpickler], Any]


def _recall(form: struct.Struct) -> _Step:
    return lambda u: u.push(u.memo[u.number(form)])


def _remember(form: struct.Struct) -> _Step:
    return lambda u: u.memo.__setitem__(u.number(form), u.stack[-1])


_STEPS: dict[int, _Step] = {
    ord(code): step
    for code, step in {
        b"\x80": lambda u: u.take(1), b"(": _Unpickler.mark, b"c": _Unpickler.find_global, b"R": _Unpickler.reduce,
        b"Q": _Unpickler.storage, b"h": _recall(BYTE), b"j": _recall(INDEX), b"q": _remember(BYTE),
        b"r": _remember(INDEX), b"N": lambda u: u.push(None), b"\x88": lambda u: u.push(True),
        b"\x89": lambda u: u.push(False), b"K": lambda u: u.push(u.number(BYTE)),
        b"M": lambda u: u.push(u.number(SHORT)), b"J": lambda u: u.push(u.number(INTEGER)),
        b"G": lambda u: u.push(u.number(FLOAT)),
        b"\x8a": lambda u: u.push(int.from_bytes(u.take(u.number(BYTE)), "little", signed=True)),
        b"X": lambda u: u.push(u.take(u.number(INDEX)).decode("utf-8", "surrogatepass")),
        b"]": lambda u: u.push([]), b"}": lambda u: u.push({}), b")": lambda u: u.push(()),
        b"t": lambda u: u.push(tuple(u.since_mark())), b"\x85": lambda u: u.push((u.stack.pop(),)),
        b"\x86": lambda u: u.push(u.last(2)), b"\x87": lambda u: u.push(u.last(3)),
        b"a": lambda u: u.append([u.stack.pop()]), b"e": lambda u: u.append(u.since_mark()),
        b"s": lambda u: u.set_items(list(u.last(2))), b"u": lambda u: u.set_items(u.since_mark()),
    }.items()
}  # fmt: skip
