"""The commands that only say something."""

from lakeppo import i18n
from lakeppo.causes.results import Part
from lakeppo.config import KNOBS
from lakeppo.errors import InvalidValue, nearest
from lakeppo.figures import figure
from lakeppo.i18n import CATALOGUES, N_, _
from lakeppo.lake.transition import Transition
from lakeppo.moment import Phase
from lakeppo.plain import lists, samples, views
from lakeppo.plain.changing import start
from lakeppo.plain.narration import compared_words, place_words, step_words
from lakeppo.plain.shell import Shell, chosen, whole
from lakeppo.plain.words import kind_words, read_tile, tile_name
from lakeppo.runs.statistics import STATS
from lakeppo.session import notices
from lakeppo.session.commands import Back, CycleSiblings, GoTo, OpenSibling, Unit, WatchBatch, WhyThere
from lakeppo.tui.state import VIEWS, AppState
from lakeppo.tui.text.explanations import explain
from lakeppo.tui.text.words import WORDS, meaning

FIRST = 64
"""Siblings that are trained first."""
NO_SIBLINGS = notices.SIBLINGS_REMOVED, notices.FAULTY_ALONE
"""What is said where there are none any more."""


def where(shell: Shell, words: list[str]) -> None:
    state = shell.state
    shell.out.say_all(lists.where_lines(state, place_words(state)))
    shell.out.say_all(compared_words(state))


def why(shell: Shell, words: list[str]) -> None:
    """Say why this moment is as it is, or why the arrow on a tile points where it does."""
    if words:
        before, config = shell.state.moment_key, shell.state.config
        at = _cursor_tile(shell) if words == ["cursor"] else read_tile(" ".join(words), config)
        if config.tile(at) in views.ENDS:
            raise InvalidValue("{tile} has no arrow: episodes end there", tile=tile_name(at, config))
        shell.do(WhyThere(at))
        state = shell.conductor.explained()
        shell.tell([], state)
        if state.moment_key != before:
            shell.out.say(place_words(state))
        if (found := state.snapshot.arrow_explanation) is not None:
            shell.out.say_all(sentence.text(state.keys) for sentence in found.sentences)
        return
    state = shell.conductor.explained()
    update = state.moment.update
    if update and state.moment == (update, Phase.COLLECT, 0) and state.snapshot.comparison is None:
        shell.conductor.carry_out(Back(Unit.NEXT))
        shell.out.say(_("Update {update}:").format(update=update - 1), *explain(shell.conductor.explained()))
        state = shell.conductor.carry_out(GoTo(state.moment))
        shell.out.say(_("Now:"))
    shell.out.say_all(explain(state))


def _cursor_tile(shell: Shell) -> int:
    """Return the tile under the cursor, else the one that moved most, else the agent's."""
    state = shell.state
    if shell.cursor is not None and shell.cursor < state.config.tiles:
        return shell.cursor
    explanation = state.snapshot.explanation
    return state.walk.agent if explanation is None else explanation.movement.tile


def lake(shell: Shell, words: list[str]) -> None:
    in_words = bool(words) and chosen(words[0], ["words", "letters"]) == "words"
    shell.out.say_all(views.lake_lines(shell.state, in_words))


def view(shell: Shell, words: list[str]) -> None:
    """Say what the lake shows in a view; without a name in the next one."""
    if words:
        found = chosen(" ".join(words), VIEWS)
        shell.view = next(view for view in VIEWS if view == found)
    else:
        shell.view = views.next_view(shell.view)
    shell.out.say_all(views.view_lines(shell.state, shell.view))


def policy(shell: Shell, words: list[str]) -> None:
    """Say the policy, of one tile if one is named."""
    if words:
        tile(shell, words)
    else:
        shell.out.say_all(views.policy_lines(shell.state))


def values(shell: Shell, words: list[str]) -> None:
    shell.out.say_all(views.value_lines(shell.state))


def visits(shell: Shell, words: list[str]) -> None:
    shell.out.say_all(views.visit_lines(shell.state))


def moved(shell: Shell, words: list[str]) -> None:
    shell.out.say_all(views.moved_lines(shell.state))


def optimal(shell: Shell, words: list[str]) -> None:
    shell.out.say_all(views.optimal_lines(shell.state))


def tile(shell: Shell, words: list[str]) -> None:
    """Say what is known of a tile: the one named, the one under the cursor, or the agent's."""
    state = shell.conductor.explained()
    at = shell.cursor if shell.cursor is not None and shell.cursor < state.config.tiles else state.walk.agent
    shell.out.say_all(views.tile_lines(state, read_tile(" ".join(words), state.config) if words else at))


def cursor(shell: Shell, words: list[str]) -> None:
    """Move the cursor by one tile, and say on what it is."""
    directions = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
    down, right = directions[chosen(words[0] if words else "", directions)]
    state = shell.state
    rows, columns = state.config.shape
    row, column = divmod(state.walk.agent if shell.cursor is None else min(shell.cursor, rows * columns - 1), columns)
    row, column = max(0, min(rows - 1, row + down)), max(0, min(columns - 1, column + right))
    shell.cursor = at = row * columns + column
    kind = kind_words(state.config.tile(at))
    shell.out.say(_("{tile}: {kind}").format(tile=tile_name(at, state.config), kind=kind))


def sample(shell: Shell, words: list[str]) -> None:
    """Say everything about a step of the batch; without a number about the next one."""
    state = _with_batch(shell)
    count = len(samples.batch_of(state)["t"])
    shell.sample = whole(words[0], 1) if words else shell.sample % count + 1
    shell.out.say_all(samples.sample_lines(state, shell.sample))


