"""The grammar of conditions, parsed by recursive descent; what is wrong is said in one line, with its place.

    condition  = and {"or" and}                        and    = after {"and" after}
    after      = not ["after" after]                   not    = "not" not | comparison
    comparison = sum {("<" | "<=" | ">" | ">=" | "==") sum}
    sum        = product {("+" | "-") product}         product = operand {("*" | "/") operand}
    operand    = ["-"] number ["%"] | name | name "(" [condition {"," condition}] ")" | "(" condition ")"

`50%` is 0.5, and `A after B after C` is `A after (B after C)`. The caller supplies names and functions.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from lakeppo.conditions.expression import (
    OPERATORS,
    PRODUCTS,
    After,
    And,
    Arithmetic,
    Call,
    Comparison,
    Expression,
    Name,
    Not,
    Number,
    Or,
    to_text,
)
from lakeppo.errors import InvalidValue, Message, nearest
from lakeppo.i18n import N_

LONGEST, DEEPEST = 300, 32
"""The most characters of a condition, and the most parentheses and `not` inside one another."""
NUMBER, TRUTH, ANY = "number", "truth", ""
"""The kinds of figures and of conditions. A caller may have other kinds, which only its functions take."""
CONNECTIVES = ("and", "or", "after")
TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?%?)"
    r"|(?P<word>[A-Za-z_][A-Za-z_0-9]*(?:\.[A-Za-z_][A-Za-z_0-9]*)*)|(?P<sign><=|>=|==|[-+*/<>(),])|(?P<space>[ \t]+)"
)


class Parameter(NamedTuple):
    """A parameter of a function; with a `last` its argument is a whole number from 0 to that."""

    name: str
    kind: str = NUMBER
    last: int | None = None


class Function(NamedTuple):
    """The parameters of a function, and the kind of its value."""

    parameters: tuple[Parameter, ...]
    kind: str = NUMBER


class Vocabulary(NamedTuple):
    """The kinds of the names, and the functions, that a condition may use."""

    names: Mapping[str, str]
    functions: Mapping[str, Function]


class Token(NamedTuple):
    """A number, word or sign of a text, or its end."""

    kind: str
    text: str
    place: int  # of its first character, from 1 on


class Part(NamedTuple):
    """A parsed part of a condition, and its first token."""

    token: Token
    found: Expression


def parse(text: str, vocabulary: Vocabulary, kind: str = TRUTH) -> Expression:
    """Return the condition, or an expression of another kind.

    Raises `InvalidValue`, which names the place, and the nearest word for a wrong one.
    """
    if len(text) > LONGEST:
        raise InvalidValue("a condition has at most {longest} characters, not {length:,}",
                           longest=LONGEST, length=len(text))  # fmt: skip
    return _Parser(list(_tokens(text)), vocabulary).whole(kind)


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            template = N_("write == for equal") if text[at] == "=" else N_("{token} cannot be read")
            raise _wrong(template, Token("", text[at], at + 1))
        if found.lastgroup != "space":
            yield Token(str(found.lastgroup), found.group(), at + 1)
        at = found.end()
    yield Token("end", "", len(text) + 1)


def _wrong(template: str, token: Token, **arguments: object) -> InvalidValue:
    error = Message(template, token=token.text, **arguments)
    return InvalidValue("character {place}: {error}", place=token.place, error=error)


def _wrong_word(token: Token, words: Iterable[str]) -> InvalidValue:
    """Return the error of a word that is none of `words`, with the nearest of them if one is near."""
    by_lower = {word.lower(): word for word in words}
    near = nearest(token.text.lower(), by_lower)
    if near is None:
        return _wrong(N_("there is no {token} here"), token)
    return _wrong(N_("there is no {token} here; the nearest is {nearest}"), token, nearest=by_lower[near])


class _Parser:
    def __init__(self, tokens: list[Token], vocabulary: Vocabulary) -> None:
        self.tokens, self.vocabulary = tokens, vocabulary
        self.at = self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> str:
        """Go past the next token and return its text if that is one of `texts`; else return an empty one."""
        if self.next.text not in texts:
            return ""
        self.at += 1
        return self.tokens[self.at - 1].text

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Go one level deeper."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise _wrong(N_("more than {most} parentheses or not inside one another"), self.next, most=DEEPEST)
        yield
        self.depth -= 1

    def whole(self, kind: str) -> Expression:
        found, token = self.condition(kind), self.next
        if token.kind == "end":
            return found
        if token.kind == "word" and token.text not in {*self.vocabulary.names, *self.vocabulary.functions, "not"}:
            raise _wrong_word(token, CONNECTIVES)
        raise _wrong(N_("{token} cannot stand here"), token)

    def chain(self, words: Iterable[str], part: Callable[[], Expression]) -> tuple[list[Part], list[str]]:
        """Parse parts with any of `words` between them; return the parts, and the words that were there."""
        found, between = [Part(self.next, part())], list[str]()
        while word := self.take(*words):
            between.append(word)
            found.append(Part(self.next, part()))
        return found, between

    def condition(self, kind: str) -> Expression:
        """Parse a condition, or with another `kind` an operand."""
        token, (found, _) = self.next, self.chain(["or"], self.conjunction)
        return self.checked(Part(token, found[0].found if len(found) == 1 else Or(self.all_of(TRUTH, found))), kind)

    def conjunction(self) -> Expression:
        found, _ = self.chain(["and"], self.sequence)
        return found[0].found if len(found) == 1 else And(self.all_of(TRUTH, found))

    def sequence(self) -> Expression:
        found, _ = self.chain(["after"], self.negation)
        if len(found) == 1:
            return found[0].found
        *earlier, last = self.all_of(TRUTH, found)
        for now in reversed(earlier):
            last = After(now, last)
        return last

    def negation(self) -> Expression:
        if not self.take("not"):
            return self.comparison()
        with self.inside():
            return Not(self.checked(Part(self.next, self.negation()), TRUTH))

    def comparison(self) -> Expression:
        found, signs = self.chain(OPERATORS, lambda: self.arithmetic(("+", "-"), self.product))
        return Comparison(self.all_of(NUMBER, found), tuple(signs)) if signs else found[0].found

    def product(self) -> Expression:
        return self.arithmetic(PRODUCTS, self.operand)

    def arithmetic(self, signs: Iterable[str], part: Callable[[], Expression]) -> Expression:
        found, between = self.chain(signs, part)
        first, *others = self.all_of(NUMBER, found) if between else (found[0].found,)
        for sign, other in zip(between, others, strict=True):
            first = Arithmetic(first, sign, other)
        return first

    def operand(self) -> Expression:
        token = self.next
        if self.take("-"):
            if self.next.kind != "number":
                raise self.missing(N_("a number"))
            return Number(-self.number())
        if token.kind == "number":
            return Number(self.number())
        if token.kind == "word" and token.text not in (*CONNECTIVES, "not"):
            self.at += 1
            return self.call(token) if self.take("(") else self.name(token)
        if self.take("("):
            with self.inside():
                found = self.condition(ANY)
            self.close()
            return found
        raise self.missing(N_("a name or a number"))

    def missing(self, what: str) -> InvalidValue:
        if self.next.kind == "end":
            return _wrong(N_("{what} is missing at the end"), self.next, what=Message(what))
        return _wrong(N_("{what} must stand here, not {token}"), self.next, what=Message(what))

    def number(self) -> float:
        token = self.next
        value = float(token.text.removesuffix("%"))
        if not math.isfinite(value):
            raise _wrong(N_("{token} is too large"), token)
        self.at += 1
        return value / 100 if token.text.endswith("%") else value

    def close(self) -> None:
        if not self.take(")"):
            raise self.missing(")")

    def name(self, token: Token) -> Name:
        names, functions = self.vocabulary
        if token.text in functions:
            raise self.misused(token)
        if token.text not in names:
            raise _wrong_word(token, (*names, *functions, "not"))
        return Name(token.text)

    def misused(self, token: Token) -> InvalidValue:
        parameters = ", ".join(parameter.name for parameter in self.vocabulary.functions[token.text].parameters)
        return _wrong(N_("write {token}({parameters})"), token, parameters=parameters)

    def call(self, token: Token) -> Call:
        names, functions = self.vocabulary
        if token.text in names:
            raise _wrong(N_("{token} has no arguments"), token)
        if token.text not in functions:
            raise _wrong_word(token, functions or names)
        arguments = list[Expression]()
        with self.inside():
            for parameter in functions[token.text].parameters:
                if self.next.text == ")" or (arguments and not self.take(",")):
                    raise self.misused(token)
                arguments.append(self.argument(parameter))
        if self.next.text == ",":
            raise self.misused(token)
        self.close()
        return Call(token.text, tuple(arguments))

    def argument(self, parameter: Parameter) -> Expression:
        token = self.next
        found = self.condition(parameter.kind)
        if parameter.last is not None and not (isinstance(found, Number) and found.value in range(parameter.last + 1)):
            template = N_("{name} must be a whole number from 0 to {last}")
            raise _wrong(template, token, name=parameter.name, last=parameter.last)
        return found

    def all_of(self, kind: str, several: list[Part]) -> tuple[Expression, ...]:
        return tuple(self.checked(part, kind) for part in several)

    def checked(self, part: Part, kind: str) -> Expression:
        """Return the expression, which must be of this kind."""
        token, found = part
        names, functions = self.vocabulary
        match found:
            case Number() | Arithmetic():
                is_kind = NUMBER
            case Name(name):
                is_kind = names[name]
            case Call(name):
                is_kind = functions[name].kind
            case _:
                is_kind = TRUTH
        if kind in (ANY, is_kind):
            return found
        text = to_text(found)
        if kind == TRUTH:
            raise _wrong(N_("{text} is no condition: compare it with < <= > >= or =="), token, text=text)
        if kind == NUMBER:
            raise _wrong(N_("{text} is no number: it cannot be compared"), token, text=text)
        right = ", ".join(name for name, its_kind in names.items() if its_kind == kind)
        raise _wrong(N_("one of {right} must stand here, not {text}"), token, right=right, text=text)
