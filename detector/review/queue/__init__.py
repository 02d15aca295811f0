"""What waits for whom: queues, claims, and cases as they are shown."""