def batch(shell: Shell, words: list[str]) -> None:
    shell.out.say_all(samples.batch_lines(_with_batch(shell, samples.listed_part(words)), words))


def _with_batch(shell: Shell, part: Part = Part.STEP) -> AppState:
    """Return the state with its batch, also while it is being collected, and with what each part of it did."""
    shell.conductor.carry_out(WatchBatch(True, part))
    state = shell.conductor.explained()
    shell.conductor.carry_out(WatchBatch(False))
    return state


def events(shell: Shell, words: list[str]) -> None:
    shell.out.say_all(lists.event_lines(shell.state))


def captions(shell: Shell, words: list[str]) -> None:
    shell.out.say_all(lists.caption_lines(shell.state))


def branches(shell: Shell, words: list[str]) -> None:
    shell.out.say_all(lists.branch_lines(shell.state))


def knobs(shell: Shell, words: list[str]) -> None:
    run = shell.state.snapshot.run
    shell.out.say_all(lists.knob_words(run, words[0]) if words else lists.knob_lines(run))


def figures(shell: Shell, words: list[str]) -> None:
    shell.out.say_all(lists.history_lines(shell.state, words[0].lower()) if words else lists.figure_lines(shell.state))


def history(shell: Shell, words: list[str]) -> None:
    shell.out.say_all(lists.history_lines(shell.state, words[0].lower() if words else "exact"))


def siblings(shell: Shell, words: list[str]) -> None:
    """Train siblings, or list them, wait for them, open one, remove them."""
    what = chosen(words[0], ["list", "wait", "open", "more", "none"]) if words else ""
    if what == "open":
        start(shell, OpenSibling(whole(words[1] if len(words) > 1 else "")))
    elif what == "none":
        while shell.siblings and shell.state.snapshot.notices[-1] not in NO_SIBLINGS:
            shell.do(CycleSiblings())
        shell.siblings = False
    elif what in ("list", "wait"):
        if what == "wait" and shell.siblings:
            shell.tell([], shell.conductor.wait_for(_siblings_trained))
        waiting = shell.siblings and shell.state.siblings is None
        shell.out.say_all([_("No sibling has reported yet.")] if waiting else lists.sibling_lines(shell.state))
    else:
        shell.siblings = shell.do(CycleSiblings()).snapshot.notices[-1] not in NO_SIBLINGS


def _siblings_trained(state: AppState) -> bool:
    """Return whether the first siblings are trained, or none will be."""
    stopped = {notices.siblings_stopped("", started).template for started in (True, False)}
    if any(notice.template in stopped for notice in state.snapshot.notices):
        return True
    return state.siblings is not None and int((state.siblings.ended >= 0).sum()) >= FIRST


def demo(shell: Shell, words: list[str]) -> None:
    """Walk one episode with the policy as it stands, sampled or greedy, without learning."""
    from lakeppo.runs.demo import Demonstration

    greedy = bool(words) and chosen(words[0], ["sampled", "greedy"]) == "greedy"
    state = shell.state
    walk = Demonstration(state.config, state.snapshot.run.policy, greedy, state.seed)
    head = _("The likeliest action on every tile, without learning:") if greedy else _(
        "Actions drawn from the policy, without learning:"
    )  # fmt: skip
    shell.out.say(head)
    last, since = walk.step(), 1
    for number in range(2, state.config.max_episode_steps + 2):
        ended = last.terminated or last.truncated
        step = last if ended else walk.step()
        if step != last or ended:
            shell.out.say(_repeated(last, since, number - 1, state))
            last, since = step, number
        if ended or shell.commands.waiting():
            break
    exact = state.snapshot.run.exact
    template = _("It reaches the goal with probability {exact}.")
    shell.out.say(template.format(exact=figure(exact.greedy if greedy else exact.sampling)))


def _repeated(step: Transition, first: int, last: int, state: AppState) -> str:
    """Return a step of a demonstration, or one that was taken again and again."""
    told = step_words(step, last, state.config)
    if first == last:
        return told
    return _("{step} The same since step {first}.").format(step=told, first=first)


def words(shell: Shell, words: list[str]) -> None:
    """Say what the words, the figures and the knobs mean."""
    if words:
        shell.out.say(explained_word(" ".join(words)))
        return
    for name in dict.fromkeys((*WORDS, *STATS, *KNOBS)):
        shell.out.say(meaning(name))


def language(shell: Shell, words: list[str]) -> None:
    """Speak another language from now on: the one named, or the next; in ASCII there is only English."""
    if shell.out.ascii:
        shell.out.say(i18n.ONLY_ENGLISH)
        return
    codes = list(CATALOGUES)
    following = codes[(codes.index(i18n.language()) + 1) % len(codes)]
    i18n.use_language(chosen(words[0], codes) if words else following)
    shell.remember({"language": i18n.language()})
    shell.out.say(_("Language: {code}").format(code=i18n.language()))


def explained_word(word: str) -> str:
    """Return what a word, a figure or a knob means. Raises `InvalidValue`."""
    names = [*WORDS, *STATS, *KNOBS]
    found = next((name for name in names if name.lower() == word.lower()), None)
    found = found or next((name for name in names if word.lower() in name.lower().replace(",", " ").split()), None)
    if found is None:
        near = nearest(word.lower(), names)
        template = N_("nothing is called {word}; is it {near}?") if near else N_("nothing is called {word}")
        raise InvalidValue(template, word=word, near=near)
    return meaning(found)
