"""What a relationship is labelled with after each of its events.

Rules: lead.created sets channel and campaign (also to nothing), and team, owner and segment where it names them, but
only when it counts as a new lead. lead.assigned sets the owner, and the team where it names one. customer.created
sets segment, tier, owner and team where it names them, and the channel where none was known.
"""

NAMES = ("channel", "campaign", "team", "owner_id", "segment", "tier")


def timeline(events, new_leads):
    """Return the labels after each event; *new_leads* are the places of the lead.created events that count."""
    labels = dict.fromkeys(NAMES)
    found = []
    for place, event in enumerate(events):
        labels = dict(labels)
        named = {name: event.data[name] for name in NAMES if event.data.get(name)}
        if event.type == "lead.created" and place in new_leads:
            labels["channel"], labels["campaign"] = event.get("channel"), event.get("campaign_id")
            labels.update({name: named[name] for name in ("team", "owner_id", "segment") if name in named})
        if event.type == "lead.assigned":
            labels.update({name: named[name] for name in ("team", "owner_id") if name in named})
        if event.type == "customer.created":
            known = labels["channel"]
            labels.update(
                {name: named[name] for name in ("segment", "tier", "owner_id", "team", "channel") if name in named}
            )
            labels["channel"] = known or labels["channel"]
        found.append(labels)
    return found
