"""Pages of those who keep users, keys, webhooks and roles, and who read the record."""
