"""The run so far on one line, up to its limit: what is lived solid, what is to come dotted."""

from bisect import bisect_left

from lakeppo.tui.palette import CHANGE, FLAG, NOW
from lakeppo.tui.scene import Scene
from lakeppo.tui.widgets.panel import Line, Panel


def round_step(updates: int) -> int:
    """A round number of updates, so that at most six of them fit into the run so far."""
    step = 5
    while updates / step > 6:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return step


class Timeline(Panel):
    """Update numbers, the first goal, where the slip was changed, and now."""

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        s = scene.snapshot
        return (scene.limit, scene.moment.update, s and (s.first_goal_episode, s.changes, s.episodes, s.env_steps))

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        ink, limit = self.ink, scene.limit
        legend = f"   {FLAG} first goal  {CHANGE} slip changed" if width >= 110 else ""
        done = scene.done
        left, right = " #0 ┝", f"┥ {limit}{legend}"
        room = max(4, width - len(left) - len(right) - 1)
        whole = max(limit.count, done)
        now = round((room - 1) * done / whole)
        track = ["━" if x < now else "·" for x in range(room)]
        free = -1
        step = round_step(scene.moment.update)
        for update in range(step, scene.moment.update, step):
            number = f"┿#{update}"
            x = self._at(scene, update, now)
            if free < x and x + len(number) < now:
                free = x + len(number)
                track[x : x + len(number)] = list(number)
        for x in self._changes(scene, now):
            track[x] = CHANGE
        if (goal := self._first_goal(scene, now)) is not None:
            track[goal] = FLAG
        track[now] = NOW
        label = f"#{scene.moment.update}"
        track[now + 1 : now + 1 + len(label)] = list(label) if now + len(label) < room else track[now + 1 :]
        return [
            [
                (left + "".join(track[:now]), ink.normal),
                (NOW, ink.strong + ink.orange),
                ("".join(track[now + 1 :]), ink.faint),
                (right, ink.faint),
            ]
        ]

    def _at(self, scene: Scene, update: int, now: int) -> int:
        """The column of an update: rows know how far in the limit's unit each one ended."""
        rows = scene.rows
        if not rows or not update:
            return 0
        name = {"episodes": "episodes", "updates": "update", "steps": "env_steps"}[scene.limit.unit]
        part: int = getattr(rows[min(update, len(rows)) - 1], name)
        return min(now, round(now * part / max(1, scene.done)))

    def _changes(self, scene: Scene, now: int) -> list[int]:
        return [self._at(scene, c.moment.update, now) for c in (scene.snapshot.changes if scene.snapshot else ())]

    def _first_goal(self, scene: Scene, now: int) -> int | None:
        first = scene.snapshot.first_goal_episode if scene.snapshot else None
        if first is None:
            return None
        rows = scene.rows
        update = bisect_left(rows, first, key=lambda row: row.episodes)
        return self._at(scene, min(update + 1, len(rows)), now)
