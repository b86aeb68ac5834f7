"""Saves that nobody should read: crafted from a sound one, or mutated at random with their checksums repaired."""

import io
import json
import random
import resource
import time
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch

from lakeppo.runs.timeline import Timeline

SOUND = Path(__file__).parents[1] / "data" / "save-0.1.0.pt"
"""A save with three branches, seven changes, bookmarks and two keyframes, in the third pass of update 6."""
UPDATES = 2
"""What a run has to do after a mutated save that can be read."""


def members_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of these members, with the right checksums."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def saved(content: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def captioned() -> bytes:
    """The sound save with a caption for one of its bookmarks, which its lakeppo did not know yet."""
    content = torch.load(SOUND, weights_only=True)
    line = content["timeline"]["lines"][0]
    line["captions"] = [[line["bookmarks"][0], 'it falls "[b]\\ 界']]
    return saved(content)


def pickled(pickle: bytes) -> bytes:
    """The sound save with another pickle."""
    return zipped({**members_of(SOUND.read_bytes()), "archive/data.pkl": pickle})


def mutated(data: bytes, chooser: random.Random) -> bytes:
    """The same bytes with a few flipped, cut off, moved, repeated or inserted."""
    changed = bytearray(data)
    for _ in range(chooser.choice([1, 1, 1, 2, 5, 20])):
        place = chooser.randrange(max(1, len(changed)))
        other = chooser.randrange(max(1, len(changed)))
        length = chooser.choice([1, 1, 2, 4, 9, 40, 400])
        kind = chooser.choice("flip flip byte byte splice cut opcode opcode number".split())
        if kind == "flip":
            changed[place : place + 1] = bytes(b ^ 1 << chooser.randrange(8) for b in changed[place : place + 1])
        elif kind == "byte":
            changed[place : place + 1] = bytes([chooser.randrange(256)])
        elif kind == "splice":
            changed[place : place + chooser.choice([0, length])] = changed[other : other + length]
        elif kind == "cut":
            del changed[place : place + chooser.choice([length, length, len(changed)])]
        elif kind == "opcode":
            changed[place:place] = chooser.choice(OPCODES)
        else:
            changed[place : place + 4] = chooser.choice([0, 1, 2**31 - 1, 2**32 - 1, 10**9]).to_bytes(4, "little")
    return bytes(changed)


OPCODES = [
    *(bytes([code]) for code in b"()]}tNaesuRQ0120.bo\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x93\x94"), b"K\x07",
    b"J\xff\xff\xff\xff", b"J\xff\xff\xff\x7f", b"M\xff\xff", b"h\x01", b"h\x05", b"q\x05", b"r\xff\xff\xff\x7f",
    b"j\xff\xff\xff\x7f", b"G\x7f\xf8\0\0\0\0\0\0", b"G\x7f\xf0\0\0\0\0\0\0", b"G\xc0\0\0\0\0\0\0\0",
    b"\x8a\x08" + b"\xff" * 8, b"\x8b\xff\xff\xff\x7f", b"X\xff\xff\xff\x7f", b"X\x03\0\0\0abc",
    b"\x96" + b"\0\0\0\xb2" + bytes(4), b"\x8e\xff\xff\xff\xff\xff\0\0\0", b"cos\nsystem\n", b"cbuiltins\nbytearray\n",
    b"ctorch\nFloatStorage\n", b"ctorch._utils\n_rebuild_tensor_v2\n", b"\x95\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"I99999999999999999999\n", b"\x80\x04",
]  # fmt: skip


def mutant(sound: bytes, chooser: random.Random) -> bytes:
    """A save of which the pickle, a storage or the archive itself is mutated."""
    where = chooser.choice(["pickle"] * 6 + ["storage"] * 3 + ["archive"])
    if where == "archive":
        return mutated(sound, chooser)
    members = members_of(sound)
    storages = [name for name in members if "/data/" in name]
    name = "archive/data.pkl" if where == "pickle" else chooser.choice(storages)
    return zipped({**members, name: mutated(members[name], chooser)})


def memory() -> float:
    """The most memory that this process has had so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # where the resource usage of a child begins with that of its parent
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def try_read(path: Path) -> dict[str, Any]:
    """Read a save and, if that works, do two updates. Return the time to read, and the text of the error or None."""
    from lakeppo.errors import LakeppoError
    from lakeppo.storage.checkpoint import read_save

    start, refusal = time.process_time(), None
    try:
        save = read_save(path)
    except LakeppoError as error:
        refusal = str(error)
    seconds = time.process_time() - start
    if refusal is None:
        go_on(save.timeline())
    return {"seconds": seconds, "refusal": refusal}


def go_on(timeline: Timeline) -> bool:
    """Do two updates, or what can be done of them in twenty seconds, go back, and return whether both were done."""
    target, deadline = timeline.run.trainer.updates + UPDATES, time.process_time() + 20
    while timeline.run.trainer.updates < target and time.process_time() < deadline:  # a batch may be long
        timeline.unit()
    done = timeline.run.trainer.updates == target
    timeline.go_to(timeline.run.moment._replace(update=max(0, target - 3)), max_updates=100)
    return done


def read_mutants(folder: str, first: int, count: int) -> None:
    """Try `count` mutated saves and print what happened as JSON; anything but our own error ends the process."""
    from lakeppo.storage.checkpoint import read_save

    warnings.simplefilter("error")
    sound, path = captioned(), Path(folder) / "mutant.pt"
    read_save(SOUND)  # what is imported and cached once does not count
    before, results = memory(), []
    for seed in range(first, first + count):
        path.write_bytes(mutant(sound, random.Random(seed)))
        try:
            results.append(try_read(path))
        except Exception as error:
            raise RuntimeError(f"mutant {seed}") from error
    refusals = [result["refusal"] for result in results if result["refusal"] is not None]
    print(json.dumps({
        "refused": len(refusals), "read": count - len(refusals), "memory": memory() - before,
        "seconds": max(result["seconds"] for result in results), "longest": max(map(len, refusals)),
        "lines": max(refusal.count("\n") for refusal in refusals),
    }))  # fmt: skip


def read_all(folder: str) -> None:
    """Read all saves in a folder one after the other and print as JSON, by name, what each cost and how it ended."""
    from lakeppo.storage.checkpoint import read_save

    warnings.simplefilter("error")
    read_save(SOUND)
    results = {}
    for path in sorted(Path(folder).iterdir()):
        before = memory()
        results[path.stem] = {**try_read(path), "memory": memory() - before}
    print(json.dumps(results))
