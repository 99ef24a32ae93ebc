"""What changed between two OpenAPI documents, and whether that breaks somebody who keeps to the first.

Two uses. *release*: the document of our last release against the one of today; whatever is new is told as well.
*facts*: what we state of a vendor against what the vendor publishes; ours is a part of theirs, so what they have beyond
it is passed over unless it breaks us, and that ours is closed (`additionalProperties: false`) is nothing they say.

Breaking, as the field counts it: an operation, parameter, field, status, header, content type, server or way to
authenticate that is gone; what a caller has to send that it had not; less taken in requests; more or less certain
things in answers. For a webhook the roles are the other way round: its body is what we read. Harmless: what is new and
optional, more taken, less given in answers. Descriptions, titles, tags and examples are passed over. What nobody here
can judge (`callbacks`, keywords like `not`) is called breaking when it changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from contracts.drift_documents import Document, Node, operations, root, source_of, texts
from contracts.drift_schemas import Found, Kind, Part, Schemas

Direction = Literal["release", "facts"]
PUBLISHED = "x-published"
"""Of our path or webhook: the title of the document in which the vendor publishes it; false: in none."""

_TEMPLATE = re.compile(r"\{[^}]*\}")
_ITS_OWN = {"accept", "content-type", "authorization"}  # headers that OpenAPI says otherwise


@dataclass(frozen=True, slots=True)
class Difference:
    """One change, told once however many operations it is met in. where: a JSON pointer into our document; for what is
    new, into theirs. source: of our statement. operations: that it is met in.
    """

    kind: Kind
    where: str
    says: str
    source: str | None = None
    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Operation:
    method: str
    path: str
    item: Node
    node: Node

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def key(self) -> tuple[str, str]:
        """Two paths that differ in the names of their parameters are one."""
        return self.method, _TEMPLATE.sub("{}", self.path)

    def parameters(self) -> dict[tuple[str, str], Node]:
        """By place and name, those of the operation above those of its path; of the path's template by position."""
        order = {name.strip("{}"): str(at) for at, name in enumerate(_TEMPLATE.findall(self.path))}
        found: dict[tuple[str, str], Node] = {}
        for level in (self.item, self.node):
            listed = level.child("parameters")
            for at in range(len(listed.value) if listed else 0):
                each = listed.child(at) if listed else None
                if each is None:
                    continue
                place, name = str(each.get("in")), str(each.get("name"))
                key = name.lower() if place == "header" else order.get(name, name) if place == "path" else name
                if not (place == "header" and key in _ITS_OWN):
                    found[place, key] = each
        return found


def compare(ours: Document, theirs: Document, *, direction: Direction) -> list[Difference]:
    """Every difference, breaking ones first. Raises UsageError for references that lead nowhere."""
    return _Comparison(texts(ours), texts(theirs), direction).run()


def elsewhere(ours: Document, theirs: Document) -> dict[str, str]:
    """Our operations that the other document does not claim to hold, each with where the vendor publishes it."""
    own = texts(ours)
    return {str(each): said for section in ("paths", "webhooks") for each, said in _apart(own, section, theirs)[1]}


