"""The consortia's door: a Delta Sharing server, its client, and what officers do with grants."""
