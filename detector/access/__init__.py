"""Who may do what: roles, API keys, users."""
