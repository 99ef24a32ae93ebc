"""A contract against the facts, without any server: what would hold against a mock and fail in life.

What stands in a contract is either known to be so or refused; what cannot be judged is refused too. Of a request that
is meant to fail (the expected answer is no success) only the way is judged, not its query and its body.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contracts import check_parts as parts
from contracts import check_values as values
from contracts.pacts import HTTP, MESSAGE

if TYPE_CHECKING:
    from contracts.facts import Content, Facts, Operation, Parameter, Response
    from contracts.pacts import Contract, Interaction

TOPIC = "topic"
"""The member of a message's metadata that names the webhook. All others are headers, but for Pact's own."""
_PACTS_OWN = frozenset({TOPIC, "contentType"})
_EVERYWHERE = frozenset({"accept", "accept-encoding", "authorization", "connection", "content-length", "content-type"})
_UNREMARKABLE = _EVERYWHERE | {"host", "traceparent", "user-agent"}
_KEY_REFUSED = (401, 403)
ANY_COLUMN = "*"
ANY_KIND = "*/*"
"""The content type of a webhook that is sent without one."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing in a contract that is not so in life.

    where: in the interaction (`request.body $.items[0].amount`). says: what is wrong, and what the facts say instead.
    fact: the pointer of the statement. source: where the statement comes from.
    """

    interaction: str
    where: str
    says: str
    fact: str
    source: str

    def __str__(self) -> str:
        return f"{self.interaction}: {self.where}: {self.says} [{self.source}]"


def check(contract: Contract, facts: Facts) -> list[Refusal]:
    """All that the facts refuse in a contract, in its order; empty for one that can hold."""
    return [refusal for interaction in contract.interactions for refusal in judged(interaction, facts)]


def judged(interaction: Interaction, facts: Facts) -> list[Refusal]:
    """What the facts refuse in one interaction."""
    return _Check(facts, interaction.title, interaction.raw).refusals()


@dataclass(frozen=True)
class _Check:
    facts: Facts
    title: str
    interaction: Mapping[str, Any]

    @property
    def _request(self) -> Mapping[str, Any]:
        return self.interaction.get("request") or {}

    @property
    def _response(self) -> Mapping[str, Any]:
        return self.interaction.get("response") or {}

    def refusals(self) -> list[Refusal]:
        kind = self.interaction.get("type")
        if kind == HTTP:
            found = self._http()
        elif kind == MESSAGE:
            found = self._message()
        else:
            found = iter([self._no("type", f"{kind} can't be checked: only {HTTP} and {MESSAGE}", "#")])
        return list(dict.fromkeys(found))

    def _no(self, where: str, says: str, pointer: str) -> Refusal:
        """A refusal, with the words of the facts on the statement and its source."""
        words = self.facts.words_on(pointer) if pointer != "#" else ""
        try:
            source = self.facts.source_of(pointer)
        except LookupError:
            source = f"{self.facts.vendor} {self.facts.version}, no source stated"
        return Refusal(self.title, where, f"{says}. {words}".strip() if words else says, pointer, source)

    # Requests and their answers

    def _http(self) -> Iterator[Refusal]:
        request, response = self._request, self._response
        found = self._operation(str(request.get("method", "GET")).upper(), str(request.get("path", "/")))
        if isinstance(found, Refusal):
            yield found
            return
        operation, in_path = found
        status = int(response.get("status", 200))
        answer = operation.response(status)
        yield from self._key(operation, status, answer)
        if 200 <= status < 300:
            yield from self._in_path(operation, in_path)
            yield from self._query(operation)
            yield from self._headers(operation)
            yield from self._request_body(operation)
        if answer is None:
            given = ", ".join(sorted(operation.responses))
            says = f"{operation} never answers {status}: it answers {given}"
            yield self._no("response.status", says, f"{operation.pointer}/responses")
            return
        yield from self._response_headers(answer)
        yield from self._response_body(operation, answer)

    def _operation(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | Refusal:
        """The operation that answers a request, and what stands in its path. A path without braces goes first."""
        fitting = [(each, found) for each in self.facts.operations if (found := parts.fit(each, path)) is not None]
        if not fitting:
            if not self.facts.operations:
                return self._no("request.path", f"{self.facts.vendor} is asked nothing: there are only webhooks", "#")
            asked = f"{method} {path}"
            nearest = max(self.facts.operations, key=lambda each: parts.likeness(asked, str(each)))
            return self._no("request.path", f"{asked} is not there; the nearest is {nearest}", nearest.pointer)
        fewest = min(len(found) for _, found in fitting)
        here = [(each, found) for each, found in fitting if len(found) == fewest]
        for operation, in_path in here:
            if operation.method == method:
                return operation, in_path
        there = sorted(here, key=lambda each: -parts.likeness(method, each[0].method))
        methods = ", ".join(each.method for each, _ in there)
        says = f"{method} {path} is not there; it is {methods} {there[0][0].path}"
        return self._no("request.method", says, there[0][0].pointer.rpartition("/")[0])

    def _key(self, operation: Operation, status: int, answer: Response | None) -> Iterator[Refusal]:
        """The form of the header that says who asks, unless the answer is that nobody knows the key."""
        if not operation.keys or status in _KEY_REFUSED or self._says_unknown(answer):
            return
        sent = parts.headers(self._request)
        for key in operation.keys:
            value = sent.get(key.header.lower())
            if value is not None and re.search(key.pattern, value):
                return
        key = operation.keys[0]
        value = sent.get(key.header.lower())
        if value is not None:
            says = f"{value} is no key that {self.facts.vendor} knows: its form is {key.pattern}"
            yield self._no(f"request.headers {key.header}", says, key.pointer)
        elif not operation.keyless:
            yield self._no(f"request.headers {key.header}", f"{operation} without it is refused", key.pointer)

    def _says_unknown(self, answer: Response | None) -> bool:
        if answer is None or answer.key_refused is None:
            return False
        body = parts.body(self._response.get("body"))[1]
        return isinstance(body, dict) and all(
            name in body and body[name] == value for name, value in answer.key_refused.items()
        )

    def _in_path(self, operation: Operation, in_path: Mapping[str, str]) -> Iterator[Refusal]:
        for name, parameter in operation.parameters_in("path").items():
            if name in in_path:
                yield from self._value("request.path", parameter, in_path[name])

    def _query(self, operation: Operation) -> Iterator[Refusal]:
        known = operation.parameters_in("query")
        sent = parts.query(self._request)
        trees: dict[str, dict[str, Any]] = {}
        for name, texts in sent.items():
            root = name.partition("[")[0]
            parameter = known.get(name) or known.get(root)
            if parameter is None:
                says = f"{operation} knows no {name}: it knows {values.listed(sorted(known)) or 'none'}"
                yield self._no(f"request.query {name}", says, operation.pointer)
            elif parameter.exploded:
                for value in texts:
                    values.put(name, value, trees.setdefault(root, {}))
            else:
                for value in texts:
                    yield from self._value(f"request.query {name}", parameter, value)
        for root, tree in trees.items():
            found = values.read_texts(tree[root], known[root].schema)
            yield from self._judged(f"request.query {root}", known[root], found)
        given = {name.partition("[")[0] for name in sent} | set(sent)
        for name, parameter in known.items():
            if parameter.required and name not in given:
                yield self._no(f"request.query {name}", f"{operation} needs it", parameter.pointer)

    def _value(self, where: str, parameter: Parameter, text: str) -> Iterator[Refusal]:
        if not parameter.json:
            yield from self._judged(where, parameter, values.read_text(text, parameter.schema))
            return
        try:
            value = json.loads(text)
        except ValueError:
            yield self._no(where, f"{text} is no JSON", parameter.at)
            return
        yield from self._judged(where, parameter, value)

    def _judged(self, where: str, parameter: Parameter, value: object) -> Iterator[Refusal]:
        for each in values.differences(value, parameter.schema, parameter.at, whole=True):
            yield self._no(where, each.says, each.pointer)

    def _headers(self, operation: Operation) -> Iterator[Refusal]:
        known = operation.parameters_in("header")
        keys = {key.header.lower() for key in operation.keys}
        for name, value in parts.headers(self._request).items():
            if name in known:
                yield from self._value(f"request.headers {name}", known[name], value)
            elif name not in _UNREMARKABLE | keys:
                yield self._no(f"request.headers {name}", f"{operation} does not look at it", operation.pointer)

    def _request_body(self, operation: Operation) -> Iterator[Refusal]:
        kind, body = parts.body(self._request.get("body"))
        wanted = operation.request
        if body is None:
            if wanted is not None and wanted.required:
                yield self._no("request.body", f"{operation} needs one", wanted.pointer)
            return
        if wanted is None:
            yield self._no("request.body", f"{operation} takes none", operation.pointer)
            return
        kind = parts.plain(parts.headers(self._request).get("content-type", kind))
        if kind not in wanted.schemas:
            says = f"{kind} is not read: {values.listed(list(wanted.schemas))} is"
            yield self._no("request.headers content-type", says, wanted.pointer)
            return
        for each in values.differences(body, wanted.schemas[kind], wanted.at(kind), whole=True):
            yield self._no(f"request.body {values.spelled(each.path)}", each.says, each.pointer)

    def _response_headers(self, answer: Response) -> Iterator[Refusal]:
        for name, value in parts.headers(self._response).items():
            if name == "content-type":
                yield from self._kind(answer, parts.plain(value))
            elif name not in answer.headers:
                says = f"none comes with {answer.status}"
                yield self._no(f"response.headers {name}", says, answer.pointer)
            else:
                pointer = f"{answer.pointer}/headers"
                schema = answer.headers[name]
                for each in values.differences(values.read_text(value, schema), schema, pointer, whole=True):
                    yield self._no(f"response.headers {name}", each.says, pointer)

    def _kind(self, answer: Response, kind: str) -> Iterator[Refusal]:
        given = list(answer.content.schemas) if answer.content else []
        if kind not in given:
            says = f"{kind} does not come with {answer.status}: {values.listed(given) or 'no body'} does"
            yield self._no("response.headers content-type", says, answer.pointer)

    def _response_body(self, operation: Operation, answer: Response) -> Iterator[Refusal]:
        response = self._response
        kind, body = parts.body(response.get("body"))
        if body is None:
            return
        if answer.content is None:
            yield self._no("response.body", f"none comes with {answer.status}", answer.pointer)
            return
        kind = parts.plain(parts.headers(response).get("content-type", kind))
        if kind not in answer.content.schemas:
            yield from self._kind(answer, kind)
            return
        yield from self._told("response.body", body, response, answer.content, kind)
        schema, pointer = answer.content.schemas[kind], answer.content.at(kind)
        for path, part, inner, at in values.walk(body, schema, pointer):
            if isinstance(part, dict):
                yield from self._left_out(path, part, inner, at)
                yield from self._unasked(operation, path, part, inner, at)

    def _left_out(
        self, path: values.Path, part: Mapping[str, Any], schema: Mapping[str, Any], at: str
    ) -> Iterator[Refusal]:
        """Fields that may be left out, and of which neither a state nor the request says that they are there."""
        when = schema.get("x-left-out")
        if when is None:
            return
        for name in part:
            optional = name in schema.get("properties", {}) and name not in schema.get("required", ())
            if optional and not self._mentioned(name):
                says = f"{name} is left out {when}: name it in the provider state, or set it in the request"
                yield self._no(f"response.body {values.spelled((*path, name))}", says, at)

    def _unasked(
        self, operation: Operation, path: values.Path, part: Mapping[str, Any], schema: Mapping[str, Any], at: str
    ) -> Iterator[Refusal]:
        """Columns of a row that the query does not ask for, and those that it asks for though there are none."""
        parameter = operation.parameters_in("query").get(str(schema.get("x-selected-by", "")))
        asked = None if parameter is None else self._asked(parameter)
        if parameter is None or asked is None:
            return
        for name in part:
            if name not in asked:
                says = f"{name} does not come unless {parameter.name} asks for it"
                yield self._no(f"response.body {values.spelled((*path, name))}", says, at)
        for name in asked:
            if name not in schema.get("properties", {}):
                says = f"it asks for {name}, which is not there"
                yield self._no(f"request.query {parameter.name}", says, parameter.at)

    def _asked(self, parameter: Parameter) -> list[str] | None:
        """The fields that a query asks for: a list in JSON, or in brackets, with which the id comes too. None: all."""
        sent = parts.query(self._request)
        if parameter.exploded:
            chosen = [name.partition("[")[2].rstrip("]") for name in sent if name.startswith(f"{parameter.name}[")]
            return ["id", *chosen] if chosen else None
        default = parameter.schema.get("default") if isinstance(parameter.schema, dict) else None
        try:
            asked = json.loads(sent[parameter.name][0]) if parameter.name in sent else default
        except ValueError:
            return None  # refused where the query is judged
        return asked if isinstance(asked, list) and ANY_COLUMN not in asked else None

    def _mentioned(self, name: str) -> bool:
        request = self._request
        said = [self.interaction.get("providerStates"), request.get("body"), request.get("query")]
        return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", json.dumps(said)) is not None

    # Messages

    def _message(self) -> Iterator[Refusal]:
        metadata = self.interaction.get("metadata", {})
        known = self.facts.webhooks
        topic = str(metadata.get(TOPIC, ""))
        if topic not in known:
            named = f"{topic} is never sent" if topic else "the metadata names no topic"
            nearest = difflib.get_close_matches(topic, known, n=5, cutoff=0.4) or list(known)
            at = "#/webhooks" if known else "#"
            yield self._no(f"metadata {TOPIC}", f"{named}: there are {values.listed(nearest) or 'no webhooks'}", at)
            return
        webhook = known[topic]
        assert webhook.request is not None, "a webhook has a body"
        yield from self._message_headers(webhook, metadata, list(webhook.request.schemas))
        _, body = parts.body(self.interaction.get("contents"))
        kinds = list(webhook.request.schemas)
        if body is not None:
            yield from self._told("contents", body, self.interaction, webhook.request, kinds[0])

    def _message_headers(
        self, webhook: Operation, metadata: Mapping[str, Any], kinds: Sequence[str]
    ) -> Iterator[Refusal]:
        known = webhook.parameters_in("header")
        for name, value in metadata.items():
            where = f"metadata {name}"
            if name in _PACTS_OWN:
                continue
            if name.lower() == "content-type":
                if ANY_KIND in kinds or parts.plain(str(value)) not in kinds:
                    sent = "no Content-Type" if ANY_KIND in kinds else values.listed(kinds)
                    yield self._no(where, f"{value} does not come: {sent} is sent", webhook.pointer + "/requestBody")
            elif name.lower() not in known:
                headers = values.listed(sorted(each.name for each in known.values())) or "no header of its own"
                yield self._no(where, f"no such header comes: {headers} does", webhook.pointer)
            else:
                yield from self._value(where, known[name.lower()], parts.first(value))

    def _told(
        self, where: str, body: object, holder: Mapping[str, Any], content: Content, kind: str
    ) -> Iterator[Refusal]:
        """What is expected to come in a body: values, and matchers."""
        schema, pointer = content.schemas[kind], content.at(kind)
        rules = holder.get("matchingRules", {}).get("body", {})
        found = [
            *values.differences(body, schema, pointer, whole=False),
            *values.contradictions(rules, schema, pointer),
        ]
        for each in found:
            yield self._no(f"{where} {values.spelled(each.path)}", each.says, each.pointer)