@dataclass
class _Comparison:
    ours: Document
    theirs: Document
    direction: Direction
    found: list[tuple[str, Found]] = field(default_factory=list)

    def run(self) -> list[Difference]:
        self._servers()
        for section in ("paths", "webhooks"):
            self._section(section)
        return self._told()

    def _told(self) -> list[Difference]:
        """What was found, each once; in the direction of facts without what is new and breaks nobody."""
        together: dict[tuple[Kind, str, str], list[tuple[str, Found]]] = {}
        for operation, each in self.found:
            if self.direction == "release" or each.stated or each.kind == "breaking":
                together.setdefault((each.kind, each.where, each.what), []).append((operation, each))
        told = []
        for (kind, where, what), met in together.items():
            names = tuple(dict.fromkeys(operation for operation, _ in met if operation))
            more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
            at = f"{names[0]}{more}: " if names else ""
            says = " ".join(part for part in (met[0][1].thing, what) if part)
            told.append(Difference(kind, where, f"{at}{says}", source_of(self.ours, where), names))
        return sorted(told, key=lambda each: (each.kind, each.where, each.says))

    def _note(
        self, kind: Kind, where: str, operation: object, what: str, *, thing: str = "", stated: bool = True
    ) -> None:
        self.found.append((str(operation), Found(kind, where, thing, what, stated)))

    def _servers(self) -> None:
        mine = [each.get("url") for each in self.ours.get("servers") or []]
        others = [each.get("url") for each in self.theirs.get("servers") or []]
        for at, url in enumerate(mine):
            if url not in others:
                self._note("breaking", f"#/servers/{at}/url", "", f"the server {url} is no longer named")

    def _section(self, section: str) -> None:
        mine = {each.key: each for each in _apart(self.ours, section, self.theirs)[0]}
        others = {each.key: each for each in _all(self.theirs, section)}
        ids = {each.node.get("operationId"): each for key, each in others.items() if key not in mine}
        moved = set()
        for key, one in mine.items():
            there = others.get(key)
            if there is not None:
                self._operation(one, there, section)
                continue
            name = one.node.get("operationId")
            now = ids.get(name) if name else None
            moved.add(now.key if now else None)
            self._note("breaking", one.node.pointer, one, f"is {now} now" if now else "is gone")
        own = {each.key for each in _all(self.ours, section)}
        for key, other in others.items():
            if key not in own and key not in moved:
                self._note("harmless", other.node.pointer, other, "is new", stated=False)

    def _operation(self, one: _Operation, other: _Operation, section: str) -> None:
        sent: tuple[Part, Part] = ("written", "read") if section == "paths" else ("read", "written")
        if one.path != other.path:
            self._note("harmless", one.item.pointer, one, f"calls the parameters of its path otherwise: {other.path}")
        self._marks(one, other)
        self._parameters(one, other, sent[0])
        self._request(one, other, sent[0])
        self._responses(one, other, sent[1])
        if section == "paths":
            self._security(one, other)
        mine, others = one.node.get("callbacks"), other.node.get("callbacks")
        if mine != others and (mine is not None or self.direction == "release"):
            self._note("breaking", one.node.at("callbacks"), one, "has other callbacks now; judge that yourself")

    def _marks(self, one: _Operation, other: _Operation) -> None:
        if other.node.get("deprecated") is True and one.node.get("deprecated") is not True:
            self._note("harmless", other.node.at("deprecated"), one, "is deprecated now")
        mine, others = one.node.get("operationId"), other.node.get("operationId")
        if mine and mine != others:
            what = f"has the operationId {others} now, not {mine}: generated clients call it otherwise"
            self._note("harmless", one.node.at("operationId"), one, what)

    def _parameters(self, one: _Operation, other: _Operation, part: Part) -> None:
        mine, others = one.parameters(), other.parameters()
        for key, parameter in mine.items():
            thing = f"the {key[0]} parameter `{parameter.get('name')}`"
            there = others.get(key)
            if there is None:
                gone = "is not known any more" if part == "written" else "does not come any more"
                self._note("breaking", parameter.place, one, gone, thing=thing)
                continue
            self._need(parameter, there, one, thing, part)
            self._style(parameter, there, one, thing)
            self._schemas(parameter, there, one, thing, part)
            if there.get("deprecated") is True and parameter.get("deprecated") is not True:
                self._note("harmless", there.pointer, one, "is deprecated now", thing=thing, stated=False)
        for key, parameter in others.items():
            if key not in mine:
                breaks = part == "written" and parameter.get("required") is True
                what = "is new, and required" if breaks else "is new"
                kind: Kind = "breaking" if breaks else "harmless"
                thing = f"the {key[0]} parameter `{parameter.get('name')}`"
                self._note(kind, parameter.place, one, what, thing=thing, stated=False)

    def _need(self, mine: Node, theirs: Node, one: _Operation, thing: str, part: Part) -> None:
        """Whether it has to be there."""
        was, now = mine.get("required") is True, theirs.get("required") is True
        if now and not was:
            kind: Kind = "breaking" if part == "written" else "harmless"
            self._note(kind, theirs.at("required"), one, "is required now", thing=thing, stated=False)
        elif was and not now:
            kind = "harmless" if part == "written" else "breaking"
            self._note(kind, mine.at("required"), one, "is no longer required", thing=thing)

    def _style(self, mine: Node, theirs: Node, one: _Operation, thing: str) -> None:
        """How a list or an object is written into a parameter."""
        for word in ("style", "explode", "allowReserved"):
            was, now = mine.get(word), theirs.get(word)
            if was != now and (was is not None or self.direction == "release"):
                what = f"is written with {word} {now} now, not {was}"
                self._note("breaking", mine.at(word), one, what, thing=thing)

    def _request(self, one: _Operation, other: _Operation, part: Part) -> None:
        mine, others = one.node.child("requestBody"), other.node.child("requestBody")
        thing = "the request"
        if mine is None and others is not None:
            breaks = part == "written" and others.get("required") is True
            what = "has a body now" + (", and must have" if breaks else "")
            self._note("breaking" if breaks else "harmless", others.pointer, one, what, thing=thing, stated=False)
        elif mine is not None and others is None:
            self._note("breaking", mine.pointer, one, "has no body any more", thing=thing)
        elif mine is not None and others is not None:
            self._need(mine, others, one, thing, part)
            self._contents(mine, others, one, thing, part)

    def _responses(self, one: _Operation, other: _Operation, part: Part) -> None:
        mine, others = one.node.children("responses"), other.node.children("responses")
        matched = set()
        for status, answer in mine.items():
            there = _answering(status, mine, others)
            if not there:
                self._note("breaking", answer.place, one, "is not given any more", thing=f"the answer {status}")
            for name in there:
                matched.add(name)
                thing = f"the answer {name}"
                self._contents(answer, others[name], one, thing, part)
                self._headers(answer, others[name], one, thing, part)
        for status, answer in others.items():
            if status not in matched:
                self._note("harmless", answer.place, one, "is new", thing=f"the answer {status}", stated=False)

    def _contents(self, mine: Node, theirs: Node, one: _Operation, thing: str, part: Part) -> None:
        """A body in each of its content types."""
        listed, others = _types(mine), _types(theirs)
        for name, content in listed.items():
            if name not in others:
                self._note("breaking", content.pointer, one, f"is not {name} any more", thing=thing)
            else:
                self._schemas(content, others[name], one, thing, part)
        for name, content in others.items():
            if name not in listed:
                self._note("harmless", content.pointer, one, f"may be {name} now", thing=thing, stated=False)

    def _headers(self, mine: Node, theirs: Node, one: _Operation, answer: str, part: Part) -> None:
        listed = {name.lower(): (name, each) for name, each in mine.children("headers").items()}
        others = {name.lower(): (name, each) for name, each in theirs.children("headers").items()}
        for key, (name, header) in listed.items():
            thing = f"{answer}'s header {name}"
            if key not in others:
                self._note("breaking", header.place, one, "does not come any more", thing=thing)
                continue
            self._need(header, others[key][1], one, thing, part)
            self._schemas(header, others[key][1], one, thing, part)
        for key, (name, header) in others.items():
            if key not in listed:
                self._note("harmless", header.place, one, "is new", thing=f"{answer}'s header {name}", stated=False)

    def _schemas(self, mine: Node, theirs: Node, one: _Operation, thing: str, part: Part) -> None:
        """The schemas of a parameter, a header or a body; a parameter may have JSON text for a value."""
        if "content" in mine.value or "content" in theirs.value:
            self._contents(mine, theirs, one, thing, part)
            return
        none = Node({}, True, mine.pointer, mine.place)
        schemas = Schemas(part, thing, partly=self.direction == "facts")
        schemas.compare(mine.child("schema") or none, theirs.child("schema") or none)
        self.found += [(str(one), each) for each in schemas.found]

    def _security(self, one: _Operation, other: _Operation) -> None:
        """Each way in which a caller could show who it is must still be one."""
        mine, others = _ways_in(self.ours, one.node), _ways_in(self.theirs, other.node)
        where = one.node.at("security") if "security" in one.node.value else "#/security"
        for way in mine:
            if not any(_enough(way, there) for there in others):
                now = " or ".join(map(_shown, others))
                self._note("breaking", where, one, f"asks for {now} now; {_shown(way)} is not enough any more")
        for there in others:
            if not any(_enough(there, way) for way in mine):
                self._note("harmless", where, one, f"may be asked with {_shown(there)} too now", stated=False)


