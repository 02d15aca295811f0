"""The only reader of the environment."""

import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from detector.errors import InvalidInput

PREFIX = "DETECTOR_"


class Settings(BaseSettings):
    """Everything an operator can set, from `DETECTOR_*` environment variables."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    data_dir: Path = Field(
        Path("data"),
        description="Folder of the database, the pictures and the index; "
        "created on first use.",
    )
    database_url: SecretStr | None = Field(
        None,
        description="Database, `postgresql://user:password@host:5432/name`; SQLite in "
        "the data folder by default.",
    )
    index_url: SecretStr | None = Field(
        None,
        description="Vector index, `http://user:password@host:19530/database` of a "
        "Milvus server or a file `*.db` of milvus-lite; FAISS in the data folder by "
        "default.",
    )
    blob_url: str | None = Field(
        None,
        description="Bucket for the pictures, `s3://bucket/prefix`, with endpoint and "
        "credentials from the standard `AWS_…` variables; in the data folder by "
        "default.",
    )
    max_image_bytes: int = Field(
        25_000_000, ge=1_000, description="Largest picture file accepted, in bytes."
    )
    max_image_pixels: int = Field(
        50_000_000,
        ge=10_000,
        le=89_000_000,
        description="Largest picture accepted, width times height.",
    )
    model: str = Field(
        "compact",
        description="Copy embedder: `compact`, `open_clip:<model>/<tag or file>` "
        "or `torchscript:<file>`. From the first `detector model switch` on the "
        "database says which one serves.",
    )
    semantic_model: str | None = Field(
        None,
        description="Second embedder for other photos of the same product, "
        "named like `model`; none by default.",
    )
    voting: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Whether points vote for candidates besides the embeddings: `on` "
        "finds other photos of a product too and costs 32 KB of memory a reference, "
        "`off` finds copies only, `auto` votes up to 10,000 references.",
    )
    device: str = Field(
        "auto",
        description="Where embedders run: `auto`, `cpu` or `cuda`; for `compact`, "
        "`auto` is `cpu`.",
    )
    threads: int = Field(
        0,
        ge=0,
        description="Worker threads of a scan, an import or the service; 0 is one per "
        "core.",
    )

    max_requests: int = Field(
        32,
        ge=1,
        description="Requests with pictures that the service takes in at once, those "
        "that wait included; others are told to come back.",
    )
    body_timeout_s: float = Field(
        60, gt=0, description="Longest time that a request's body may take, in seconds."
    )
    max_upload_bytes: int = Field(
        2_000_000_000,
        ge=1_000,
        description="Largest catalogue file accepted, packed and unpacked, in bytes.",
    )
    image_hosts: str | None = Field(
        None,
        description="Hosts that catalogue files and listings may name pictures on, "
        "separated by commas: `cdn.acme.com`, `*.acme.com`, with `:port` if unusual; "
        "none by default.",
    )
    rate_limit: int = Field(
        6_000,
        ge=1,
        description="Requests a minute that one key or user may make, or all of a "
        "brand together.",
    )
    trusted_proxies: str | None = Field(
        None,
        description="Addresses or networks of the proxies before the service, "
        "separated by commas: `10.0.0.7,10.1.0.0/16`. What they say of who asks "
        "(`X-Forwarded-For`, `-Proto`) is believed, nobody else; none by default.",
    )
    job_threads: int = Field(
        1,
        ge=0,
        description="Threads of the service that work on imports and other jobs; 0 "
        "leaves them to `detector worker`.",
    )
    job_lease_s: float = Field(
        30,
        ge=0.5,
        description="Seconds after which the job of a process that died is taken over.",
    )

    scan_threads: int | None = Field(
        None,
        ge=0,
        description="Threads of the service that scan listings, as THREADS if unset; 0 "
        "leaves them to `detector worker`.",
    )
    max_queued_listings: int = Field(
        20_000,
        ge=1,
        description="Listings that may wait to be scanned; senders of more are told to "
        "come back.",
    )
    max_listings_bytes: int = Field(
        64_000_000,
        ge=1_000,
        description="Largest body of one call with listings, in bytes.",
    )
    keep_ended_days: int = Field(
        30,
        ge=0,
        description="Days that hash and embedding of an unmatched picture are kept "
        "after the last listing that shows it has ended.",
    )
    suppressed_sample: float = Field(
        0.02,
        ge=0,
        le=1,
        description="Share of the flags of authorized sellers that is shown all the "
        "same.",
    )
    sweep_days: int = Field(
        30,
        ge=0,
        description="New references are held against pictures that were listed in "
        "these last days; 0 sweeps none.",
    )
    sweep_max_looks: int = Field(
        1_000,
        ge=0,
        description="Most listings that one sweep has looked at again.",
    )
    webhook_hosts: str | None = Field(
        None,
        description="Hosts that webhooks may be sent to though they are not public or "
        "speak plain HTTP, named like IMAGE_HOSTS; none by default.",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _require_addresses(cls, value: str | None) -> str | None:
        for part in value.split(",") if value else ():
            ip_network(part.strip())
        return value

    @property
    def num_scan_threads(self) -> int:
        """Threads of the service that scan listings."""
        return self.num_threads if self.scan_threads is None else self.scan_threads

    @property
    def database_place(self) -> str | None:
        """The URL of the database, with its password; None for the default."""
        return self.database_url.get_secret_value() if self.database_url else None

    @property
    def index_place(self) -> str | None:
        """The URL of the vector index, with its password; None for the default."""
        return self.index_url.get_secret_value() if self.index_url else None

    @property
    def places(self) -> Mapping[str, str | None]:
        """What is elsewhere than in the data directory, as `open_store` takes it."""
        return {
            "database": self.database_place,
            "index": self.index_place,
            "blobs": self.blob_url,
        }

    @property
    def num_threads(self) -> int:
        """Worker threads: as set, or one per core that this process may use."""
        if self.threads or not hasattr(os, "sched_getaffinity"):
            return self.threads or os.cpu_count() or 1
        return len(os.sched_getaffinity(0))


def load_settings() -> Settings:
    """Read the environment.

    A misspelt variable would be ignored silently by pydantic, so an unknown
    `DETECTOR_*` name is an error.

    Raises:
        InvalidInput: an unknown name, or a value out of bounds.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(n for n in os.environ if n.startswith(PREFIX) and n not in known)
    if unknown:
        raise InvalidInput(
            f"Unknown setting {', '.join(unknown)}.",
            remedy=f"Known settings: {', '.join(sorted(known))}.",
        )
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise InvalidInput(
            f"{name}={first['input']!r}: {first['msg']}.",
            remedy=f"Set {name} to a value that fits, or unset it.",
        ) from error
