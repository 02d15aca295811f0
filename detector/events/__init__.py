"""What happened, and those who are told of it: events, webhooks."""
