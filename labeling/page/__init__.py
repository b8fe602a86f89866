"""The page that labellers work on: one template, one script, one style sheet; nothing comes from elsewhere."""
