"""Status pages of clouds, which tell of all products and regions at once: Google Cloud and AWS.

Google's form is <https://status.cloud.google.com/incidents.schema.json>. AWS publishes none of
<https://health.aws.amazon.com/public/currentevents>; its numbers are those of its former status page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, RootModel

from tasks.statuspage.forms import Level, Trouble, Wanted

# -- Google Cloud -----------------------------------------------------------------------------------------------------


class Product(BaseModel):
    title: str


class Location(BaseModel):
    id: str


class Update(BaseModel):
    status: Literal["AVAILABLE", "SERVICE_INFORMATION", "SERVICE_DISRUPTION", "SERVICE_OUTAGE"]


class Incident(BaseModel):
    begin: AwareDatetime
    end: AwareDatetime | None = None
    status_impact: Literal["SERVICE_INFORMATION", "SERVICE_DISRUPTION", "SERVICE_OUTAGE"]
    affected_products: list[Product]
    currently_affected_locations: list[Location] = Field(default_factory=list[Location])
    most_recent_update: Update


class Google(RootModel[list[Incident]]):
    """Recent incidents, those that are over among them: there is no word for *all is well*."""

    def troubles(self, wanted: Wanted) -> Iterator[Trouble]:
        if not wanted.parts and not wanted.places:
            raise LookupError("somewhere in it something is always the matter; name products or regions")
        for one in self.root:
            over = one.end is not None or one.most_recent_update.status == "AVAILABLE"
            names = tuple(product.title for product in one.affected_products)
            there = wanted.place(*(location.id for location in one.currently_affected_locations))
            if not over and wanted.part(*names) and there:
                told: Mapping[str, Level] = {"SERVICE_OUTAGE": "down", "SERVICE_DISRUPTION": "impaired"}
                level: Level = told.get(one.status_impact, "well")
                yield Trouble(level=level, of=names, since=one.begin)


# -- AWS --------------------------------------------------------------------------------------------------------------

_NUMBER: Mapping[str, Level] = {"0": "well", "1": "well", "2": "impaired", "3": "down"}
Number = Annotated[Literal["0", "1", "2", "3"], BeforeValidator(str)]


class Service(BaseModel):
    service_name: str
    current: Number


class Event(BaseModel):
    arn: str = Field(pattern=r"^arn:aws[\w-]*:health:[\w-]*:")
    date: int = Field(ge=0, le=253_402_300_799, description="Seconds; a text or a number.")
    status: Number
    service_name: str
    impacted_services: dict[str, Service] = Field(default_factory=dict[str, Service])


class Amazon(RootModel[list[Event]]):
    """Events that are open, of all regions; sent as UTF-16. Of a region that lies idle some are open for months."""

    def troubles(self, wanted: Wanted) -> Iterator[Trouble]:
        if not wanted.places:
            raise LookupError("somewhere in it something is always the matter; name the regions")
        for one in self.root:
            since = datetime.fromtimestamp(one.date, UTC)
            if not wanted.place(one.arn.split(":")[3]):
                continue
            for service in one.impacted_services.values():
                if wanted.part(service.service_name):
                    yield Trouble(level=_NUMBER[service.current], of=(service.service_name,), since=since)
            if wanted.part(one.service_name):
                yield Trouble(level=_NUMBER[one.status], of=(one.service_name,), since=since)
