"""What the operator may set, read from `CX_*` environment variables."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cxsdk.address import check_address
from cxserver.limits import Ceiling, Limits

# What no message and no log may show.
SECRETS = frozenset({"database_url", "metrics_token", "oidc_client_secret", "smtp_url"})

_HOST = re.compile(r"[A-Za-z0-9._-]+\Z|\[?[0-9A-Fa-f:.]+\]?\Z", re.ASCII)


class Settings(BaseSettings):
    """Settings of one installation. Each field is `CX_` + its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="CX_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    data_dir: Path = Field(
        Path("cx-data"), description="Folder of the SQLite database and the root key."
    )
    database_url: str = Field(
        "", description="SQLAlchemy address of the database. Empty: SQLite in the data folder."
    )
    base_url: str = Field(
        "http://127.0.0.1:8000", description="The public address, with its path, of this server."
    )
    root_key_file: Path | None = Field(
        None, description="File of the root key. Empty: `root.key` in the data folder."
    )
    backup_dir: Path | None = Field(
        None,
        description="Folder of backups and of the list of what was erased. Best on another disk. "
        "Empty: `backups` in the data folder.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="More host names this server answers to, separated by commas."
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Addresses or networks of proxies whose X-Forwarded-For is believed, separated "
        "by commas. Programs on this machine always are.",
    )
    workers: int = Field(
        1, ge=1, le=256, description="Processes that share the ceilings. `cx serve` sets it."
    )
    flood_network: Annotated[Ceiling, NoDecode] = Field(
        Ceiling(120, 1_500),
        description="Answers a minute, and at once, from one network through one place's link, "
        "as `120/1500`. What is more is stored but not counted; ten times as much is refused.",
    )
    flood_network_day: int = Field(
        3_000, ge=1, description="The same for a whole day: more is stored but not counted."
    )
    flood_link: Annotated[Ceiling, NoDecode] = Field(
        Ceiling(300, 3_000),
        description="Answers a minute, and at once, through one place's link, from all networks.",
    )
    flood_service: Annotated[Ceiling, NoDecode] = Field(
        Ceiling(3_000, 10_000),
        description="Answers a minute, and at once, through all places' links of one service.",
    )
    flood_link_day: int = Field(
        50_000, ge=1, description="Answers a day through one place's link. More are refused."
    )
    flood_service_day: int = Field(
        500_000, ge=1, description="Answers a day through all places' links of one service."
    )
    hsts_include_subdomains: bool = Field(
        False,
        description="Whether browsers keep to https on every host below this one too, and may "
        "list it (`includeSubDomains; preload`). For a host of its own alone.",
    )
    max_connections: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="Connections open at once in one process. 0: as many as its open files allow, "
        "less a reserve; from one network 200.",
    )
    queue_size: int = Field(
        2000, ge=1, le=100_000, description="Answers that may wait for the disk before we say 503."
    )
    staff_connections: int = Field(
        4,
        ge=1,
        le=64,
        description="Staff pages and API reads at work at once, each with a connection of its own.",
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="What is written to the log, and all that is graver."
    )
    metrics_listen: str = Field(
        "",
        description="Where Prometheus reads /metrics, as `127.0.0.1:9464`. Empty: nowhere. Nobody "
        "is asked for a token there.",
    )
    metrics_token: SecretStr = Field(
        SecretStr(""),
        description="With a token, /metrics is also at the server's own address, for who shows it.",
    )

    oidc_issuer: str = Field(
        "", description="Staff sign in here: the address of the identity provider. Empty: by link."
    )
    oidc_client_id: str = Field("", description="This installation's name at that provider.")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="And its secret there. Never printed."
    )
    oidc_client_auth: str = Field(
        "",
        description="How the secret is sent: `basic` or `post`. Empty: as the provider takes it.",
    )
    oidc_private_key_file: Path | None = Field(
        None,
        description="Or a private key (PEM, RSA or EC) to prove itself with: `private_key_jwt`.",
    )
    oidc_acr: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Strengths of sign-in to insist on (`acr`), separated by commas."
    )
    oidc_trust_email: bool = Field(
        False,
        description="Whether to believe email addresses of a provider that never says whether it "
        "confirmed them (`email_verified`).",
    )

    sign_in_notice: str = Field(
        "",
        max_length=2000,
        description="The agency's words about the use of this system, above the button that signs "
        "staff in.",
    )

    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="The mail server: `smtp://name:password@host:587`, or `smtps://`. Empty: none.",
    )
    mail_from: str = Field("", description="The address that mails of the system come from.")
    scheduler: bool = Field(
        True, description="Whether the server itself does the jobs that are due. Else: cron."
    )

    @field_validator("flood_network", "flood_link", "flood_service", mode="before")
    @classmethod
    def _ceiling(cls, value: object) -> object:
        return Ceiling.read(value) if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise ValueError(f"CX_TRUSTED_PROXIES: {error}") from None
        return value

    @field_validator("allowed_hosts", "oidc_acr", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        # pydantic-settings would want JSON here; people write a,b.
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _trimmed(cls, value: object, info: ValidationInfo) -> object:
        # A line's end, a carriage return or a blank comes along from files and consoles.
        if not isinstance(value, str):
            return value
        value = value.strip()
        if not value.isprintable():
            name = f"CX_{info.field_name}".upper()
            shown = "" if info.field_name in SECRETS else f": {value!r}"
            raise ValueError(f"{name} has a character in it that cannot be seen{shown}")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        # It holds a password: what was typed is not shown.
        scheme = value.partition("://")[0].partition("+")[0]
        if value and ("://" not in value or scheme not in ("sqlite", "postgresql")):
            raise ValueError(
                "CX_DATABASE_URL must look like postgresql://name:password@host/database, "
                "or sqlite:////folder/cx.sqlite3"
            )
        return value

    @field_validator("base_url", mode="before")
    @classmethod
    def _plain_address(cls, value: object) -> object:
        # Before it is trimmed, so that the fault shows it as it was typed.
        return check_address("CX_BASE_URL", value) if isinstance(value, str) else value

    @field_validator("allowed_hosts")
    @classmethod
    def _names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not _HOST.match(name):
                raise ValueError(
                    f"CX_ALLOWED_HOSTS must be names such as cx.agency.gov, not {name!r}"
                )
        return value

    @field_validator("oidc_client_auth")
    @classmethod
    def _known_way(cls, value: str) -> str:
        if value not in ("", "basic", "post"):
            raise ValueError(f"CX_OIDC_CLIENT_AUTH must be basic or post, not {value!r}")
        return value

    @field_validator("metrics_listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and not (_HOST.match(host) and port.isdecimal() and 0 < int(port) < 65536):
            raise ValueError(f"CX_METRICS_LISTEN must look like 127.0.0.1:9464, not {value!r}")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _safe_issuer(cls, value: str) -> str:
        if " " in value or "#" in value or "?" in value or "@" in value:
            raise ValueError(f"CX_OIDC_ISSUER must look like https://sso.agency.gov, not {value!r}")
        parts = urlsplit(value)
        near = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if value and parts.scheme != "https" and not (parts.scheme == "http" and near):
            raise ValueError(f"CX_OIDC_ISSUER must look like https://sso.agency.gov, not {value!r}")
        return value

    @property
    def limits(self) -> Limits:
        """The ceilings of one process: its share of those of the installation."""
        limits = Limits(
            self.flood_network,
            self.flood_network_day,
            self.flood_link,
            self.flood_service,
            self.flood_link_day,
            self.flood_service_day,
        )
        return limits.shared(self.workers)

    @property
    def metrics_address(self) -> tuple[str, int]:
        """Host and port of `metrics_listen`."""
        host, _, port = self.metrics_listen.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def database(self) -> str:
        """The database address to use."""
        return self.database_url or f"sqlite:///{self.data_dir / 'cx.sqlite3'}"

    @property
    def root_key_path(self) -> Path:
        """Where the root key lies."""
        return self.root_key_file or self.data_dir / "root.key"

    @property
    def backups(self) -> Path:
        """Where backups lie, and the list of what was erased."""
        return self.backup_dir or self.data_dir / "backups"

    @property
    def path(self) -> str:
        """The path part of the public address, without a slash at its end."""
        return urlsplit(self.base_url).path

    @property
    def hosts(self) -> frozenset[str]:
        """Host names (no port) this server answers to."""
        name = urlsplit(self.base_url).hostname or ""
        return frozenset({name, *self.allowed_hosts})
