"""The files that brands bring, read row by row: no database, no HTTP, no pictures."""
