// Subscribes, publishes, and reads the subscription's deliveries until the event is delivered.
package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"time"

	"postrider.test/clients/api"
)

const (
	deadline = 30 * time.Second
	pause    = 200 * time.Millisecond
)

func main() {
	ctx := context.Background()
	withKey := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("API_KEY"))
		return nil
	}
	client, err := api.NewClientWithResponses(os.Getenv("API_URL"), api.WithRequestEditorFn(withKey))
	if err != nil {
		log.Fatal(err)
	}

	subscribed, err := client.CreateSubscriptionWithResponse(ctx, nil, api.NewSubscription{
		CallbackUrl: os.Getenv("CALLBACK_URL"),
		Topics:      []string{"orders"},
	})
	if err != nil || subscribed.JSON201 == nil {
		log.Fatalf("not subscribed: %v %+v", err, subscribed)
	}

	published, err := client.PublishWithResponse(ctx, nil, api.PublishedEvent{
		EventSource: "shop",
		EventTopic:  "orders",
		EventType:   "created",
		EventStatus: "new",
		Changes:     []interface{}{map[string]int{"order": 17}},
	})
	if err != nil || published.JSON200 == nil {
		log.Fatalf("not published: %v %+v", err, published)
	}

	id := subscribed.JSON201.Id
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(pause) {
		page, err := client.ListDeliveriesWithResponse(ctx, &api.ListDeliveriesParams{SubscriptionId: &id})
		if err != nil || page.JSON200 == nil {
			log.Fatalf("not listed: %v %+v", err, page)
		}
		for _, delivery := range page.JSON200.Data {
			if delivery.EventId == published.JSON200.RequestId && delivery.State == api.DeliveryStateDelivered {
				return
			}
		}
	}
	log.Fatal("not delivered in time")
}
