"""What every event's data is: a frozen model that knows its CloudEvents type."""

from typing import ClassVar

from pydantic import BaseModel

from schemas.fields import CONTRACT


class EventData(BaseModel):
    """The data of one kind of event.

    The order of the fields is part of the stored form (`schemas.packed`): a new field goes last, is optional.
    """

    model_config = CONTRACT

    type_name: ClassVar[str]
    """CloudEvents `type`; a change that old readers cannot read needs a new one, ending in `.v2`."""
