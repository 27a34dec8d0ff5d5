"""The way to a server: URIs, clients, profiles, retries, and the one door for driver errors."""
