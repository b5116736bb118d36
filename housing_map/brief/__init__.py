"""A brief of two pages for the commissioning group: what is proposed, and what it would do."""
