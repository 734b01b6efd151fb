"""What the operator may set, read from `CX_*` environment variables."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of one installation. Each field is `CX_` + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="CX_", frozen=True, extra="ignore")

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
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="More host names this server answers to, separated by commas."
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

    oidc_issuer: str = Field(
        "", description="Staff sign in here: the address of the identity provider. Empty: by link."
    )
    oidc_client_id: str = Field("", description="This installation's name at that provider.")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="And its secret there. Never printed."
    )
    oidc_private_key_file: Path | None = Field(
        None,
        description="Or a private key (PEM, RSA or EC) to prove itself with: `private_key_jwt`.",
    )
    oidc_acr: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Strengths of sign-in to insist on (`acr`), separated by commas."
    )

    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="The mail server: `smtp://name:password@host:587`, or `smtps://`. Empty: none.",
    )
    mail_from: str = Field("", description="The address that mails of the system come from.")
    scheduler: bool = Field(
        True, description="Whether the server itself does the jobs that are due. Else: cron."
    )

    @field_validator("allowed_hosts", "oidc_acr", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        # pydantic-settings would want JSON here; people write a,b.
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
            raise ValueError(f"CX_BASE_URL must look like https://cx.agency.gov, not {value!r}")
        return value.rstrip("/")

    @field_validator("oidc_issuer")
    @classmethod
    def _safe_issuer(cls, value: str) -> str:
        parts = urlsplit(value)
        near = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if value and parts.scheme != "https" and not (parts.scheme == "http" and near):
            raise ValueError(f"CX_OIDC_ISSUER must look like https://sso.agency.gov, not {value!r}")
        return value

    @property
    def database(self) -> str:
        """The database address to use."""
        return self.database_url or f"sqlite:///{self.data_dir / 'cx.sqlite3'}"

    @property
    def root_key_path(self) -> Path:
        """Where the root key lies."""
        return self.root_key_file or self.data_dir / "root.key"

    @property
    def path(self) -> str:
        """The path part of the public address, without a slash at its end."""
        return urlsplit(self.base_url).path

    @property
    def hosts(self) -> frozenset[str]:
        """Host names (no port) this server answers to."""
        name = urlsplit(self.base_url).hostname or ""
        return frozenset({name, *self.allowed_hosts})
