"""A portal user adds, changes, reads and lists a subscription with jsonapi-client, which knows JSON:API and nothing of Postrider."""

import os

from jsonapi_client import Filter, Modifier, Session
from jsonapi_client.exceptions import DocumentError

TERM_TYPE = "taxonomy_term--subscription_target_type"
# It makes resources by a schema: which fields there are, and which of them lead to others.
SCHEMA = {
    "subscription": {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "target_id": {"type": "string"},
            "action": {"type": "string"},
            "status": {"type": "integer"},
            "target_type": {"relation": "to-one", "resource": [TERM_TYPE]},
        },
    },
}
SITE = f"{os.environ['API_URL']}/portal/api/v2"
# By itself it says that it takes anything, and would be given the array of the portal's own document.
CALLS = {
    "headers": {
        "Accept": "application/vnd.api+json",
        "Authorization": f"Bearer {os.environ['PORTAL_KEY']}",
    }
}


def listed(query: Modifier) -> list:
    # A session keeps what it has read.
    return Session(SITE, request_kwargs=CALLS).get("subscription", query).resources


session = Session(f"{SITE}/subscription", schema=SCHEMA, request_kwargs=CALLS)
fields = {"title": "News", "target_id": "88981", "action": "collection", "status": 1, "target_type": os.environ["TERM"]}
added = session.create_and_commit("subscription", fields)
assert added.id, added.json
assert added["target_id"] == "88981", added.json

added["title"] = "Newer"
added.commit()
added.refresh()
assert added["title"] == "Newer", added.json

read = Session(f"{SITE}/subscription", request_kwargs=CALLS).get("subscription", added.id).resource
assert read.id == added.id
assert [read[name] for name in ("title", "target_id", "action", "status")] == ["Newer", "88981", "collection", 1]
term = read.json["relationships"]["target_type"]["data"]
assert (term["type"], term["id"]) == (TERM_TYPE, os.environ["TERM"]), term

mine = listed(Filter(action="collection"))
assert [(one.id, one["title"]) for one in mine] == [(added.id, "Newer")], mine
assert listed(Filter(action="like")) == []
assert listed(Modifier("page[limit]=1&page[offset]=1")) == []

try:
    session.create_and_commit("subscription", {**fields, "action": "no such"})
except DocumentError as error:
    assert error.errors["status_code"] == 400, error.errors
else:
    raise AssertionError("an action that does not exist was taken")
