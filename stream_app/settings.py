"""Settings of every role: environment variables with the prefix CRM_PULSE_, secrets from files."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from stream_app.document import Document
from stream_app.errors import UserError

PREFIX = "CRM_PULSE_"
SECRETS_FOLDER = Path("/run/secrets")

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")
_HOW_TO_MAKE_ONE = "a token has 16 letters, digits or -._~+/ or more, such as `openssl rand -hex 32` prints"

Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0)]
TopicName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,200}$")]


class Settings(BaseSettings):
    """What an operator may decide, read once at start; frozen afterwards."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=None,
        secrets_dir=SECRETS_FOLDER if SECRETS_FOLDER.is_dir() else None,
        frozen=True,
        extra="forbid",
        validate_default=True,
    )

    brokers: str = Field(
        "127.0.0.1:9092", min_length=1, description="Kafka bootstrap servers, host:port, comma separated."
    )
    app_id: TopicName = Field(
        "crm-pulse", description="Name of this installation: consumer group and prefix of the state topics."
    )
    state_version: int = Field(
        1,
        ge=1,
        description="Lowest version of the state topics to use; `crm-pulse rebuild` fills the next one from the events "
        "and switches to it.",
    )
    partitions: int = Field(4, ge=1, le=1000, description="Partitions of every topic that `topics apply` creates.")
    replication: int = Field(1, ge=1, le=9, description="Copies of every partition; 3 in production.")
    relationships_topic: TopicName = Field("crm.relationships", description="Topic with events keyed by relationship.")
    users_topic: TopicName = Field("crm.users", description="Topic with events keyed by user.")
    campaigns_topic: TopicName = Field("crm.campaigns", description="Topic with events keyed by campaign.")
    dead_letters_topic: TopicName = Field(
        "crm.dead-letters", description="Topic for records that cannot be decoded or folded."
    )

    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How to talk to the brokers."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="SASL mechanism, when the security protocol uses SASL."
    )
    sasl_username: str | None = Field(None, description="SASL user name.")
    sasl_password: SecretStr | None = Field(None, description="SASL password; better as a file in /run/secrets.")
    ssl_cafile: Path | None = Field(None, description="PEM file with the certificate authority of the brokers.")

    policies: Path | None = Field(
        None,
        description="TOML file with promises, hours, funnels and goals; defaults without it. What `crm-pulse policies "
        "apply` has published goes before it.",
    )
    clock: Literal["live", "watermark"] = Field(
        "live", description="What `now` is: the wall clock, or the newest event time (replay of history)."
    )

    instance_id: str | None = Field(
        None, max_length=200, description="Fixed member name of this worker: a quick restart then moves no partitions."
    )
    session_timeout: Seconds = Field(
        30.0,
        ge=1,
        le=300,
        description="Seconds without a heartbeat after which the broker gives a worker's partitions away.",
    )
    commit_interval: Seconds = Field(1.0, le=60, description="Seconds between offset commits.")
    batch_records: int = Field(
        20_000, ge=1, le=1_000_000, description="Most records of one partition folded as one batch."
    )
    fetch_bytes: int = Field(4 * 1024 * 1024, ge=64 * 1024, description="Most bytes of one partition fetched at once.")
    idle_interval: Seconds = Field(
        30.0, description="Seconds without a record after which a partition's expired panes are cleared."
    )
    stall_timeout: Seconds = Field(
        60.0,
        ge=5,
        description="Seconds without progress while records wait, or with a blocked event loop, that end the worker.",
    )
    recovery_timeout: Seconds = Field(
        600.0,
        ge=10,
        description="Seconds that reading the state topics after a rebalance may take before the worker ends.",
    )
    one_record_batches: bool = Field(
        False,
        description="Write so that the embedded broker tells the ends of partitions right; a real Kafka needs no care.",
    )

    worker_host: str = Field("127.0.0.1", description="Address that the worker's /metrics and /healthz listen on.")
    worker_port: Port = Field(6066, description="Port of the worker's /metrics and /healthz.")
    board_host: str = Field("127.0.0.1", description="Address that the board listens on.")
    board_port: Port = Field(8000, description="Port of the board.")
    board_token: SecretStr | None = Field(
        None,
        description="Token that the board asks for: API, gauges and pages; better as a file. None: it asks nobody.",
    )
    board_token_file: Path | None = Field(None, description="File with that token.")

    board_url: str | None = Field(
        None, description="Address at which people reach the board, for links to it in alerts; none: where it listens."
    )
    grafana_url: str | None = Field(None, description="Address of Grafana, for links from KPI pages to their graphs.")
    alertmanagers: str = Field(
        "", description="Alertmanagers that the board tells of promises at risk and overdue: URLs, comma separated."
    )
    alertmanager_user: str | None = Field(None, description="User name, when the Alertmanagers ask for a password.")
    alertmanager_password: SecretStr | None = Field(
        None, description="Password for the Alertmanagers; better as a file in /run/secrets."
    )
    alertmanager_token: SecretStr | None = Field(
        None, description="Bearer token for the Alertmanagers, instead of a password; better as a file."
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severe log line shown.")
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="Form of the log: console on a terminal and JSON elsewhere, or always one of them."
    )

    @field_validator("brokers")
    @classmethod
    def _brokers_have_ports(cls, brokers: str) -> str:
        servers = [server.strip() for server in brokers.split(",") if server.strip()]
        for server in servers:
            host, _, port = server.rpartition(":")
            if not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
                raise ValueError(f"{server!r} is no host:port; write for example 127.0.0.1:9092")
        if not servers:
            raise ValueError("it names no server; write for example 127.0.0.1:9092")
        return brokers

    @field_validator("alertmanagers", "board_url", "grafana_url")
    @classmethod
    def _are_web_addresses(cls, urls: str | None) -> str | None:
        for url in (urls or "").split(","):
            parts = urlsplit(url.strip())
            if not url.strip():
                continue
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise ValueError(f"{url.strip()!r} is no web address; write for example http://127.0.0.1:9093")
            if parts.username or parts.password:
                names = f"{PREFIX}ALERTMANAGER_USER and {PREFIX}ALERTMANAGER_PASSWORD"
                raise ValueError(f"keep passwords out of addresses; write {names}")
            if parts.query or parts.fragment:
                raise ValueError("an address ends with its path; leave out what follows ? and #")
        return urls

    @field_validator("ssl_cafile")
    @classmethod
    def _certificates_are_there(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("there is no such file")
        return path

    @field_validator("board_token")
    @classmethod
    def _token_fits_a_header(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not _TOKEN.fullmatch(token.get_secret_value()):
            raise ValueError(_HOW_TO_MAKE_ONE)
        return token

    @field_validator("board_token_file")
    @classmethod
    def _token_is_in_the_file(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("there is no such file")
        if path is not None and not _TOKEN.fullmatch(path.read_text(encoding="utf-8", errors="replace").strip()):
            raise ValueError(f"in the file: {_HOW_TO_MAKE_ONE}")
        return path

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        if self.board_token is not None and self.board_token_file is not None:
            raise ValueError(f"{PREFIX}BOARD_TOKEN and {PREFIX}BOARD_TOKEN_FILE say the same; write one of them")
        return self

    @model_validator(mode="after")
    def _sources_differ(self) -> Self:
        if len({*self.sources.values(), self.dead_letters_topic}) < len(self.sources) + 1:
            raise ValueError(
                f"{PREFIX}RELATIONSHIPS_TOPIC, {PREFIX}USERS_TOPIC, {PREFIX}CAMPAIGNS_TOPIC and "
                f"{PREFIX}DEAD_LETTERS_TOPIC must name four topics"
            )
        return self

    @model_validator(mode="after")
    def _credentials_fit_the_protocol(self) -> Self:
        if self.security_protocol.startswith("SASL") and not (self.sasl_username and self.sasl_password):
            raise ValueError(
                f"{PREFIX}SECURITY_PROTOCOL={self.security_protocol} needs "
                f"{PREFIX}SASL_USERNAME and {PREFIX}SASL_PASSWORD"
            )
        return self

    @model_validator(mode="after")
    def _one_way_to_say_who_we_are(self) -> Self:
        if (self.alertmanager_user is None) != (self.alertmanager_password is None):
            raise ValueError(f"{PREFIX}ALERTMANAGER_USER and {PREFIX}ALERTMANAGER_PASSWORD go together")
        if self.alertmanager_token is not None and self.alertmanager_user is not None:
            raise ValueError(f"{PREFIX}ALERTMANAGER_TOKEN takes the place of a password; write one of them")
        return self

    _published: Document | None = PrivateAttr(default=None)

    @property
    def published(self) -> Document | None:
        """The policies that were published for the whole installation, if any were and were asked for."""
        return self._published

    @property
    def policies_in_force(self) -> Path | Document | None:
        """Where the policies are to be read: what was published goes before the file of this process."""
        return self._published or self.policies

    def with_published(self, policies: Document | None) -> Self:
        """Return these settings with the policies that were published, None for none."""
        settings = self.model_copy()
        settings._published = policies  # noqa: SLF001 - of the same class
        return settings

    @property
    def bootstrap(self) -> list[str]:
        """The bootstrap servers as a list of host:port."""
        return [server.strip() for server in self.brokers.split(",") if server.strip()]

    @property
    def alertmanager_urls(self) -> tuple[str, ...]:
        """The Alertmanagers as a list of addresses, each once."""
        return tuple(dict.fromkeys(url.strip() for url in self.alertmanagers.split(",") if url.strip()))

    @property
    def token_of_the_board(self) -> str | None:
        """What has to be shown to the board, wherever it was written; None if nothing has to."""
        if self.board_token_file is not None:
            return self.board_token_file.read_text(encoding="utf-8").strip()
        return None if self.board_token is None else self.board_token.get_secret_value()

    @property
    def group(self) -> str:
        """Consumer group of the workers; each state version has its own, and so its own offsets."""
        return f"{self.app_id}.v{self.state_version}"

    @property
    def control_topic(self) -> str:
        """Topic that names the state version in force."""
        return f"{self.app_id}.control"

    @property
    def cells_topic(self) -> str:
        """State topic with the published cells of the relationships agent."""
        return self.state_topic("relationships", "cells")

    @property
    def journeys_topic(self) -> str:
        """State topic with the private journeys of the relationships agent."""
        return self.state_topic("relationships", "journeys")

    @property
    def sources(self) -> dict[str, str]:
        """Source topic of each family of events, by the name of its agent."""
        return {
            "relationships": self.relationships_topic,
            "users": self.users_topic,
            "campaigns": self.campaigns_topic,
        }

    @property
    def cells_topics(self) -> list[str]:
        """State topics with the published cells, in the order of the sources."""
        return [self.state_topic(agent, "cells") for agent in self.sources]

    def state_topic(self, agent: str, table: str) -> str:
        """Return the name of an agent's state topic."""
        return f"{self.app_id}.v{self.state_version}.{agent}.{table}"


def load(**overrides: object) -> Settings:
    """Read the settings from the environment; keyword arguments win over it.

    Raises UserError that names every wrong variable at once, those that no setting has among them.
    """
    lines = [_unknown(name) for name in sorted(os.environ) if name.upper() not in _VARIABLES and _is_ours(name)]
    try:
        settings = Settings(**overrides)  # type: ignore[arg-type]  # validated by pydantic
    except ValidationError as error:
        lines += [_problem(problem) for problem in error.errors()]
    if lines:
        raise UserError(
            "The settings are wrong:\n  " + "\n  ".join(lines),
            "Correct or unset them, then `crm-pulse config` prints every setting with its meaning.",
        )
    return settings


_VARIABLES = frozenset(f"{PREFIX}{name}".upper() for name in Settings.model_fields)


def _is_ours(name: str) -> bool:
    # CRM_PULSE_TEST_... tell the tests which broker to use; they are no settings and no mistakes.
    return name.upper().startswith(PREFIX) and not name.upper().startswith(f"{PREFIX}TEST_")


def _unknown(name: str) -> str:
    """Say that *name* is no setting: a misspelt variable must not leave its default in force unseen."""
    close = get_close_matches(name.upper(), sorted(_VARIABLES), n=1)
    return f"{name}: there is no such setting" + (f"; did you mean {close[0]}?" if close else "")


def _problem(problem: Any) -> str:
    """Return variable, given value and complaint; secrets are not repeated."""
    message = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return str(message)
    name = "_".join(str(part) for part in problem["loc"])
    given = "" if "password" in name or "token" in name or "@" in str(problem["input"]) else f"={problem['input']}"
    return f"{PREFIX}{name.upper()}{given}: {message}"
