"""The CloudEvents 1.0 envelope: the attributes that every event carries around its data."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from schemas.fields import CONTRACT, Id, Text, Timestamp


class Envelope(BaseModel):
    """CloudEvents 1.0 context attributes, and the extensions that are known here.

    Unknown extensions are tolerated. *source* and *id* together name an event once and for all.
    """

    model_config = CONTRACT

    specversion: Literal["1.0"]
    """Version of the CloudEvents specification."""
    type: Text
    """Kind of event, such as crm.lead.created.v1."""
    id: Id
    """Identifier, unique within the source; the same event sent again keeps it."""
    source: Annotated[Text, Field(json_schema_extra={"format": "uri-reference"})]
    """System and tenant that the event comes from, a URI reference such as /crm/hubspot/main."""
    time: Timestamp
    """When it happened in the business, RFC 3339 with zone; years 2000 to 2099, read to the millisecond."""
    subject: Id | None = None
    """Relationship that the event is about; the same as the Kafka record key."""
    datacontenttype: Text | None = None
    """Media type of the data; absent: application/json."""
    dataschema: Annotated[Text, Field(json_schema_extra={"format": "uri"})] | None = None
    """Schema of the data, a URI."""
    imported: bool = False
    """Extension: history loaded from an export; it keeps its times and pages nobody."""
    recordedtime: Timestamp | None = None
    """Extension: when the source recorded the event, RFC 3339 with zone."""
    partitionkey: Text | None = None
    """Extension: key that the producer partitions by."""
    traceparent: Text | None = None
    """Extension: W3C trace context of the producer."""
