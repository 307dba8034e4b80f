"""Monthly cost of three real loads on Amazon, as the tables in docs/why-beanstalk.md: python -m deploy.costs

List prices in US dollars of us-east-1, as published on the dates in PRICES. Whoever finds a newer price changes it
here and puts the tables that this prints into the document; a test compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

HOURS = 730
"""Hours of a month."""
PHOTOS_A_SECOND = 1.7
"""Measured: the whole way from a 12 megapixel JPEG to stored rows, on two slow (Zen 1) cores."""
MEASURED_MP = 12
PUTS_A_PHOTO, GETS_A_PHOTO = 10, 10
"""S3 requests a photo, lists counted as puts: a test measures fewer in a drop of 20, and more for one photo alone."""
LISTS_A_LOOK, GETS_A_LOOK, LOOKS_A_MONTH = 1, 1, HOURS * 3600 // 5
"""S3 requests of a server that has nothing to do, each time its worker looks for work: a test measures them."""


@dataclass(frozen=True, slots=True)
class Price:
    """dollars per unit, and who published it when."""

    dollars: float
    unit: str
    source: str


T3_MEDIUM = Price(0.0416, "hour of a t3.medium (2 vCPU, 4 GB)", "hacecuentas.com, EC2 calculator, reviewed 17 Apr 2026")
BALANCER = Price(0.0225, "hour of an Application Load Balancer", "cloud-horizons.com, 8 May 2026")
BALANCED = Price(0.008, "GB through it (an LCU-hour)", "cloud-horizons.com, 8 May 2026")
IPV4 = Price(0.005, "hour of a public IPv4 address", "doit.com, since 1 Feb 2024")
STORED = Price(0.023, "GB-month in S3 Standard", "cloudburn.io, 13 Mar 2026")
PUT = Price(0.005 / 1000, "S3 PUT or LIST", "c3x.dev, undated")
GET = Price(0.0004 / 1000, "S3 GET", "c3x.dev, undated")
FARGATE_VCPU = Price(0.04048, "vCPU-hour of Fargate", "wring.co, 10 Mar 2026")
FARGATE_GB = Price(0.004445, "GB-hour of Fargate", "wring.co, 10 Mar 2026")
LAMBDA_GB_S = Price(0.00001667, "GB-second of Lambda", "AWS whitepaper How AWS Pricing Works, undated")
LAMBDA_CALL = Price(0.20 / 1e6, "call of Lambda", "AWS whitepaper How AWS Pricing Works, undated")
ENDPOINT = Price(0.05, "hour of SageMaker's ml.t3.medium", "wring.co, 15 Mar 2026")
PRICES = (
    *(T3_MEDIUM, BALANCER, BALANCED, IPV4, STORED, PUT, GET),
    *(FARGATE_VCPU, FARGATE_GB, LAMBDA_GB_S, LAMBDA_CALL, ENDPOINT),
)

LAMBDA_GB_OF_A_VCPU = 1.769
"""GB of memory that come with one vCPU (AWS Lambda developer guide)."""


@dataclass(frozen=True, slots=True)
class Load:
    """Photos that come in. kept: photos after the first year. servers: always there, two where a gap would hurt."""

    name: str
    photos_a_month: float
    kept: int
    megapixels: float
    megabytes: float
    servers: int

    @property
    def gb_a_month(self) -> float:
        """Uploads of a month in GB."""
        return self.photos_a_month * self.megabytes / 1000

    @property
    def counting_hours(self) -> float:
        """Hours of one two-core server that a month's photos take; time goes with the number of pixels."""
        return self.photos_a_month / PHOTOS_A_SECOND * self.megapixels / MEASURED_MP / 3600


LOADS = (
    Load("5 photos a day", 5 * 365 / 12, 5 * 365, 12, 4, servers=1),
    Load("2,000 a week", 2000 * 52 / 12, 2000 * 52, 12, 4, servers=1),
    Load("1,000,000 drone photos in three months", 1_000_000 / 3, 1_000_000, 20, 10, servers=2),
)


def requests(load: Load) -> float:
    """S3 requests of a month: photos, and servers that look for work."""
    looks = LOOKS_A_MONTH * load.servers
    puts = PUTS_A_PHOTO * load.photos_a_month + LISTS_A_LOOK * looks
    gets = GETS_A_PHOTO * load.photos_a_month + GETS_A_LOOK * looks
    return puts * PUT.dollars + gets * GET.dollars


def front(load: Load) -> float:
    """Load balancer and addresses: two of the balancer, one a server."""
    addresses = IPV4.dollars * HOURS * (2 + load.servers)
    return BALANCER.dollars * HOURS + BALANCED.dollars * load.gb_a_month + addresses


def elastic_beanstalk(load: Load) -> float:
    """The stack of deploy/template.yaml; Elastic Beanstalk itself costs nothing."""
    return T3_MEDIUM.dollars * HOURS * load.servers + front(load) + requests(load)


def ecs(load: Load) -> float:
    """The same container on Fargate, 2 vCPU and 4 GB, behind the same load balancer."""
    task = 2 * FARGATE_VCPU.dollars + 4 * FARGATE_GB.dollars
    return task * HOURS * load.servers + front(load) + requests(load)


def with_lambda(load: Load) -> float:
    """Elastic Beanstalk for the pages, and each photo counted by a call on one vCPU."""
    seconds = load.counting_hours * 3600 * 2
    return (
        elastic_beanstalk(load)
        + seconds * LAMBDA_GB_OF_A_VCPU * LAMBDA_GB_S.dollars
        + (load.photos_a_month * LAMBDA_CALL.dollars)
    )


def with_sagemaker(load: Load) -> float:
    """Elastic Beanstalk for the pages, and the networks behind the smallest real-time endpoint."""
    return elastic_beanstalk(load) + ENDPOINT.dollars * HOURS


WAYS: dict[str, Callable[[Load], float]] = {
    "Elastic Beanstalk": elastic_beanstalk,
    "ECS on Fargate": ecs,
    "Lambda counts, Beanstalk shows": with_lambda,
    "SageMaker counts, Beanstalk shows": with_sagemaker,
}


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, ("---", *["---:"] * (len(head) - 1)), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def tables() -> list[str]:
    """The loads, their costs, the prices: what the document shows."""
    loads = (
        (
            load.name,
            f"{load.photos_a_month:,.0f}",
            f"{load.gb_a_month:,.1f}",
            f"{load.counting_hours:,.1f}",
            f"{load.counting_hours / HOURS / load.servers:.1%}",
            f"{load.kept * load.megabytes / 1000:,.0f}",
        )
        for load in LOADS
    )
    costs = ((way, *(f"{cost(load):,.0f}" for load in LOADS)) for way, cost in WAYS.items())
    kept = ("keeping the photos, after a year", *(f"{_keeping(load):,.2f}" for load in LOADS))
    prices = ((price.unit, f"{price.dollars:.8f}".rstrip("0"), price.source) for price in PRICES)
    return [
        table(
            ("load", "photos a month", "GB a month", "hours of counting", "of its servers", "GB after a year"), loads
        ),
        table(("US dollars a month", *(load.name for load in LOADS)), iter((*costs, kept))),
        table(("a", "US dollars", "published"), prices),
    ]


def _keeping(load: Load) -> float:
    return load.kept * load.megabytes / 1000 * STORED.dollars


if __name__ == "__main__":
    sys.stdout.write("\n\n".join(tables()) + "\n")
