"""Vendors that send webhooks by themselves: a state has one sent, and the listener here waits for it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from typing_extensions import override

from contracts.providers.deliveries import listening
from contracts.providers.states import Provider, StateFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from contracts.providers.deliveries import Deliveries, Delivery

ALWAYS = 1_000_000_000
"""Of the switch `flapping`: nobody waits until it lets a request pass."""


class Hooked(Provider):
    """A vendor with webhooks. A simulator is told where they go; elsewhere the setting `hook` says where they do go.

    hook: an address of this machine. hook_secret: what they are signed with; empty: the signature's form is all that
    is looked at.
    """

    defaults: ClassVar[Mapping[str, str]] = {"hook": "", "hook_secret": ""}
    telling: ClassVar[frozenset[str]] = frozenset()
    """The states under which a webhook is sent."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._deliveries: Deliveries | None = None
        self._wanted: Callable[[Delivery], bool] = lambda _: False
        self._topic = ""

    @override
    def why_not(self, name: str) -> str | None:
        if name in self.telling and not self.is_simulator and not self.settings.get("hook"):
            return "nothing says where its webhooks go: --set hook=http://127.0.0.1:…/hook"
        return super().why_not(name)

    @override
    def message(self, description: str) -> tuple[bytes, dict[str, str]]:
        """What was sent under the state that was set up last. The topic is the facts' word for it, no header."""
        if self._deliveries is None:
            raise StateFailed(f"no state has “{description}” sent")
        came = self._deliveries.wait(self._wanted)
        if not self.is_signed(came):
            raise StateFailed("the signature does not fit the body as it came: is --set hook_secret=… the right one?")
        return came.body, {**came.headers, "topic": self._topic}

    def is_signed(self, came: Delivery) -> bool:
        """Whether a delivery is signed by `hook_secret`, as the vendor signs."""
        raise NotImplementedError

    def listen(self) -> None:
        """From now on, until the interaction is over, take what is sent."""
        self.undo.callback(setattr, self, "_deliveries", None)
        self._deliveries = self.undo.enter_context(listening(urlsplit(self.settings.get("hook", "")).port or 0))
        if self.is_simulator:
            self.switch(webhooks_to=self._deliveries.url)

    def expect(self, topic: str, wanted: Callable[[Any], bool]) -> None:
        """Which delivery it is that a message is about, by its parsed body; one of another form is none."""

        def fits(delivery: Delivery) -> bool:
            with contextlib.suppress(AttributeError, KeyError, TypeError):
                return wanted(delivery.json())
            return False

        self._topic = topic
        self._wanted = fits