_WayIn = Mapping[tuple[str, ...], frozenset[str]]
"""What has to be shown together: each scheme, by what it is and not by its name, with the scopes that it needs."""


def _ways_in(document: Document, operation: Node) -> list[_WayIn]:
    schemes = root(document).child("components")
    known = schemes.children("securitySchemes") if schemes else {}
    listed = operation.get("security", document.get("security")) or [{}]
    return [{_scheme(known.get(name), name): frozenset(scopes) for name, scopes in each.items()} for each in listed]


def _scheme(scheme: Node | None, name: str) -> tuple[str, ...]:
    if scheme is None:
        return (name,)
    said = [str(scheme.get(word, "")) for word in ("type", "scheme", "in", "name", "openIdConnectUrl")]
    return tuple(part.lower() for part in said if part)


def _enough(shown: _WayIn, wanted: _WayIn) -> bool:
    return all(scheme in shown and scopes <= shown[scheme] for scheme, scopes in wanted.items())


def _shown(way: _WayIn) -> str:
    named = [" ".join([*scheme, *(["with", *sorted(scopes)] if scopes else [])]) for scheme, scopes in way.items()]
    return " and ".join(named) or "nothing"


def _answering(status: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Their statuses that stand for one of ours: itself, else those of its class, else its class, else `default`."""
    if status in theirs:
        return [status]
    wide = f"{status[:1]}XX"
    if status.upper() == wide:
        return [each for each in theirs if each[:1] == status[:1] and each not in ours] or _rest(theirs)
    if status == "default":
        return [each for each in theirs if each not in ours and f"{each[:1]}XX" not in ours]
    return [each for each in theirs if each.upper() == wide] or _rest(theirs)


def _rest(statuses: Mapping[str, Any]) -> list[str]:
    return [each for each in statuses if each == "default"]


def _types(body: Node) -> dict[str, Node]:
    """Contents by their type, without its parameters."""
    return {name.partition(";")[0].strip().lower(): each for name, each in body.children("content").items()}


def _all(document: Document, section: str) -> list[_Operation]:
    return [_Operation(*each) for each in operations(document, section)]


def _apart(ours: Document, section: str, theirs: Document) -> tuple[list[_Operation], list[tuple[_Operation, str]]]:
    """Our operations: those that their document should hold, and the others, with the title of theirs."""
    title = root(theirs).get("info") and theirs["info"].get("title")
    titles: set[Any] = {item.get(PUBLISHED) for _, _, item, _ in operations(ours, section)}
    here: list[_Operation] = []
    there: list[tuple[_Operation, str]] = []
    for each in _all(ours, section):
        said = each.item.get(PUBLISHED)
        if said is False:
            there.append((each, "no OpenAPI document"))
        elif said is None or said == title or title not in titles:
            here.append(each)
        else:
            there.append((each, str(said)))
    return here, there
