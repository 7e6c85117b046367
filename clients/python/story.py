"""Subscribes, publishes, and reads the subscription's deliveries until the event is delivered."""

import os
import time

from postrider_client import AuthenticatedClient
from postrider_client.api.deliveries import list_deliveries
from postrider_client.api.publish import publish
from postrider_client.api.subscriptions import create_subscription
from postrider_client.models import DeliveryPage, DeliveryState, NewSubscription, Published, PublishedEvent, Subscription

DEADLINE_S = 30
PAUSE_S = 0.2

client = AuthenticatedClient(base_url=os.environ["API_URL"], token=os.environ["API_KEY"])

wanted = NewSubscription(callback_url=os.environ["CALLBACK_URL"], topics=["orders"])
subscription = create_subscription.sync(client=client, body=wanted)
assert isinstance(subscription, Subscription), subscription

event = PublishedEvent(
    event_source="shop",
    event_topic="orders",
    event_type="created",
    event_status="new",
    changes=[{"order": 17}],
)
published = publish.sync(client=client, body=event)
assert isinstance(published, Published), published

deadline = time.monotonic() + DEADLINE_S
while True:
    page = list_deliveries.sync(client=client, subscription_id=subscription.id)
    assert isinstance(page, DeliveryPage), page
    mine = [delivery for delivery in page.data if delivery.event_id == published.request_id]
    if mine and mine[0].state == DeliveryState.DELIVERED:
        assert mine[0].attempts[0].status_code == 200
        break
    assert time.monotonic() < deadline, mine
    time.sleep(PAUSE_S)
