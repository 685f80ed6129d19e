"""The connection settings, translated for each Kafka client library that the engine uses."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from stream_app.errors import UserError

if TYPE_CHECKING:
    from faust.types.auth import CredentialsT

    from stream_app.settings import Settings

CLIENT_ID = "crm-pulse"


def confluent(settings: Settings) -> dict[str, Any]:
    """Return what librdkafka needs to connect."""
    config: dict[str, Any] = {
        "bootstrap.servers": ",".join(settings.bootstrap),
        "client.id": CLIENT_ID,
        "security.protocol": settings.security_protocol,
        "log_level": 4,
    }
    if settings.ssl_cafile:
        config["ssl.ca.location"] = str(settings.ssl_cafile)
    if settings.sasl_password:
        config |= {
            "sasl.mechanism": settings.sasl_mechanism,
            "sasl.username": settings.sasl_username,
            "sasl.password": settings.sasl_password.get_secret_value(),
        }
    return config


def _plain_names(settings: Settings) -> dict[str, Any]:
    """Return what kafka-python and aiokafka, which descends from it, call by the same names."""
    config: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap,
        "client_id": CLIENT_ID,
        "security_protocol": settings.security_protocol,
    }
    if settings.sasl_password:
        config |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password.get_secret_value(),
        }
    return config


def kafka_python(settings: Settings) -> dict[str, Any]:
    """Return what kafka-python's clients need to connect."""
    config = _plain_names(settings)
    if settings.ssl_cafile:
        config["ssl_cafile"] = str(settings.ssl_cafile)
    return config


def aiokafka(settings: Settings) -> dict[str, Any]:
    """Return what aiokafka's clients need to connect."""
    config = _plain_names(settings)
    if settings.security_protocol.endswith("SSL"):
        config["ssl_context"] = _ssl_context(settings)
    return config


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(settings.ssl_cafile) if settings.ssl_cafile else None)


def faust_credentials(settings: Settings) -> CredentialsT | None:
    """Return Faust's credentials; None for a plain connection."""
    if settings.security_protocol == "PLAINTEXT":
        return None
    import faust  # here, so that tools which only need librdkafka start quickly

    context = _ssl_context(settings) if settings.security_protocol.endswith("SSL") else None
    if settings.sasl_password is None:
        return faust.SSLCredentials(context=context)
    return faust.SASLCredentials(
        username=settings.sasl_username,
        password=settings.sasl_password.get_secret_value(),
        ssl_context=context,
        mechanism=settings.sasl_mechanism,
    )


def no_broker(settings: Settings, reason: str = "") -> UserError:
    """Return the error of a broker that does not answer; *reason* is what else is known of it."""
    return UserError(
        f"no Kafka broker answers at {settings.brokers}{': ' + reason if reason else ''}",
        "Is it running? CRM_PULSE_BROKERS names it; `crm-pulse demo` brings its own.",
    )
