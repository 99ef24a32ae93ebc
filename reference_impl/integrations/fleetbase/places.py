"""Points and places as Fleetbase reads them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Point:
    """Where something is, in degrees."""

    latitude: Decimal
    longitude: Decimal

    def __post_init__(self) -> None:
        if not (abs(self.latitude) <= 90 and abs(self.longitude) <= 180):
            raise ValueError(f"latitude {self.latitude}, longitude {self.longitude} is no place on Earth")

    def geojson(self) -> dict[str, Any]:
        """Longitude first. Fleetbase reads an array of two numbers alone the other way round: none is ever sent."""
        return {"type": "Point", "coordinates": [self.longitude, self.latitude]}

    @classmethod
    def of(cls, geojson: object) -> Point | None:
        """A point that Fleetbase answered with; None when it is none, which is how an unknown place comes."""
        pair = geojson.get("coordinates") if isinstance(geojson, dict) else None
        if not isinstance(pair, list) or len(pair) < 2 or not all(isinstance(each, int | Decimal) for each in pair):
            return None
        try:
            return cls(latitude=Decimal(pair[1]), longitude=Decimal(pair[0]))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Place:
    """An address to fetch from or to bring to."""

    street1: str
    city: str
    country: str  # two letters
    name: str | None = None
    phone: str | None = None
    postal_code: str | None = None
    location: Point | None = None

    def body(self) -> dict[str, Any]:
        texts = {
            "name": self.name,
            "street1": self.street1,
            "city": self.city,
            "country": self.country,
            "postal_code": self.postal_code,
            "phone": self.phone,
        }
        known = {name: text for name, text in texts.items() if text is not None}
        return known if self.location is None else {**known, "location": self.location.geojson()}


def bracketed(name: str, value: object) -> Iterator[tuple[str, str]]:
    """A value as PHP reads it from a query: pickup[location][coordinates][0]=46.67."""
    parts: Mapping[Any, Any] = {}
    if isinstance(value, dict):
        parts = value
    elif isinstance(value, list):
        parts = dict(enumerate(value))
    else:
        yield name, str(value)
    for key, part in parts.items():
        yield from bracketed(f"{name}[{key}]", part)
